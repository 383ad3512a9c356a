"""Every backend gives the reference's bytes, whatever the rows, the measure and the threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import UsageError
from pplink.join import api
from pplink.join.api import join_blocks, self_join, threshold_join
from pplink.join.backends import cpu, gpu, outline
from pplink.join.backends.interface import Backend
from pplink.join.backends.slices import TILE
from pplink.join.measures import MEASURES
from pplink.join.pairs import Pairs
from tests.pplink.join.comparing import same

Alike = Callable[..., np.ndarray]
Backends = Mapping[str, str | Backend]
HERE = [backend for backend in api.BACKENDS if backend != "gpu" or gpu.available()]
FAST = [backend for backend in HERE if backend != "reference"]

words = st.one_of(st.sampled_from([0, 1, 3, 2**64 - 1, 0xFF, 0xFE, 0xF0F0]), st.integers(0, 2**64 - 1))
measures = st.sampled_from(sorted(MEASURES))
thresholds = st.one_of(
    st.sampled_from([0, 0.5, 0.8, 1, Fraction(2, 3), 14 / 15, Fraction(14, 15)]),
    st.floats(0, 1),
    st.fractions(0, 1, max_denominator=64),
)


@st.composite
def sides(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two sides of one width; some rows are equal or nearly so."""
    width = draw(st.integers(1, 3))
    row = st.lists(words, min_size=width, max_size=width)
    pool = draw(st.lists(row, min_size=1, max_size=6))
    side = st.lists(st.one_of(st.sampled_from(pool), row), max_size=12)
    left, right = (np.array(draw(side), np.uint64).reshape(-1, width) for _ in range(2))
    return left, right


@pytest.mark.parametrize("backend", FAST)
@settings(deadline=None, max_examples=150)
@given(sides(), measures, thresholds, st.integers(1, 3))
def test_a_backend_gives_the_bytes_of_the_reference(
    backends: Backends,
    backend: str,
    rows: tuple[np.ndarray, np.ndarray],
    measure: str,
    threshold: float,
    threads: int,
) -> None:
    fast = threshold_join(*rows, threshold, measure=measure, backend=backends[backend], threads=threads)
    assert same(fast, threshold_join(*rows, threshold, measure=measure, backend="reference"))


@pytest.mark.parametrize("backend", FAST)
@settings(deadline=None, max_examples=100)
@given(sides(), measures, thresholds)
def test_duplicates_in_one_dataset_are_those_of_the_reference(
    backends: Backends, backend: str, rows: tuple[np.ndarray, np.ndarray], measure: str, threshold: float
) -> None:
    fast = self_join(rows[0], threshold, measure=measure, backend=backends[backend])
    assert same(fast, self_join(rows[0], threshold, measure=measure, backend="reference"))


@settings(deadline=None, max_examples=50)
@given(sides(), measures, thresholds)
def test_a_self_join_is_the_upper_half_of_a_join_with_itself(
    rows: tuple[np.ndarray, np.ndarray], measure: str, threshold: float
) -> None:
    whole = threshold_join(rows[0], rows[0], threshold, measure=measure)
    upper = whole.left < whole.right
    half = Pairs(left=whole.left[upper], right=whole.right[upper], score=whole.score[upper])
    assert same(self_join(rows[0], threshold, measure=measure), half)


@pytest.mark.parametrize("backend", HERE)
@settings(deadline=None, max_examples=30)
@given(sides(), measures, thresholds)
def test_blocks_together_are_the_whole(
    backends: Backends, backend: str, rows: tuple[np.ndarray, np.ndarray], measure: str, threshold: float
) -> None:
    blocks = join_blocks(*rows, threshold, measure=measure, backend=backends[backend])
    assert same(Pairs.together(blocks), threshold_join(*rows, threshold, measure=measure))


@pytest.mark.parametrize("backend", FAST)
@settings(deadline=None, max_examples=20)
@given(sides(), measures, thresholds)
def test_blocks_of_tables_together_are_what_tables_find(
    backends: Backends, backend: str, rows: tuple[np.ndarray, np.ndarray], measure: str, threshold: float
) -> None:
    options: dict[str, Any] = {"measure": measure, "strategy": "lsh", "recall": 0.5, "seed": 3}
    blocks = join_blocks(*rows, threshold, backend=backends[backend], **options)
    assert same(Pairs.together(blocks), threshold_join(*rows, threshold, **options))


@pytest.mark.parametrize("backend", FAST)
@settings(deadline=None, max_examples=30)
@given(sides(), measures, thresholds, st.integers(1, 4))
def test_the_best_of_each_row_are_those_of_the_reference(
    backends: Backends,
    backend: str,
    rows: tuple[np.ndarray, np.ndarray],
    measure: str,
    threshold: float,
    k: int,
) -> None:
    fast = threshold_join(*rows, threshold, measure=measure, backend=backends[backend], k_best=k)
    assert same(fast, threshold_join(*rows, threshold, measure=measure, backend="reference", k_best=k))


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("threshold", [0.3, 0.7, 0.8, 0.95])
def test_many_tiles_give_the_bytes_of_the_reference(
    alike: Alike, backends: Backends, measure: str, threshold: float
) -> None:
    left, right = alike(TILE + 77, 4, seed=5), alike(TILE + 3, 4, seed=5)
    wanted = threshold_join(left, right, threshold, measure=measure, backend="reference")
    assert len(wanted)
    for backend in FAST:
        for threads in (1, 2):
            options = {"measure": measure, "backend": backends[backend], "threads": threads}
            assert same(threshold_join(left, right, threshold, **options), wanted)  # type: ignore[arg-type]


