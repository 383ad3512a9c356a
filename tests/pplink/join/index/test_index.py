from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pplink
from pplink.errors import DataError, RefusedError, UsageError
from pplink.join.api import threshold_join
from pplink.join.backends.slices import TILE
from pplink.join.index import search
from pplink.join.index.index import Index
from pplink.join.measures import MEASURES
from pplink.join.pairs import Pairs
from tests.pplink.join.comparing import same

Alike = Callable[..., np.ndarray]

words = st.one_of(st.sampled_from([0, 1, 3, 2**64 - 1, 0xFF, 0xFE, 0xF0F0]), st.integers(0, 2**64 - 1))
measures = st.sampled_from(sorted(MEASURES))
thresholds = st.one_of(
    st.sampled_from([0, 0.5, 0.8, 1, Fraction(2, 3), Fraction(14, 15)]),
    st.floats(0, 1),
    st.fractions(0, 1, max_denominator=64),
)


class Plain:
    """What an index promises, in the plainest words: rows by id, joined by the reference."""

    def __init__(self, words: int) -> None:
        self.rows = np.empty((0, words), np.uint64)
        self.alive = np.empty(0, bool)

    def add(self, rows: np.ndarray) -> None:
        self.rows = np.concatenate([self.rows, rows])
        self.alive = np.concatenate([self.alive, np.ones(len(rows), bool)])

    def query(self, rows: np.ndarray, threshold: object, measure: str, k_best: int | None = None) -> Pairs:
        ids = np.flatnonzero(self.alive)
        pairs = threshold_join(
            rows, self.rows[ids], threshold, measure=measure, k_best=k_best, backend="reference"
        )
        return Pairs(left=pairs.left, right=ids[pairs.right], score=pairs.score)


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_an_index_gives_the_bytes_of_the_reference_whatever_was_done_to_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    width = data.draw(st.integers(1, 3))
    row = st.lists(words, min_size=width, max_size=width)
    pool = data.draw(st.lists(row, min_size=1, max_size=6))
    some = st.lists(st.one_of(st.sampled_from(pool), row), max_size=12).map(
        lambda rows: np.array(rows, np.uint64).reshape(-1, width)
    )
    path = tmp_path_factory.getbasetemp() / "interleaved.index"
    path.unlink(missing_ok=True)
    plain, rows = Plain(width), data.draw(some)
    index = Index.build(rows, threads=1)
    plain.add(rows)
    acts = data.draw(st.lists(st.sampled_from(["add", "remove", "reload", "query"]), max_size=6))
    for act in [*acts, "query"]:
        if act == "add":
            rows = data.draw(some)
            assert index.add(rows).tolist() == list(range(len(plain.rows), len(plain.rows) + len(rows)))
            plain.add(rows)
        elif act == "remove":
            live = np.flatnonzero(plain.alive).tolist()
            gone = data.draw(st.lists(st.sampled_from(live), unique=True)) if live else []
            index.remove(gone)
            plain.alive[gone] = False
        elif act == "reload":
            index = Index.load(path, digest=index.save(path), mapped=data.draw(st.booleans()))
        else:
            asked, measure, threshold = data.draw(some), data.draw(measures), data.draw(thresholds)
            k_best = data.draw(st.one_of(st.none(), st.integers(1, 3)))
            found = index.query(asked, threshold, measure=measure, k_best=k_best, threads=1)
            assert same(found, plain.query(asked, threshold, measure, k_best))
        assert (len(index), index.ids.tolist()) == (plain.alive.sum(), np.flatnonzero(plain.alive).tolist())


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("threshold", [0.3, 0.7, 0.8, 0.95])
def test_many_tiles_and_segments_give_the_bytes_of_the_reference(
    alike: Alike, tmp_path: Path, measure: str, threshold: float
) -> None:
    rows, asked = alike(4 * TILE + 77, 4, seed=5), alike(150, 4, seed=5)
    plain, index = Plain(4), Index.build(rows[: 3 * TILE])
    for some in (rows[: 3 * TILE], rows[3 * TILE : 4 * TILE], rows[4 * TILE :]):
        plain.add(some)
    index.add(rows[3 * TILE : 4 * TILE])
    index.add(rows[4 * TILE :])
    gone = np.arange(0, len(rows), 3)
    index.remove(gone)
    plain.alive[gone] = False
    index.save(tmp_path / "some.index")
    wanted = plain.query(asked, threshold, measure)
    assert len(wanted)
    for each in (index, Index.load(tmp_path / "some.index")):
        for threads in (1, 3):
            assert same(each.query(asked, threshold, measure=measure, threads=threads), wanted)


@pytest.mark.parametrize("threshold", [0, 0.3, 0.8])
def test_tasks_that_pause_and_go_on_lose_nothing(
    alike: Alike, monkeypatch: pytest.MonkeyPatch, threshold: float
) -> None:
    monkeypatch.setattr(search, "TILES", 1)
    monkeypatch.setattr(search, "ROOM", TILE)
    rows, asked = alike(2 * TILE + 1, 2, seed=7), alike(130, 2, seed=6)
    wanted = threshold_join(asked, rows, threshold, backend="reference")
    assert len(wanted)
    assert same(Index.build(rows).query(asked, threshold, threads=2), wanted)


