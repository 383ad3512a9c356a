"""Cases: runs of ecdh_psi_many on small lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from protocols.ecdh_psi_many import Broker, Parameters, Unit
from protocols.role import Role

SMALL = {"capacity": 256, "step": 8, "block": 64, "quota": 32}
LISTS = (
    (b"ivanov ivan 1970-01-01", b"P1234567", b"", b"P1234567", b"one and two"),
    (b"", b"P1234567", b"one and two", b"two alone"),
    (b"three", b"P1234567", b"", b"C01X00T47", *(b"three %d" % number for number in range(3))),
)


def session(
    seed_of: Callable[[str, int], bytes], *, lists: Sequence[Sequence[bytes]] = LISTS, **options: Any
) -> dict[str, Any]:
    """A case's fields: who has what, and what each role must find."""
    agreed = Parameters(**SMALL | {"units": len(lists)} | options)

    def make(session: bytes = bytes(range(32)), run: int = 0, **more: Any) -> list[Role]:
        common = {"session": session, "parameters": agreed}
        units = [
            Unit(name, items=items, seed=seed_of(name, run), spent=set(), **common, **more)
            for name, items in zip(agreed.names, lists, strict=True)
        ]
        return [*units, Broker(seed=seed_of("broker", run), spent=set(), **common)]

    common = set.intersection(*map(set, lists))

    def answer(items: Sequence[bytes]) -> Any:
        places = tuple(place for place, item in enumerate(items) if item in common)
        return (len(common), None if agreed.size_only else places)

    return {
        "protocol": "ecdh_psi_many",
        "make": make,
        "answers": {name: answer(items) for name, items in zip(agreed.names, lists, strict=True)}
        | {"broker": None},
        "result": lambda role: (result := getattr(role, "result", None)) and (result.size, result.items),
    }
