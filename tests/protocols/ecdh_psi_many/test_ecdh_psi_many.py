from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ecdh_psi_many import Parameters, Unit
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from tests.protocols.runs import checked, seed_of

LIST = st.lists(st.binary(max_size=1), max_size=20)


@given(st.lists(LIST, min_size=2, max_size=8), st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_lists_give_what_all_have(cases: ModuleType, lists: list[list[bytes]], size_only: bool) -> None:
    checked(cases.session(seed_of, lists=lists, size_only=size_only))


def test_lists_may_go_in_several_blocks(cases: ModuleType) -> None:
    lists = [[b"%d" % number for number in range(first, 150)] for first in (0, 10, 149)]
    with ThreadPoolExecutor(2) as pool:
        case = cases.session(seed_of, lists=lists)
        assert checked(case, spread=pool.map)[1] == checked(case)[1]


def test_sizes_are_hidden_within_a_step(cases: ModuleType) -> None:
    shapes = set()
    for count in (0, 1, 8):
        _, frames = checked(cases.session(seed_of, lists=[[b"%d" % n for n in range(count)]] * 3))
        shapes.add(tuple((frame.sender, frame.recipient, len(frame.data)) for frame in frames))
    assert len(shapes) == 1


def test_the_broker_counts_overlaps_and_no_more(cases: ModuleType) -> None:
    """What SPEC.md says that it learns: of every set of units, how many items are common."""
    roles = cases.session(seed_of)["make"]()
    run(roles)
    tags = [set(np.concatenate(blocks).tolist()) for blocks in roles[-1]._tags]
    for few in (*combinations(range(3), 2), (0, 1, 2)):
        common = set.intersection(*(tags[unit] for unit in few))
        assert len(common) == len(set.intersection(*(set(cases.LISTS[unit]) for unit in few)))


def test_tags_of_two_runs_have_nothing_in_common(cases: ModuleType) -> None:
    seen = []
    for number in range(2):
        roles = cases.session(seed_of)["make"](run=number)
        frames = run(roles)
        seen.append(
            {
                f.data[at : at + 32]
                for f in frames
                if f.data[46] == 3
                for at in range(80, len(f.data) - 16, 32)
            }
        )
    assert not seen[0] & seen[1]


def test_no_unit_sees_an_element_under_no_scalar_but_its_own(cases: ModuleType) -> None:
    """Elements that reach a unit are none that it could make of an item alone."""
    roles = cases.session(seed_of)["make"]()
    frames = run(roles)
    for unit in roles[:-1]:
        others = cases.session(seed_of, lists=[[item for items in cases.LISTS for item in items]] * 3)[
            "make"
        ]()
        alone = next(role for role in others if role.name == unit.name)
        alone.bound, alone._hello = unit.bound, unit._hello
        alone._lists, alone._scalar = unit._lists, unit._scalar
        alone._lists.take = lambda *_: True
        mine = {s.message.elements.tobytes()[at : at + 32] for s in alone._own() for at in range(0, 2048, 32)}
        seen = {
            f.data[at : at + 32] for f in frames if f.recipient == unit.name and f.data[46] == 4
            for at in range(80, len(f.data) - 16, 32)
        }  # fmt: skip
        assert seen
        assert not seen & mine


def test_more_common_items_than_agreed_are_told_to_nobody(cases: ModuleType) -> None:
    roles = cases.session(seed_of, quota=1)["make"]()
    with pytest.raises(RefusedError, match="more common items"):
        run(roles)
    assert all(role.result is None for role in roles[:-1])


@pytest.mark.parametrize(
    "options", [{"size_only": True}, {"quota": 3}, {"step": 4}, {"block": 128}, {"capacity": 64}]
)
def test_units_with_other_parameters_do_not_run(cases: ModuleType, options: dict[str, Any]) -> None:
    roles = cases.session(seed_of)["make"]()
    roles[1] = cases.session(seed_of, **options)["make"]()[1]
    with pytest.raises(PeerError) as caught:
        run(roles)
    assert caught.value.check == "C1"


def test_a_unit_that_takes_no_part_is_refused(cases: ModuleType) -> None:
    agreed = Parameters(**cases.SMALL, units=2)
    common = {"session": bytes(32), "parameters": agreed, "seed": bytes(32), "spent": set()}
    for name in ("unit3", "broker", "stranger"):
        with pytest.raises((MisuseError, KeyError)):
            Unit(name, items=[], **common)
    with pytest.raises(MisuseError, match="more items"):
        Unit("unit1", items=[b"%d" % number for number in range(257)], **common)


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": 1},
        {"units": 9},
        {"step": 0},
        {"step": 512},
        {"capacity": 255},
        {"capacity": 1 << 29},
        {"quota": 0},
        {"block": 0},
        {"block": 65},
        {"block": 1 << 21},
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(cases: ModuleType, wrong: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**{**cases.SMALL, "units": 3, **wrong})
