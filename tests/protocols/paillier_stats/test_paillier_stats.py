from __future__ import annotations

from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.loopback import run
from protocols.paillier_stats import Account, Keeper, Parameters, SecretKey, Unit, scales
from protocols.paillier_stats.messages import Table
from protocols.wire import encode
from tests.protocols.runs import checked, seed_of

SEED = bytes(range(32))
NOISY: dict[str, Any] = {"epsilon": Fraction(1, 2), "most_noise": 5}


def unit(cases: ModuleType, name: str = "unit1", table: Any = None, options: Any = (), **more: Any) -> Unit:
    parameters = Parameters(**cases.SMALL | dict(options))
    rows = cases.TABLES[0] if table is None else table
    return Unit(name, session=bytes(32), parameters=parameters, table=rows, seed=SEED, spent=set(), **more)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    options = {
        "units": draw(st.integers(2, 4)),
        "cells": draw(st.integers(1, 70)),
        "sums": draw(st.integers(0, 2)),
        "threshold": draw(st.integers(1, 10)),
        "each": draw(st.booleans()),
        "bits": 20,
    }
    dice = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (options["units"], options["cells"], 1 + options["sums"])
    return options, (dice.integers(0, 2 ** dice.integers(1, 20, shape))).tolist()


@given(tables())
@settings(max_examples=5, deadline=None)
def test_any_tables_give_the_plain_totals(cases: ModuleType, drawn: tuple[dict[str, Any], list[Any]]) -> None:
    options, rows = drawn
    checked(cases.session(seed_of, tables=rows, **options))


@pytest.mark.parametrize(
    ("counts", "released"), [((3, 2), False), ((2, 3), False), ((3, 3), True), ((0, 99), False)]
)
def test_with_each_no_unit_can_subtract_its_own_and_find_a_few(
    cases: ModuleType, counts: tuple[int, int], released: bool
) -> None:
    rows = [[[count, 0]] for count in counts]
    roles, _ = checked(cases.session(seed_of, tables=rows, cells=1, threshold=3))
    assert roles[0].result.released == released


@pytest.mark.parametrize(
    ("counts", "released"), [((1, 1), False), ((0, 3), True), ((2, 1), True), ((0, 0), False)]
)
def test_without_each_the_total_counts(cases: ModuleType, counts: tuple[int, int], released: bool) -> None:
    rows = [[[count, 0]] for count in counts]
    roles, _ = checked(cases.session(seed_of, tables=rows, cells=1, threshold=3, each=False))
    assert roles[0].result.released == released


def test_noise_comes_into_totals_and_before_the_threshold(cases: ModuleType) -> None:
    rows = [[[2, 0], [4, 10]], [[5, 0], [4, 10]]]
    noises = [[[1, -2], [-2, 3]], [[-1, 0], [5, -5]]]
    case = cases.session(seed_of, tables=rows, noises=noises, cells=2, **NOISY)
    assert case["answers"]["unit1"] == ((7, -2), None)
    checked(case)


def test_a_small_cells_numbers_are_nowhere_when_the_run_is_over(cases: ModuleType) -> None:
    """Not even the keeper and the broker together have them: it had masked numbers, the broker masks."""
    (*_, keeper, broker), _ = checked(cases.session(seed_of))
    assert keeper._totals == keeper._counts == broker._masks == []


