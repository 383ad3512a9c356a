from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from protocols.ecdh_psi.parameters import REVEALS
from protocols.loopback import run
from tests.protocols.runs import seed_of

CASES: dict[str, dict[str, Any]] = {
    "both": {},
    "alice": {"reveal": "alice"},
    "size for bob": {"reveal": "bob", "size_only": True},
    "nothing to send": {"alice": (), "size_only": True, "step": 1, "block": 1},
    "all in one block": {"block": 100, "step": 16},
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
    agreed = roles[0].parameters
    other = plain.Run(
        group=group,
        items={role.name: list(role._items) for role in roles},
        seeds={role.name: role._seed for role in roles},
        session=roles[0].session,
        reveal=REVEALS.index(agreed.reveal),
        **{name: int(getattr(agreed, name)) for name in ("size_only", "capacity", "step", "quota", "block")},
    )
    assert other.frames() == links
    assert other.results == {role.name: case["result"](role) for role in roles}
