"""Cases: runs of ecdh_psi_sum on small lists, under a key made for the tests alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from protocols.ecdh_psi_sum import Alice, Bob, Parameters
from protocols.role import Role
from tests.protocols.paillier_key import KEY

SMALL: dict[str, Any] = {
    "modulus": KEY.modulus, "reveal": "both", "sums": 2, "bits": 16, "least": 2, "capacity": 16, "step": 4,
    "block": 4, "quota": 16,
}  # fmt: skip
ALICE = (b"ivanov ivan 1970-01-01", b"P1234567", b"", b"P1234567", b"only alice", b"C01X00T47")
BOB = (
    (b"C01X00T47", (5, 100)),
    (b"only bob", (7, 900)),
    (b"", (0, 65_535)),
    (b"P1234567", (65_000, 1)),
    (b"P1234567", (535, 0)),
)
Items = Sequence[tuple[bytes, Sequence[int]]]


def session(
    seed_of: Callable[[str, int], bytes],
    *,
    alice: Sequence[bytes] = ALICE,
    bob: Items = BOB,
    **options: Any,
) -> dict[str, Any]:
    """A case's fields: who has what, and what each role must find."""
    agreed = Parameters(**SMALL | options)

    def make(session: bytes = bytes(range(32)), run: int = 0, **more: Any) -> list[Role]:
        def common(name: str) -> dict[str, Any]:
            own = {"session": session, "parameters": agreed, "seed": seed_of(name, run), "spent": set()}
            return own | more

        return [Alice(items=alice, **common("alice")), Bob(items=bob, key=KEY, **common("bob"))]

    size = len(set(alice) & {item for item, _ in bob})
    rows = [numbers for item, numbers in bob if item in set(alice)]
    sums = tuple(map(sum, zip(*rows, strict=True))) if size >= agreed.least else None
    return {
        "protocol": "ecdh_psi_sum",
        "make": make,
        "answers": {
            "alice": (size, sums if agreed.reveal == "both" else None),
            "bob": (size if sums else None, sums),
        },
        "result": lambda role: role.result and (role.result.size, role.result.sums),
    }


def small(seed_of: Callable[[str, int], bytes]) -> dict[str, Any]:
    """With one number to an item: what is told then is shorter than what no two runs may share."""
    return session(seed_of, sums=1, bob=[(item, numbers[:1]) for item, numbers in BOB])
