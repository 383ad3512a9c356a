from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from protocols.ecdh_psi_sum.parameters import REVEALS
from protocols.loopback import run
from tests.protocols.runs import seed_of

CASES: dict[str, dict[str, Any]] = {
    "both": {},
    "bob": {"reveal": "bob"},
    "too few": {"least": 4},
    "nothing to send": {"alice": (), "step": 1, "block": 1, "least": 1},
    "all in one block": {"block": 100, "step": 8},
}


@pytest.mark.parametrize("name", CASES)
def test_two_implementations_send_the_same_bytes(
    name: str, plain: ModuleType, group: ModuleType, cases: ModuleType
) -> None:
    options = CASES[name]
    case = cases.session(seed_of, **options)
    roles = case["make"]()
    links: dict[tuple[str, str], list[bytes]] = {}
    for frame in run(roles):
        links.setdefault((frame.sender, frame.recipient), []).append(frame.data)
    agreed = roles[0].parameters
    told = ("sums", "bits", "least", "capacity", "step", "quota", "block")
    other = plain.Run(
        group=group,
        alice=list(options.get("alice", cases.ALICE)),
        bob=list(cases.BOB),
        p=cases.KEY.p,
        q=cases.KEY.q,
        seeds={role.name: role._seed for role in roles},
        session=roles[0].session,
        reveal=REVEALS.index(agreed.reveal),
        **{name: getattr(agreed, name) for name in told},
    )
    assert other.frames() == links
    assert other.results == {role.name: case["result"](role) for role in roles}