@pytest.mark.parametrize("words", [16, 128, 300])
def test_wide_rows_with_many_bits_set_are_counted_in_full(alike: Alike, words: int) -> None:
    rows, asked = alike(90, words, seed=8, fill=0.7), alike(80, words, seed=8, fill=0.7)
    index = Index.build(rows)
    for measure, threshold in (
        ("dice", 0.72),
        ("jaccard", 0.6),
        ("cosine", 0.3),
        ("hamming", 0.6),
        ("minhash", 0.2),
    ):
        wanted = threshold_join(asked, rows, threshold, measure=measure, backend="reference")
        assert same(index.query(asked, threshold, measure=measure), wanted)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_empty_rows_have_ids_and_match_nothing(measure: str) -> None:
    index = Index.build(np.array([[0, 0], [2**64 - 1] * 2], np.uint64))
    assert index.add(np.zeros((2, 2), np.uint64)).tolist() == [2, 3]
    index.remove([3])
    for threshold in (0, 1):
        found = index.query(np.array([[0, 0], [2**64 - 1] * 2], np.uint64), threshold, measure=measure)
        assert (found.left.tolist(), found.right.tolist(), found.score.tolist()) == ([1], [1], [1])
    assert index.ids.tolist() == [0, 1, 2]


def test_an_index_without_rows_is_one(tmp_path: Path) -> None:
    index, asked = Index.build(np.empty((0, 2), np.uint64)), np.ones((3, 2), np.uint64)
    index.save(tmp_path / "none.index")
    index = Index.load(tmp_path / "none.index")
    assert (len(index), index.bits, len(index.query(asked, 0))) == (0, 128, 0)
    index.remove([])
    assert index.add(asked[:0]).tolist() == []
    assert index.add(asked).tolist() == [0, 1, 2]
    assert len(index.query(asked[:0], 0)) == 0
    index.remove([0, 1, 2])
    assert len(index.query(asked, 0)) == 0
    assert index.add(asked).tolist() == [3, 4, 5]
    assert len(index.query(asked, 0)) == 9


def test_rows_of_another_byte_order_or_layout_are_the_same_rows(alike: Alike) -> None:
    rows = alike(60, 2, seed=3)
    wanted = Index.build(rows).query(rows, 0.7)
    strange = np.asfortranarray(rows).astype(">u8")
    assert same(Index.build(strange).query(strange, 0.7), wanted)


def test_the_index_keeps_nothing_of_the_callers_array(alike: Alike) -> None:
    rows = alike(60, 2, seed=4)
    index, before = Index.build(rows), rows.copy()
    rows[:] = 0
    assert len(index.query(before, 1)) >= 50


def test_an_index_is_a_public_name_and_says_nothing_of_its_rows(alike: Alike) -> None:
    assert pplink.Index is Index
    assert repr(Index.build(alike(5, 2, seed=1))) == "Index(5 rows of 128 bits)"


def test_progress_ends_with_all_done(alike: Alike) -> None:
    calls: list[tuple[int, int]] = []
    rows = alike(700, 2, seed=9)
    Index.build(rows).query(rows, 0.9, progress=lambda *call: calls.append(call))
    assert calls[-1][0] == calls[-1][1] > 0
    assert calls == sorted(calls)


def test_too_many_pairs_are_refused_with_a_threshold_that_fits(alike: Alike) -> None:
    rows = alike(300, 2, seed=2)
    index = Index.build(rows)
    with pytest.raises(RefusedError) as refused:
        index.query(rows, 0, max_pairs=2_000)
    assert refused.value.hint is not None
    fits = float(refused.value.hint.split()[1])
    assert 0 < len(index.query(rows, fits, max_pairs=2_000)) <= 2_000


def test_a_query_sees_all_of_a_change_or_nothing(alike: Alike) -> None:
    row = alike(1, 4, seed=1) | np.uint64(1)
    index, stop, seen = Index.build(np.repeat(row, 2, axis=0)), threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            seen.append(len(index.query(row, 1, threads=1)))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    for _ in range(40):
        index.add(np.repeat(row, 2, axis=0), threads=1)
        index.remove(index.add(np.repeat(row, 4, axis=0), threads=1)[::2], threads=1)
    stop.set()
    for thread in asking:
        thread.join()
    assert len(seen) > 2
    assert all(many % 2 == 0 for many in seen)
    assert len(index) == 2 + 40 * 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"threads": 0},
        {"threads": True},
        {"k_best": 0},
        {"k_best": "3"},
        {"max_pairs": -1},
        {"measure": "tversky"},
        {"threshold": float("nan")},
        {"threshold": 1.2},
        {"threshold": "0.8"},
    ],
    ids=str,
)
def test_an_argument_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    rows = np.ones((2, 1), np.uint64)
    with pytest.raises(UsageError):
        Index.build(rows).query(rows, **({"threshold": 0.8} | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 2]],
        np.ones(2, np.uint64),
        np.ones((2, 2), np.int64),
        np.ones((2, 0), np.uint64),
        np.ones((2, 3), np.uint64),
        None,
    ],
    ids=repr,
)
def test_rows_that_are_none_are_refused_and_change_nothing(rows: object) -> None:
    index = Index.build(np.ones((2, 2), np.uint64))
    with pytest.raises(DataError):
        index.add(rows)  # type: ignore[arg-type]
    with pytest.raises(DataError):
        index.query(rows, 0.8)  # type: ignore[arg-type]
    assert len(index) == 2


def test_rows_of_another_width_are_told_both_widths() -> None:
    with pytest.raises(DataError, match="given rows have 192 bits, those of the index 128"):
        Index.build(np.ones((2, 2), np.uint64)).query(np.ones((2, 3), np.uint64), 0.8)


@pytest.mark.parametrize(
    "ids",
    [[3], [-1], [0, 0], [1], [0.0], [True], [[0]], "0", [2**63], [2**70], None, [None]],
    ids=repr,
)
def test_ids_that_are_not_there_are_refused_and_none_is_removed(ids: object) -> None:
    index = Index.build(np.ones((3, 2), np.uint64))
    index.remove([1])
    with pytest.raises(UsageError):
        index.remove(ids)  # type: ignore[arg-type]
    assert index.ids.tolist() == [0, 2]
