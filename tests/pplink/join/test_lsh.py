"""Tables find what comparing every pair finds, with the recall that was stated, and nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import RefusedError, UsageError
from pplink.join import planner
from pplink.join.api import explain, join_blocks, self_join, threshold_join
from pplink.join.lsh import tables
from pplink.join.lsh.buckets import TILE
from pplink.join.measures import MEASURES
from pplink.join.pairs import Pairs
from pplink.join.report import CutWarning, Report
from tests.pplink.join.comparing import same

Alike = Callable[..., np.ndarray]
measures = st.sampled_from(sorted(MEASURES))


def triples(pairs: Pairs) -> set[tuple[int, int, float]]:
    found = list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True))
    assert len(set(found)) == len(found)
    return set(found)


def at_the_threshold(size: int, words: int, seed: int, ones: int = 200, apart: int = 80) -> np.ndarray:
    """Rows in twos: each of `ones` bits, and apart / 2 of them moved, so that Dice is 1 - apart / (2 ones)."""
    random = np.random.default_rng(seed)
    bits = np.zeros((size, 2, 64 * words), np.uint8)
    for two in bits:
        order = random.permutation(64 * words)
        two[:, order[:ones]] = 1
        two[1, order[: apart // 2]] = 0
        two[1, order[ones : ones + apart // 2]] = 1
    return np.packbits(bits, axis=2, bitorder="little").view(np.uint64)


@pytest.mark.parametrize("recall", [0.5, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("seed", [0, 1])
def test_of_pairs_exactly_at_the_threshold_the_stated_share_is_found(recall: float, seed: int) -> None:
    size = 4000
    rows = at_the_threshold(size, 16, seed=7)
    reports: list[Report] = []
    pairs = threshold_join(
        rows[:, 0], rows[:, 1], 0.8, strategy="lsh", recall=recall, seed=seed, report=reports.append
    )
    assert not reports[0].plan.exact
    found = int(np.sum(pairs.left == pairs.right))
    assert found >= size * recall - 3 * sqrt(size * recall * (1 - recall))
    if recall == 0.9:  # and the tables are no more than it takes
        assert found <= size * (recall + 0.03)


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("threshold", [0.7, 0.9, Fraction(14, 15), 1])
def test_tables_give_pairs_of_the_exact_join_and_miss_few(
    alike: Alike, measure: str, threshold: float
) -> None:
    left, right = alike(900, 4, seed=5), alike(700, 4, seed=5)
    wanted = triples(threshold_join(left, right, threshold, measure=measure))
    found = triples(threshold_join(left, right, threshold, measure=measure, strategy="lsh", recall=0.99))
    assert found <= wanted
    assert len(found) >= 0.98 * len(wanted)
    rows = triples(self_join(left, threshold, measure=measure))
    same_rows = triples(self_join(left, threshold, measure=measure, strategy="lsh", recall=0.99))
    assert same_rows <= rows
    assert len(same_rows) >= 0.98 * len(rows)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_the_tests_above_use_tables(alike: Alike, measure: str) -> None:
    plan = explain(
        alike(900, 4, seed=5), alike(700, 4, seed=5), 0.9, measure=measure, strategy="lsh", recall=0.99
    )
    assert not plan.exact
    assert plan.recall == 0.99


words = st.one_of(st.sampled_from([0, 1, 3, 2**64 - 1, 0xFF, 0xFE, 0xF0F0]), st.integers(0, 2**64 - 1))


@st.composite
def sides(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two sides of one width; many rows are equal or nearly so."""
    width = draw(st.integers(1, 3))
    row = st.lists(words, min_size=width, max_size=width)
    pool = draw(st.lists(row, min_size=1, max_size=6))
    picks = st.lists(st.sampled_from(pool), max_size=60)
    left, right = (np.array(draw(picks), np.uint64).reshape(-1, width) for _ in range(2))
    return left, right


