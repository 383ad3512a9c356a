from __future__ import annotations

from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from protocols.broker_clk import Broker, Parameters, Unit
from protocols.broker_clk.messages import Encodings, Hits, Roster
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from protocols.wire import encode
from tests.protocols.runs import checked, seed_of

SEED = bytes(range(32))


@pytest.mark.parametrize("units", [2, 3, 5])
@pytest.mark.parametrize("scores", [False, True])
def test_every_two_units_get_their_hits(cases: ModuleType, units: int, scores: bool) -> None:
    checked(cases.session(seed_of, units=units, scores=scores))


def test_the_broker_takes_any_join(cases: ModuleType) -> None:
    """pplink's own is what sessions hand in; here is one that finds all pairs of equal places."""
    case = cases.session(seed_of)
    *units, broker = case["make"]()
    broker._join = lambda left, right, _: cases.Pairs(np.arange(5), np.arange(5), np.ones(5))
    run([*units, broker])
    assert {len(unit.result) for unit in units} == {5}


def test_a_handle_leads_its_unit_back_to_the_row(cases: ModuleType) -> None:
    (one, two, _), _ = checked(cases.session(seed_of))
    there = {(hit.row, hit.handle) for hit in two.result}
    for hit in one.result:
        assert any(two.row_of(hit.handle) == row and one.row_of(handle) == hit.row for row, handle in there)
    for wrong in (-1, len(two._rows)):
        with pytest.raises(MisuseError):
            two.row_of(wrong)


def test_the_broker_sees_every_encoding_in_the_clear(cases: ModuleType) -> None:
    """What SPEC.md says first."""
    roles, frames = checked(cases.session(seed_of))
    for unit in roles[:2]:
        sent = b"".join(
            f.data[72:-16] for f in frames if f.sender == unit.name and f.data[46] == Encodings.NUMBER
        )
        assert sorted(np.frombuffer(sent, np.uint64).tolist()) == sorted(unit._rows[:, 0].tolist())


def test_what_a_unit_sees_can_be_made_up_from_its_hits(cases: ModuleType, views: ModuleType) -> None:
    """The broker is played without a row of anybody's; places in a shuffled list are uniform."""
    case = cases.session(seed_of)

    def real(number: int) -> list[tuple[str, bytes]]:
        return [(f.sender, f.data[64:-16]) for f in run(case["make"](run=number)) if f.recipient == "unit1"]

    def made(number: int) -> list[tuple[str, bytes]]:
        unit = case["make"](run=1000 + number)[0]
        dice, seen = np.random.default_rng(number), []

        def give(message: Any) -> None:
            data = encode(message, unit._envelope("broker", "unit1", len(seen)))
            seen.append(("broker", data[64:-16]))
            unit.receive("broker", data)

        other = (12).to_bytes(8, "little") + dice.bytes(64)
        give(Roster(hellos=np.frombuffer(unit.begin()[0].data[96:168] + other, np.uint64)))
        there = dice.permutation(12)
        hits = [
            (int(np.argsort(unit._order)[row]), int(there[row_there]), 0)
            for _, row, row_there, _ in case["answers"]["unit1"]
        ]
        give(Hits(other=1, hits=np.array(sorted(hits), np.uint64).reshape(-1)))
        assert unit.finished
        return seen

    seen = [real(number) for number in range(60)]
    assert views.distance(seen, [made(number) for number in range(60)]) < views.FAR


def test_a_unit_that_takes_no_part_cannot_send_rows(cases: ModuleType) -> None:
    *units, broker = cases.session(seed_of)["make"]()
    stranger = cases.session(seed_of, units=3)["make"]()[2]
    for unit in units:
        broker.begin() if broker.state == "new" else None
        broker.receive(unit.name, unit.begin()[0].data)
    stranger.bound = broker.bound
    data = encode(Encodings(block=0, rows=np.zeros(8, np.uint64)), stranger._envelope("unit3", "broker", 0))
    with pytest.raises(PeerError) as caught:
        broker.receive("unit3", data)
    assert caught.value.check == "C3"


def test_more_hits_than_agreed_are_sent_to_nobody(cases: ModuleType) -> None:
    roles = cases.session(seed_of, quota=2)["make"]()
    with pytest.raises(RefusedError):
        run(roles)
    assert [role.result for role in roles[:2]] == [None, None]


@pytest.mark.parametrize(
    "options",
    [
        {"bits": 0},
        {"bits": 65},
        {"bits": 8256},
        {"threshold": Fraction(0)},
        {"threshold": Fraction(5, 4)},
        {"threshold": Fraction(1, 2**32)},
        {"units": 1},
        {"units": 9},
        {"capacity": 0},
        {"quota": 0},
        {"quota": 2**20 + 1},
        {"block": 0},
        {"block": 2**16 + 1},
    ],
)
def test_parameters_that_cannot_be_are_refused(cases: ModuleType, options: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**cases.SMALL | options)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("unit1", np.zeros((0, 1), np.uint64)),
        ("unit1", np.zeros((65, 1), np.uint64)),
        ("unit1", np.zeros((3, 2), np.uint64)),
        ("unit1", np.zeros((3, 1), np.int64)),
        ("unit1", np.zeros(3, np.uint64)),
        ("unit3", np.zeros((3, 1), np.uint64)),
        ("broker", np.zeros((3, 1), np.uint64)),
    ],
)
def test_rows_and_names_that_do_not_fit_are_refused(cases: ModuleType, name: str, rows: np.ndarray) -> None:
    with pytest.raises(MisuseError):
        Unit(name, session=bytes(32), parameters=Parameters(**cases.SMALL), rows=rows, seed=SEED, spent=set())


def test_a_hit_prints_nothing(cases: ModuleType) -> None:
    (one, _, broker), _ = checked(cases.session(seed_of))
    assert {repr(hit) for hit in one.result} == {"Hit()"}
    assert isinstance(broker, Broker)
    assert broker._blocks == {}
