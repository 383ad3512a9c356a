"""Cases: runs of ecdh_psi on small lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from protocols.ecdh_psi import Alice, Bob, Parameters
from protocols.role import Role

SMALL = {"capacity": 32, "step": 8, "block": 4, "quota": 32}
ALICE = (b"ivanov ivan 1970-01-01", b"P1234567", b"", b"P1234567", b"only alice", b"C01X00T47")
BOB = (b"C01X00T47", b"only bob", b"", b"P1234567", *(b"bob %d" % number for number in range(6)))


def session(
    seed_of: Callable[[str, int], bytes],
    *,
    alice: Sequence[bytes] = ALICE,
    bob: Sequence[bytes] = BOB,
    **options: Any,
) -> dict[str, Any]:
    """A case's fields: who has what, and what each role must find."""
    agreed = Parameters(**SMALL | options)
    sides = {"alice": (Alice, alice), "bob": (Bob, bob)}

    def make(session: bytes = bytes(range(32)), run: int = 0, **more: Any) -> list[Role]:
        return [
            kind(
                session=session, parameters=agreed, items=items, seed=seed_of(name, run), spent=set(), **more
            )
            for name, (kind, items) in sides.items()
        ]

    common = set(alice) & set(bob)

    def answer(name: str) -> Any:
        if not agreed.learns(name):
            return None
        places = tuple(place for place, item in enumerate(sides[name][1]) if item in common)
        return (len(common), None if agreed.size_only else places)

    return {
        "protocol": "ecdh_psi",
        "make": make,
        "answers": {name: answer(name) for name in sides},
        "result": lambda role: role.result and (role.result.size, role.result.items),
    }
