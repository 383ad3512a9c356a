"""A plan compares every pair where that is affordable, and says what to expect."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pplink.errors import DataError, UsageError
from pplink.join import planner
from pplink.join.api import explain, join_blocks, self_join, threshold_join
from pplink.join.planner import Plan
from pplink.join.report import Report
from tests.pplink.join.comparing import same

Alike = Callable[..., np.ndarray]


def bytes_of(plan: Plan) -> list[tuple[object, ...]]:
    return [(band.lowest, band.highest, band.sampled, band.floors.tobytes()) for band in plan.bands]


def test_a_few_thousand_rows_are_compared_in_full(alike: Alike) -> None:
    rows = alike(3000, 2, seed=1)
    plan = explain(rows, rows, 0.8)
    assert plan.exact
    assert plan.recall == 1
    assert plan.seconds == pytest.approx(plan.seconds_exact)
    assert same(threshold_join(rows, rows, 0.8), threshold_join(rows, rows, 0.8, strategy="exact"))


@pytest.fixture
def strangers() -> np.ndarray:
    """(2, 3000, 16): rows of which a tenth of the right are left ones with a few bits changed."""
    random = np.random.default_rng(5)
    bits = random.random((2, 3000, 1024)) < 0.3
    bits[1, :300] = bits[0, :300] ^ (random.random((300, 1024)) < 0.05)
    return np.packbits(bits, axis=2, bitorder="little").view(np.uint64)


def test_tables_are_taken_where_they_are_expected_to_be_faster(
    strangers: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "AFFORDABLE", 0)
    monkeypatch.setattr(planner, "COMPARE", 1e-9)
    plan = explain(*strangers, 0.8)
    assert not plan.exact
    assert plan.recall == 0.999
    assert plan.seconds < plan.seconds_exact
    reports: list[Report] = []
    found = threshold_join(*strangers, 0.8, report=reports.append)
    assert len(found) >= 298
    assert reports[0].pairs == len(found)
    assert reports[0].tables == sum(band.tables for band in plan.bands)
    assert 0.5 * plan.comparisons < reports[0].comparisons < 2 * plan.comparisons
    assert "left out" not in dict(reports[0].describe())
    monkeypatch.setattr(planner, "MEET", 1)
    assert explain(*strangers, 0.8).exact


def test_where_tables_are_hopeless_every_pair_is_compared(alike: Alike) -> None:
    rows = alike(2000, 1, seed=1)
    assert all(not band.sampled for band in explain(rows, rows, 0, strategy="lsh").bands if band.highest > 32)
    assert explain(rows[:5], rows[:5], 0.9, strategy="lsh").exact


def test_bands_cover_every_left_row_once_and_every_match(alike: Alike) -> None:
    left, right = (np.concatenate([alike(700, 4, seed=s, fill=f) for f in (0.2, 0.5)]) for s in (1, 2))
    plan = explain(left, right, 0.8, strategy="lsh")
    ones = np.bitwise_count(left).sum(axis=1)
    inside = sum(((ones >= band.lowest) & (ones <= band.highest)).astype(int) for band in plan.bands)
    pairs = threshold_join(left, right, 0.8, strategy="exact")
    assert np.all(inside <= 1)
    assert np.all(inside[pairs.left] == 1)
    others = np.bitwise_count(right).sum(axis=1)[pairs.right]
    for band in plan.bands:
        its = (ones[pairs.left] >= band.lowest) & (ones[pairs.left] <= band.highest)
        assert np.all(others[its] >= band.floors[0])
        assert np.all(others[its] <= band.ceiling)


def test_a_plan_depends_on_the_rows_alone(strangers: np.ndarray) -> None:
    one, two = (explain(*strangers, 0.8, strategy="lsh", threads=threads) for threads in (1, 4))
    assert bytes_of(one) == bytes_of(two)
    assert one.seconds == pytest.approx(4 * two.seconds)


def test_a_person_is_told_what_to_expect(strangers: np.ndarray) -> None:
    tables = dict(explain(*strangers, 0.8, strategy="lsh", recall=0.99).describe())
    assert tables["recall"] == "each pair with a chance of 0.99 or more"
    assert any("tables of" in text for text in tables.values())
    every = dict(explain(*strangers, 0.8).describe())
    assert every["way"] == "every pair is compared"
    assert every["recall"] == "every pair"
    reports: list[Report] = []
    list(join_blocks(*strangers, 0.8, report=reports.append))
    self_join(strangers[0], 0.8, report=reports.append)
    assert [dict(report.describe())["pairs"] for report in reports] == ["300", "0"]


def test_rows_with_too_many_combinations_of_bits_set_are_compared_in_full(
    strangers: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "WIDEST", 10)
    assert explain(*strangers, 0.8, strategy="lsh").exact
    assert len(threshold_join(*strangers, 0.8, strategy="lsh")) == 300


@pytest.mark.parametrize(
    "wrong", [{"threads": 0}, {"strategy": "guess"}, {"recall": 2}, {"measure": "x"}], ids=str
)
def test_a_plan_of_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    rows = np.ones((2, 1), np.uint64)
    with pytest.raises(UsageError):
        explain(rows, rows, 0.8, **wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError):
        explain(rows, np.ones((2, 2), np.uint64), 0.8)


def test_nothing_to_compare_is_a_plan_too() -> None:
    rows = np.zeros((3, 1), np.uint64)
    for plan in (
        explain(rows, rows, 0.8),
        explain(rows[:0], rows, 0.8),
        explain(rows, rows, 0, strategy="lsh"),
    ):
        assert plan.exact
        assert plan.comparisons == 0
