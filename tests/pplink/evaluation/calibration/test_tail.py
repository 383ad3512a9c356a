"""Expected false matches: from random encodings whose true rate is known, or can be counted in a larger draw."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from pplink.errors import DataError
from pplink.evaluation.calibration import tail as tails
from pplink.evaluation.calibration.nonmatches import NonMatches, compare, together
from pplink.evaluation.calibration.stating import state, strangers_of
from pplink.evaluation.calibration.tail import tail_of
from pplink.join.api import self_join, threshold_join


def strangers(records: int, seed: int, bits: int = 512, ones: int = 140) -> np.ndarray:
    """(records, words) uint64, with bits of uneven chances, more in some rows than in others."""
    rng = np.random.default_rng(seed)
    common = np.random.default_rng(99).random(bits) ** 2
    chance = np.clip(common * ones / common.sum() * rng.normal(1, 0.15, (records, 1)), 0, 1)
    return np.packbits(rng.random((records, bits)) < chance, axis=1).view(np.uint64)


@pytest.fixture(scope="module")
def counted() -> tuple[NonMatches, np.ndarray, np.ndarray]:
    """A small list's scores, and the true counts of two larger lists at some thresholds."""
    known = compare(strangers(800, 1), "dice")
    thresholds = np.round(np.arange(known.floor + 0.1, 1, 0.01), 3)
    scores = threshold_join(strangers(4000, 2), strangers(4000, 3), float(thresholds[0])).score
    true = len(scores) - np.searchsorted(np.sort(scores), thresholds)
    some = true >= 20
    return known, thresholds[some], true[some]


def test_counts_of_larger_lists_are_predicted_within_a_factor_of_two(
    counted: tuple[NonMatches, np.ndarray, np.ndarray],
) -> None:
    known, thresholds, true = counted
    tail = tail_of(known)
    assert thresholds[-1] > tail.counted_to, "nothing was extrapolated"
    expected = tail.expected(thresholds, 4000 * 4000)
    assert (np.abs(np.log2(expected.value / true)) < 1).all()
    assert ((expected.low <= true) & (true <= expected.high)).mean() > 0.8


def test_estimates_fall_and_lie_within_their_intervals(
    counted: tuple[NonMatches, np.ndarray, np.ndarray],
) -> None:
    known = counted[0]
    thresholds = np.arange(known.floor, 1.0001, 0.005)
    value, low, high = tail_of(known).expected(thresholds, 1e9)
    for column in (value, low, high):
        assert (np.diff(column) <= 0).all()
        assert np.isfinite(column).all()
    assert ((low <= value) & (value <= high) & (low >= 0)).all()
    assert high[-1] > 0


def test_twice_the_comparisons_are_twice_the_false_matches(
    counted: tuple[NonMatches, np.ndarray, np.ndarray],
) -> None:
    known, thresholds, _ = counted
    one, two = (tail_of(known).expected(thresholds, size) for size in (1e6, 2e6))
    assert np.allclose(2 * one.value, two.value)


def test_people_who_are_near_many_widen_the_interval() -> None:
    rows = strangers(600, 4)
    crowd = np.concatenate([rows, np.repeat(rows[:1], 40, axis=0)])
    thresholds = np.array([0.999])
    wide = tail_of(compare(crowd, "dice")).expected(thresholds, 1e6)
    count = 41 * 40 / 2
    assert (wide.high - wide.low)[0] > 2 * (4 * count**0.5) * 1e6 / (640 * 639 / 2)


@pytest.mark.parametrize("measure", ["dice", "jaccard", "cosine", "hamming"])
def test_scores_kept_are_those_of_the_join(measure: str) -> None:
    rows = strangers(1000, 5)
    known = compare(rows, measure)
    pairs = self_join(rows, known.floor, measure=measure)
    assert np.array_equal(known.scores, np.sort(pairs.score))
    assert known.pairs == 1000 * 999 // 2
    assert 0.2 * 200_000 < len(known.scores) < 5 * 200_000


def test_a_sample_stands_for_a_long_list_and_empty_rows_do_not_count() -> None:
    rows = np.concatenate([strangers(300, 6), np.zeros((50, 8), np.uint64)])
    assert compare(rows, "dice").records == 300
    assert compare(rows, "dice", sample=100).records == 100
    with pytest.raises(DataError):
        compare(rows[-52:], "dice")


def test_lists_added_up_stay_apart() -> None:
    lists = [compare(strangers(size, size), "dice") for size in (200, 300)]
    both = together(lists)
    assert both.records == 500
    assert both.pairs == 200 * 199 // 2 + 300 * 299 // 2
    assert not ((both.left < 200) & (both.right >= 200)).any()
    assert (np.diff(both.scores) >= 0).all()


def test_a_list_of_one_person_over_and_over_is_counted_not_refused() -> None:
    rows = np.repeat(strangers(1, 7), 200, axis=0)
    told = state(strangers_of([rows, rows], "dice"), 0.999, 40_000)
    assert told is not None
    assert told.false == 40_000


@pytest.mark.parametrize("records", [0, 5, 50])
def test_short_lists_tell_nothing(records: int) -> None:
    lists = [strangers(records, 8), strangers(records, 9)]
    assert strangers_of(lists, "dice") is None
    assert state(None, 0.7, records**2) is None


def test_a_threshold_that_most_strangers_reach_is_not_counted() -> None:
    lists = [strangers(2000, seed) for seed in (10, 11)]
    known = strangers_of(lists, "dice")
    assert state(known, 0.01, 4e6) is None
    assert state(known, 0.9, 4e6) is not None


def test_what_is_expected_is_told_without_the_second_that_scipys_distributions_take_to_load():
    """Every `unit link` says how many hits are expected to be false."""
    told = "import sys, pplink.evaluation.calibration.stating; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("shape", [-0.7, -0.2, 0.0, 0.3])
def test_the_extrapolated_tail_is_a_generalised_paretos(shape):
    excess = np.linspace(0, 2, 40)
    found = tails._beyond(excess, np.array([[shape]]), np.array([[0.5]]))
    assert found == pytest.approx(stats.genpareto.sf(excess, shape, scale=0.5)[None], rel=1e-12, abs=1e-300)


def test_intervals_are_by_chi_squared_quantiles():
    counts, spread = np.array([0.0, 1, 30, 1000]), np.array([1.0, 1.5, 3, 20])
    low, high = tails._interval(counts, spread)
    assert low[0] == 0
    assert low[1:] == pytest.approx((spread * stats.chi2.ppf(0.025, 2 * counts / spread) / 2)[1:])
    assert high == pytest.approx(spread * stats.chi2.ppf(0.975, 2 * counts / spread + 2) / 2)
