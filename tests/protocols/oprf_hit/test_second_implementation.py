from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from protocols.loopback import run
from protocols.oprf_hit import key_pair
from protocols.role import Frame
from tests.protocols.runs import seed_of

CASES: dict[str, dict[str, Any]] = {
    "proven": {},
    "not proven": {"verifiable": False},
    "nobody on the list": {"entries": [], "asked": [[b"somebody"]]},
    "one key, chunks of three": {"keys": 1, "chunk": 3, "asked": [[b"person 3"], [b""], [b"x" * 300]]},
    "a full filter of short numbers": {
        "entries": [b"%d" % n for n in range(32)],
        "false_bits": 1,
        "asked": [],
    },
    "sixty-two bits": {"false_bits": 57, "asked": [[b"person 1"]]},
}


def links(frames: list[Frame]) -> dict[tuple[str, str], list[bytes]]:
    found: dict[tuple[str, str], list[bytes]] = {}
    for frame in frames:
        found.setdefault((frame.sender, frame.recipient), []).append(frame.data)
    return found


def second(
    plain: ModuleType, group: ModuleType, cases: ModuleType, roles: list[Any], options: Any, **more: Any
) -> Any:
    agreed, asked = roles[0].parameters, options.get("asked", cases.ASKED)
    return plain.Run(
        group=group,
        entries=list(options.get("entries", cases.LIST)),
        queries=[(list(keys), cases.PURPOSE.case, cases.PURPOSE.basis) for keys in asked],
        secret=int.from_bytes(key_pair(cases.SEED, b"test", agreed.verifiable)[0], "little"),
        seeds={role.name: role._seed for role in roles},
        session=roles[0].session,
        verifiable=int(agreed.verifiable),
        **{
            name: getattr(agreed, name)
            for name in ("capacity", "false_bits", "step", "keys", "quota", "chunk")
        },
        **more,
    )


@pytest.mark.parametrize("name", CASES)
def test_two_implementations_send_the_same_bytes(
    name: str, plain: ModuleType, group: ModuleType, cases: ModuleType
) -> None:
    options = CASES[name]
    case = cases.session(seed_of, **options)
    roles = case["make"]()
    ours = links(run(roles))
    other = second(plain, group, cases, roles, options)
    assert other.frames() == ours
    assert tuple(other.hits) == roles[0].result


@pytest.mark.parametrize(
    "change",
    [
        {"add": [b"somebody", b"nobody"]},
        {"remove": [b"person 3"]},
        {"add": [b"nobody"], "remove": [b"person 0", b"person 12", b"who"]},
        {"add": [b"%d" % n for n in range(19)]},
    ],
    ids=["added", "removed", "both", "grown"],
)
def test_two_implementations_agree_on_an_update(
    change: dict[str, list[bytes]], plain: ModuleType, group: ModuleType, cases: ModuleType
) -> None:
    case = cases.session(seed_of, asked=cases.ASKED[:1], stay=True)
    asker, holder = roles = case["make"]()
    frames = run_until_quiet(roles, [frame for role in roles for frame in role.begin()])
    frames += run_until_quiet(roles, holder.update(**change))
    for keys in cases.ASKED[1:]:
        frames += run_until_quiet(roles, asker.ask(cases.query(*keys)))
    frames += run_until_quiet(roles, asker.close())
    entries = [key for key in cases.LIST if key not in change.get("remove", [])] + change.get("add", [])
    other = second(plain, group, cases, roles, {}, update=(1, entries))
    assert other.frames() == links(frames)
    assert tuple(other.hits) == asker.result
    assert asker.result[1:] == tuple(tuple(key in entries for key in keys) for keys in cases.ASKED[1:])


def run_until_quiet(roles: list[Any], frames: list[Frame]) -> list[Frame]:
    at, sent = {role.name: role for role in roles}, list(frames)
    for frame in sent:
        sent.extend(at[frame.recipient].receive(frame.sender, frame.data))
    return sent