def test_only_the_sizes_that_were_agreed_show(cases: ModuleType) -> None:
    shapes = set()
    for shift in (0, 1, 1000):
        rows = [[[count + shift, total * shift % 99] for count, total in table] for table in cases.TABLES]
        rows[0][2], rows[0][3] = [0, 0], [2, 9]
        rows[1][4] = [20, 0]
        frames = run(cases.session(seed_of, tables=rows)["make"]())
        shapes.add(tuple((frame.sender, frame.recipient, len(frame.data)) for frame in frames))
    assert len(shapes) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"modulus": (1 << 3071) + 1 >> 1},
        {"modulus": 1 << 3072},
        {"units": 1},
        {"units": 9},
        {"cells": 0},
        {"sums": -1},
        {"cells": 40_000, "sums": 1},
        {"bits": 0},
        {"bits": 49},
        {"threshold": 0},
        {"threshold": 1025},
        {"cells": 65_536, "sums": 0, "threshold": 10},
        {"most_noise": 1},
        {"epsilon": Fraction(1)},
        {"epsilon": Fraction(0), "most_noise": 1},
        {"epsilon": Fraction(-1), "most_noise": 1},
        {"epsilon": Fraction(1, 2**33), "most_noise": 1},
        {"epsilon": Fraction(1), "most_noise": 2**49},
        {"touches": 0},
        {"touches": 6},
        {"largest": 2**32},
    ],
)
def test_parameters_that_cannot_be_are_refused(cases: ModuleType, options: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        Parameters(**cases.SMALL | options)


@pytest.mark.parametrize(
    "table",
    [
        (),
        ((1, 1),) * 4,
        ((1, 1),) * 6,
        ((1,),) * 5,
        ((1, 1, 1),) * 5,
        ((1, 1),) * 4 + ((1,),),
        ((-1, 1),) * 5,
        ((1, 2**32),) * 5,
    ],
)
def test_a_table_that_does_not_fit_is_refused(cases: ModuleType, table: Any) -> None:
    with pytest.raises(MisuseError):
        unit(cases, table=table)


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, {"noise": [[0, 0]] * 5, "account": Account(budget=Fraction(1))}),
        ({}, {"account": Account(budget=Fraction(1))}),
        (NOISY, {}),
        (NOISY, {"noise": [[0, 0]] * 5}),
        (NOISY, {"account": Account(budget=Fraction(1))}),
        (NOISY, {"noise": [[0, 0]] * 4, "account": Account(budget=Fraction(1))}),
        (NOISY, {"noise": [], "account": Account(budget=Fraction(1))}),
        (NOISY, {"noise": [[0]] * 5, "account": Account(budget=Fraction(1))}),
        (NOISY, {"noise": [[0, 6]] * 5, "account": Account(budget=Fraction(1))}),
        (NOISY, {"noise": [[-6, 0]] * 5, "account": Account(budget=Fraction(1))}),
    ],
)
def test_noise_without_what_goes_with_it_is_refused(
    cases: ModuleType, options: dict[str, Any], more: dict[str, Any]
) -> None:
    with pytest.raises(MisuseError):
        unit(cases, options=options, **more)


def test_who_takes_no_part_has_no_role(cases: ModuleType) -> None:
    for name in ("unit3", "keeper", "broker", "north"):
        with pytest.raises(MisuseError):
            unit(cases, name)


def test_a_unit_that_takes_no_part_cannot_bring_a_table(cases: ModuleType) -> None:
    one, two, keeper, broker = cases.session(seed_of)["make"]()
    stranger = cases.session(seed_of, tables=cases.TABLES + cases.TABLES[:1], units=3)["make"]()[2]
    broker.begin()
    for role in (one, two, keeper):
        broker.receive(role.name, role.begin()[0].data)
    stranger.bound = broker.bound
    data = encode(Table(ciphers=np.ones(96, np.uint64)), stranger._envelope("unit3", "broker", 0))
    with pytest.raises(PeerError) as caught:
        broker.receive("unit3", data)
    assert caught.value.check == "C6"


def test_a_keeper_has_the_agreed_key(cases: ModuleType) -> None:
    other = SecretKey(p=cases.KEY.p, q=2**1535 + 1)
    parameters = Parameters(**cases.SMALL)
    with pytest.raises(MisuseError):
        Keeper(session=bytes(32), parameters=parameters, key=other, seed=SEED, spent=set())


def test_an_account_adds_up_and_refuses_what_is_too_much(cases: ModuleType) -> None:
    account = Account(budget=Fraction(1))
    noise = [[0, 0]] * 5
    for _ in range(2):
        unit(cases, options=NOISY, noise=noise, account=account).begin()
    third = unit(cases, options=NOISY, noise=noise, account=account)
    with pytest.raises(RefusedError):
        third.begin()
    assert account.spent == 1
    assert third.state == "failed"


def test_scales_share_epsilon_by_measures(cases: ModuleType) -> None:
    agreed = Parameters(**cases.SMALL | NOISY | {"sums": 2, "touches": 3, "largest": 7})
    assert scales(agreed) == (18, 126, 126)
    with pytest.raises(MisuseError):
        scales(Parameters(**cases.SMALL))


@pytest.mark.parametrize(
    "change",
    [
        {"units": 3},
        {"cells": 4},
        {"sums": 0},
        {"bits": 31},
        {"threshold": 4},
        {"each": False},
        {"largest": 2},
        {"touches": 2},
        NOISY,
        NOISY | {"most_noise": 6},
        NOISY | {"epsilon": Fraction(1, 3)},
    ],
)
def test_every_parameter_is_agreed_on(cases: ModuleType, change: dict[str, Any]) -> None:
    assert Parameters(**cases.SMALL | change).digest() != Parameters(**cases.SMALL).digest()


def test_nothing_of_a_key_or_a_table_is_printed(cases: ModuleType) -> None:
    roles, _ = checked(cases.session(seed_of))
    assert repr(cases.KEY) == "SecretKey()"
    assert repr(roles[0].result) == "Totals(3 of 5 cells)"