@pytest.fixture
def cramped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tasks of one chunk and one tile, which pause after every tile that matches throughout."""
    monkeypatch.setattr(outline, "PAIRS", 1)
    monkeypatch.setattr(outline, "TILES", 1)
    monkeypatch.setattr(cpu, "ROOM", TILE)
    return


@pytest.mark.usefixtures("cramped")
@pytest.mark.parametrize("threshold", [0, 0.3, 0.8])
def test_tasks_that_pause_and_go_on_lose_nothing(alike: Alike, threshold: float) -> None:
    left, right = alike(TILE + 130, 2, seed=6), alike(2 * TILE + 1, 2, seed=7)
    wanted = threshold_join(left, right, threshold, backend="reference")
    blocks = list(join_blocks(left, right, threshold, threads=2))
    assert max(map(len, blocks)) <= TILE
    assert same(Pairs.together(blocks), wanted)
    one_thread = list(join_blocks(left, right, threshold, threads=1))
    assert all(map(same, blocks, one_thread))
    assert len(blocks) == len(one_thread)


@pytest.mark.parametrize("words", [16, 128, 300])
def test_wide_rows_with_many_bits_set_are_counted_in_full(alike: Alike, words: int) -> None:
    left, right = alike(90, words, seed=8, fill=0.7), alike(80, words, seed=8, fill=0.7)
    for measure, threshold in (
        ("dice", 0.72),
        ("jaccard", 0.6),
        ("cosine", 0.3),
        ("hamming", 0.6),
        ("minhash", 0.2),
    ):
        wanted = threshold_join(left, right, threshold, measure=measure, backend="reference")
        assert same(threshold_join(left, right, threshold, measure=measure), wanted)


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_empty_rows_match_nothing_and_full_rows_match_full_ones(
    backends: Backends, backend: str, measure: str
) -> None:
    rows = np.array([[0, 0], [2**64 - 1] * 2, [0, 0], [2**64 - 1] * 2], np.uint64)
    for threshold in (0, 1):
        pairs = threshold_join(rows, rows, threshold, measure=measure, backend=backends[backend])
        assert pairs.left.tolist() == [1, 1, 3, 3]
        assert pairs.right.tolist() == [1, 3, 1, 3]
        assert pairs.score.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("backend", HERE)
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 3), (3, 0)])
def test_no_rows_give_no_pairs(backends: Backends, backend: str, left: int, right: int) -> None:
    rows, chosen = np.full((3, 2), 7, np.uint64), backends[backend]
    assert len(threshold_join(rows[:left], rows[:right], 0, backend=chosen)) == 0
    assert list(join_blocks(rows[:left], rows[:right], 0, backend=chosen)) == []
    assert len(self_join(rows[:left], 0.5, backend=chosen)) == (3 if left else 0)


@pytest.mark.parametrize("name", HERE)
def test_a_score_equal_to_the_threshold_is_kept(backends: Backends, name: str) -> None:
    backend = backends[name]
    left, right = np.array([[0b11111]], np.uint64), np.array([[0b11110_1111]], np.uint64)
    assert threshold_join(left, np.array([[0b101111]], np.uint64), 0.8, backend=backend).score.tolist() == [
        0.8
    ]
    assert len(threshold_join(left, right, Fraction(8, 13), backend=backend)) == 1
    assert len(threshold_join(left, right, Fraction(8, 13) + Fraction(1, 10**30), backend=backend)) == 0


def test_progress_ends_with_all_done(alike: Alike, backends: Backends) -> None:
    calls: list[tuple[int, int]] = []
    rows = alike(700, 2, seed=9)
    for backend in backends.values():
        calls.clear()
        threshold_join(rows, rows, 0.9, backend=backend, progress=lambda *call: calls.append(call))
        assert calls[-1][0] == calls[-1][1] > 0
        assert calls == sorted(calls)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threads": 0},
        {"threads": -2},
        {"threads": 1.5},
        {"threads": True},
        {"k_best": 0},
        {"k_best": "3"},
        {"max_pairs": 0},
        {"max_pairs": -1},
        {"measure": "tversky"},
        {"backend": "abacus"},
        {"strategy": "guess"},
        {"threshold": float("nan")},
        {"threshold": 1.2},
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    rows = np.ones((2, 1), np.uint64)
    arguments = {"threshold": 0.8} | wrong
    with pytest.raises(UsageError):
        threshold_join(rows, rows, **arguments)  # type: ignore[arg-type]


def test_blocks_are_refused_before_the_first_is_asked_for() -> None:
    with pytest.raises(UsageError):
        join_blocks(np.ones((2, 1), np.uint64), np.ones((2, 1), np.uint64), 2)