@settings(deadline=None, max_examples=80)
@given(sides(), measures, st.one_of(st.sampled_from([0, 0.5, 0.8, 1]), st.floats(0, 1)), st.integers(0, 9))
def test_whatever_the_rows_no_pair_is_wrong_or_given_twice(
    rows: tuple[np.ndarray, np.ndarray], measure: str, threshold: float, seed: int
) -> None:
    found = threshold_join(*rows, threshold, measure=measure, strategy="lsh", recall=0.9, seed=seed)
    wanted = triples(threshold_join(*rows, threshold, measure=measure, backend="reference"))
    assert triples(found) <= wanted
    equal = {(i, j) for i, j, score in wanted if score == 1}  # they agree wherever a table looks
    assert equal <= set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def test_a_run_repeats_byte_for_byte_with_any_number_of_threads(alike: Alike) -> None:
    left, right = alike(2500, 2, seed=3), alike(2600, 2, seed=3)
    for seed in (0, 1):
        runs = [
            threshold_join(left, right, 0.8, strategy="lsh", recall=0.7, seed=seed, threads=threads)
            for threads in (1, 2, 5)
        ]
        assert len(runs[0])
        assert same(runs[0], runs[1])
        assert same(runs[0], runs[2])


@pytest.fixture
def cramped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Parts that pause after few comparisons and few matches."""
    monkeypatch.setattr(tables, "EFFORT", 50)
    monkeypatch.setattr(tables, "ROOM", TILE)
    return


@pytest.mark.usefixtures("cramped")
@pytest.mark.parametrize("itself", [False, True])
def test_tables_that_pause_and_go_on_lose_nothing_and_repeat_nothing(alike: Alike, itself: bool) -> None:
    rows = np.repeat(alike(40, 2, seed=3), 20, axis=0)
    if itself:
        found, wanted = self_join(rows, 0.9, strategy="lsh", recall=0.9999), self_join(rows, 0.9)
    else:
        found = threshold_join(rows, rows[:333], 0.9, strategy="lsh", recall=0.9999)
        wanted = threshold_join(rows, rows[:333], 0.9)
    assert same(found, wanted)


def test_blocks_together_are_the_whole(alike: Alike) -> None:
    left, right = alike(700, 2, seed=3), alike(800, 2, seed=3)
    blocks = join_blocks(left, right, 0.8, strategy="lsh", recall=0.8)
    assert same(Pairs.together(blocks), threshold_join(left, right, 0.8, strategy="lsh", recall=0.8))


def crowd(size: int, words: int, seed: int) -> np.ndarray:
    """Rows of which most share a common name: most bits are alike, and yet hardly two match."""
    random = np.random.default_rng(seed)
    bits = random.random((size, 64 * words)) < 0.35
    bits[:, : 32 * words] = np.arange(32 * words) % 3 == 0
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


def test_what_a_bound_cuts_is_counted_and_found_by_later_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = crowd(600, 8, seed=1), crowd(600, 8, seed=2)
    right[:300] = left[:300] ^ np.uint64(1)
    reports: list[Report] = []

    def join() -> Pairs:
        return threshold_join(left, right, 0.9, strategy="lsh", recall=0.99, report=reports.append)

    calm = join()
    monkeypatch.setattr(tables, "HEAVY", 30)
    cut = join()
    assert reports[0].cut_buckets == reports[0].cut_comparisons == 0
    assert reports[1].cut_buckets > 0
    assert reports[1].cut_comparisons > 30 * reports[1].cut_buckets
    assert reports[0].comparisons == reports[1].comparisons + reports[1].cut_comparisons
    assert len(triples(cut)) > 0.9 * len(calm)
    assert triples(cut) <= triples(calm)


def test_a_cut_is_never_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.repeat(np.array([[0xF0F0], [0x0F0F]], np.uint64), 60, axis=0)
    monkeypatch.setattr(tables, "HEAVY", 2**11)
    with pytest.warns(CutWarning, match="buckets of rows too alike were not compared"):
        assert len(threshold_join(rows, rows, 1, strategy="lsh")) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threshold_join(rows, rows, 1, strategy="lsh", report=lambda report: None)
        threshold_join(rows, rows, 1)


def test_rows_whose_keys_are_equal_by_chance_are_cut_by_what_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "HEAVY", 0)
    rows = crowd(50, 2, seed=1)
    reports: list[Report] = []
    assert len(threshold_join(rows, rows, 1, strategy="lsh", report=reports.append)) == 0
    assert 40 < reports[0].cut_buckets <= 50
    monkeypatch.setattr(tables, "WIDTH", 1)
    assert len(threshold_join(rows, rows, 1, strategy="lsh", report=reports.append)) == 0
    assert reports[1].cut_buckets <= 2


def test_long_and_short_rows_are_joined_with_tables_of_their_own(alike: Alike) -> None:
    rows = np.concatenate([alike(800, 8, seed=1, fill=fill) for fill in (0.1, 0.3, 0.6)])
    plan = explain(rows, rows, 0.8, strategy="lsh")
    assert len(plan.bands) > 1
    assert len({(band.sampled, band.tables) for band in plan.bands}) > 1
    assert all(np.all(np.diff(band.floors) >= 0) for band in plan.bands)
    wanted = triples(threshold_join(rows, rows, 0.8))
    assert len(triples(threshold_join(rows, rows, 0.8, strategy="lsh")) & wanted) >= 0.998 * len(wanted)


def test_the_bar_and_the_cap_hold_for_tables_too(alike: Alike) -> None:
    rows = alike(500, 2, seed=1)
    size = len(threshold_join(rows, rows, 0.9, strategy="lsh"))
    assert len(threshold_join(rows, rows, 0.9, strategy="lsh", max_pairs=size)) == size
    with pytest.raises(RefusedError):
        threshold_join(rows, rows, 0.9, strategy="lsh", max_pairs=size - 1)
    best = threshold_join(rows, rows, 0.9, strategy="lsh", k_best=1)
    assert len(best) == len(set(best.left.tolist()))


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_empty_rows_match_nothing_and_full_rows_match_full_ones(measure: str) -> None:
    rows = np.repeat(np.array([[0], [2**64 - 1]], np.uint64), 50, axis=0)
    for threshold in (0, 0.5, 1):
        pairs = threshold_join(rows, rows, threshold, measure=measure, strategy="lsh")
        assert len(pairs) == 2500
        assert min(pairs.left.min(), pairs.right.min()) == 50
    assert len(threshold_join(rows[:50], rows, 0.5, measure=measure, strategy="lsh")) == 0
    assert len(threshold_join(rows[:0], rows, 0.5, measure=measure, strategy="lsh")) == 0


def test_progress_rises_and_ends_with_all_done(alike: Alike) -> None:
    calls: list[tuple[int, int]] = []
    rows = np.concatenate([alike(800, 8, seed=1, fill=fill) for fill in (0.1, 0.3, 0.6)])
    threshold_join(rows, rows, 0.8, strategy="lsh", progress=lambda *call: calls.append(call))
    assert calls == sorted(calls)
    assert calls[-1] == (2400**2, 2400**2)
    assert calls[-2][0] < 2400**2


@pytest.mark.parametrize(
    "wrong",
    [
        {"recall": 0},
        {"recall": -0.5},
        {"recall": 1.01},
        {"recall": float("nan")},
        {"recall": True},
        {"recall": "0.9"},
        {"seed": -1},
        {"seed": 0.5},
        {"seed": 2**53},
        {"seed": True},
        {"backend": "reference"},
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    rows = np.ones((2, 1), np.uint64)
    with pytest.raises(UsageError):
        threshold_join(rows, rows, 0.8, strategy="lsh", **wrong)  # type: ignore[arg-type]


def test_a_recall_of_one_compares_every_pair(alike: Alike) -> None:
    rows = alike(300, 2, seed=1)
    assert explain(rows, rows, 0.8, strategy="lsh", recall=1).exact
    assert same(threshold_join(rows, rows, 0.8, strategy="lsh", recall=1), threshold_join(rows, rows, 0.8))


def test_wide_rows_of_few_bits_are_sampled_more(alike: Alike) -> None:
    left, right = alike(1500, 130, seed=8, fill=0.02), alike(1500, 130, seed=8, fill=0.02)
    plan = explain(left, right, 0.9, strategy="lsh")
    assert max(band.sampled for band in plan.bands) > 64
    assert max(band.sampled for band in plan.bands) <= planner.MOST_SAMPLED
    wanted = triples(threshold_join(left, right, 0.9))
    found = triples(threshold_join(left, right, 0.9, strategy="lsh"))
    assert found <= wanted
    assert len(found) >= 0.998 * len(wanted)
