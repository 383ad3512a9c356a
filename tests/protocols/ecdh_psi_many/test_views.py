"""What a unit sees can be made up from its own items and result alone, and statistics find no difference."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols import wire
from protocols.ecdh_psi_many.messages import Found, Passed, Roster
from protocols.loopback import run
from protocols.primitives import ristretto
from tests.protocols.runs import seed_of

RUNS = 40
View = list[tuple[str, bytes]]


def real_views(case: dict[str, Any], name: str) -> list[View]:
    return [
        [(f.sender, f.data[64:-16]) for f in run(case["make"](run=number)) if f.recipient == name]
        for number in range(RUNS)
    ]


def made_up(case: dict[str, Any], number: int) -> View:
    """What unit2 sees: everybody else is played without an item of theirs, and it must not notice."""
    unit = case["make"](run=RUNS + number)[1]  # other seeds than the real runs have
    p, dice, seen = unit.parameters, np.random.default_rng(number), []

    def give(message: Any) -> None:
        data = wire.encode(message, unit._envelope("broker", "unit2", len(seen)))
        seen.append(("broker", data[64:-16]))
        unit.receive("broker", data)

    hello = unit.begin()[0].data[96:168]
    told = [(8).to_bytes(8, "little") + dice.bytes(64) for _ in range(p.units)]
    told[1] = hello
    give(Roster(hellos=np.frombuffer(b"".join(told), np.uint64)))
    for owner in (0, 2):
        points = ristretto.from_uniform(np.frombuffer(dice.bytes(64 * 8), np.uint8).reshape(-1, 64))
        give(Passed(owner=owner, block=0, elements=points.reshape(-1).view(np.uint64)))
    size, items = case["answers"]["unit2"]
    if p.size_only:
        give(Found(block=0, bits=np.array([size], np.uint64)))
    else:
        hit = {unit._different.index(unit._items[place]) for place in items}
        word = sum(1 << n for n, place in enumerate(unit._order.tolist()) if place in hit)
        give(Found(block=0, bits=np.array([word], np.uint64)))
    assert case["result"](unit) == case["answers"]["unit2"]
    return seen


@pytest.mark.parametrize("size_only", [False, True], ids=["which", "how many"])
def test_what_a_unit_sees_can_be_made_up_from_its_items_and_result(
    size_only: bool, cases: ModuleType, views: ModuleType
) -> None:
    case = cases.session(seed_of, size_only=size_only)
    real, made = real_views(case, "unit2"), [made_up(case, number) for number in range(RUNS)]
    for heap in (real, made):  # lists of two owners may come in either order
        for view in heap:
            view[1:3] = sorted(view[1:3], key=lambda seen: seen[1][:8])
    assert len({tuple((sender, len(body)) for sender, body in view) for view in real + made}) == 1
    assert views.distance(real, made) < views.FAR
