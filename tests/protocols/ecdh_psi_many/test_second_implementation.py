from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from protocols.loopback import run
from tests.protocols.runs import seed_of

CASES: dict[str, dict[str, Any]] = {
    "three": {},
    "size": {"size_only": True},
    "two": {"lists": ((b"a", b"b"), (b"b",)), "step": 1, "capacity": 64},
    "two blocks": {
        "quota": 99,
        "lists": ([b"%d" % n for n in range(70)], [b"%d" % n for n in range(60, 64)]),
    },
    "four": {"lists": ((b"a",), (b"b", b"a"), (), (b"a",)), "step": 2},
}


@pytest.mark.parametrize("name", CASES)
def test_two_implementations_send_the_same_bytes(
    name: str, plain: ModuleType, group: ModuleType, cases: ModuleType
) -> None:
    case = cases.session(seed_of, **CASES[name])
    roles = case["make"]()
    links: dict[tuple[str, str], list[bytes]] = {}
    for frame in run(roles):
        links.setdefault((frame.sender, frame.recipient), []).append(frame.data)
    agreed, units = roles[-1].parameters, roles[:-1]
    fields = ("units", "size_only", "capacity", "step", "quota", "block")
    other = plain.Run(
        group=group,
        items=[list(unit._items) for unit in units],
        seeds=[unit._seed for unit in units],
        session=roles[0].session,
        **{name: int(getattr(agreed, name)) for name in fields},
    )
    assert other.frames() == links
    assert other.results == [case["result"](unit) for unit in units]
