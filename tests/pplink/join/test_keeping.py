"""A join that was broken off anywhere goes on from what it put by, to the bytes of one that was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.canonical import exactly, to_bytes
from pplink.errors import RefusedError, UsageError
from pplink.join import keeping, planner
from pplink.join.api import self_join, threshold_join
from pplink.join.backends import cpu, outline
from pplink.join.backends.slices import TILE
from pplink.join.keeping import Piece
from pplink.join.lsh import tables
from pplink.join.pairs import Pairs
from pplink.join.report import Report
from tests.pplink.join.comparing import same

Alike = Callable[..., np.ndarray]
Join = Callable[..., Pairs]


class Crash(Exception):
    """The machine stops."""


class Shelf:
    """A keeper in memory. It crashes after so many pieces, and puts by whenever that is due every `every` steps."""

    def __init__(self, every: int = 1) -> None:
        self.pieces: list[tuple[str, Piece]] = []
        self.left, self.every, self.asked = -1, every, 0

    def kept(self, shape: str) -> Iterator[Piece]:
        for kept, piece in list(self.pieces):
            assert kept == shape
            yield piece

    def due(self) -> bool:
        self.asked += 1
        return self.asked % self.every == 0

    def keep(self, shape: str, piece: Piece) -> None:
        if self.left == 0:
            raise Crash
        self.left -= 1
        self.pieces.append((shape, piece._replace(tally=exactly(to_bytes(piece.tally)))))


@pytest.fixture(autouse=True)
def cramped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many steps, and several parts to a step."""
    monkeypatch.setattr(outline, "PAIRS", 1)
    monkeypatch.setattr(outline, "TILES", 1)
    monkeypatch.setattr(cpu, "ROOM", TILE)
    monkeypatch.setattr(tables, "EFFORT", 50)
    monkeypatch.setattr(tables, "ROOM", 128)
    monkeypatch.setattr(planner, "AFFORDABLE", 0)
    monkeypatch.setattr(planner, "COMPARE", 1e-10)


def exact(alike: Alike, **options: Any) -> Pairs:
    rows = alike(1500, 2, seed=3)
    return threshold_join(rows, rows[:700], 0.6, strategy="exact", **options)


def by_tables(alike: Alike, **options: Any) -> Pairs:
    rows = alike(300, 2, seed=3)
    return threshold_join(rows, rows[:200], 0.9, strategy="lsh", recall=0.9, **options)


def among_themselves(alike: Alike, **options: Any) -> Pairs:
    return self_join(alike(300, 2, seed=3), 0.9, strategy="lsh", recall=0.9, **options)


def in_bands(alike: Alike, **options: Any) -> Pairs:
    """Short rows are compared in full, and long ones by tables."""
    some = np.concatenate([alike(300, 8, seed=1, fill=fill) for fill in (0.1, 0.6)])
    return self_join(some, 0.8, recall=0.9, **options)


JOINS = [exact, by_tables, among_themselves, in_bands]


@pytest.mark.parametrize("join", JOINS)
@settings(deadline=None, max_examples=10)
@given(st.data())
def test_broken_off_again_and_again_it_ends_with_the_same_bytes(
    alike: Alike, join: Join, data: st.DataObject
) -> None:
    reports: list[Report] = []
    wanted = join(alike, report=reports.append)
    shelf = Shelf(data.draw(st.sampled_from([1, 2, 7])))
    for _ in range(4):
        shelf.left = data.draw(st.integers(0, 12))
        try:
            join(alike, keeper=shelf, threads=data.draw(st.integers(1, 3)), report=lambda _: None)
        except Crash:
            continue
    shelf.left = -1
    found = join(alike, keeper=shelf, report=reports.append)
    assert len(wanted) > 0
    assert same(found, wanted)
    first, last = (dict(report.__dict__, seconds=0, plan=None) for report in reports)
    assert first == last


@pytest.mark.parametrize("join", JOINS)
def test_what_was_done_is_not_done_again(alike: Alike, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    wanted = join(alike, keeper=shelf)
    assert len(shelf.pieces) > 3
    assert [piece.last for _, piece in shelf.pieces] == [False] * (len(shelf.pieces) - 1) + [True]
    places = [piece.until for _, piece in shelf.pieces]
    assert places == sorted(places)
    for module, name in ((cpu, "work"), (tables, "compare")):
        monkeypatch.setattr(module, name, None)
    told: list[tuple[int, int]] = []
    assert same(join(alike, keeper=shelf, progress=lambda *call: told.append(call)), wanted)
    assert [done == of for done, of in told] == [True]


def test_bands_of_both_kinds_are_tried_here(alike: Alike) -> None:
    reports: list[Report] = []
    in_bands(alike, report=reports.append)
    assert {bool(band.sampled) for band in reports[0].plan.bands} == {True, False}


def test_cuts_of_earlier_tables_are_remembered(alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "HEAVY", 30)
    rows = np.repeat(alike(60, 2, seed=3), 9, axis=0)

    def join(keeper: Shelf | None) -> Pairs:
        return threshold_join(
            rows, rows, 0.9, strategy="lsh", recall=0.9, keeper=keeper, report=reports.append
        )

    reports: list[Report] = []
    wanted = join(None)
    assert reports[0].cut_buckets > 0
    whole = Shelf()
    join(whole)
    for many in range(1, len(whole.pieces), 3):
        shelf = Shelf()
        shelf.pieces = whole.pieces[:many]
        assert same(join(shelf), wanted)
        assert reports[-1].cut_buckets == reports[0].cut_buckets
        assert reports[-1].comparisons == reports[0].comparisons


def test_pieces_stay_small_however_much_is_found(alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 500)
    rows, shelf = alike(600, 1, seed=3), Shelf(every=10**9)
    pairs = threshold_join(rows, rows, 0.1, keeper=shelf)
    assert len(shelf.pieces) > len(pairs) // (500 + 128 * TILE)
    assert max(len(piece.found.common) for _, piece in shelf.pieces) < 500 + 128 * TILE


def test_a_refusal_is_the_same_after_a_crash(alike: Alike) -> None:
    rows, shelf = alike(600, 1, seed=3), Shelf()
    with pytest.raises(RefusedError) as calm:
        threshold_join(rows, rows, 0.1, max_pairs=500)
    shelf.left = 5
    with pytest.raises(Crash):
        threshold_join(rows, rows, 0.1, max_pairs=500, keeper=shelf)
    shelf.left = -1
    with pytest.raises(RefusedError) as resumed:
        threshold_join(rows, rows, 0.1, max_pairs=500, keeper=shelf)
    assert resumed.value.hint == calm.value.hint


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0.7},
        {"measure": "jaccard"},
        {"strategy": "lsh", "recall": 0.8},
        {"strategy": "lsh", "seed": 3},
        {"right": 1},
    ],
    ids=str,
)
def test_another_join_has_another_shape(alike: Alike, change: dict[str, object]) -> None:
    rows = alike(300, 2, seed=3)
    shelves = Shelf(), Shelf()
    given = {"threshold": 0.9, "strategy": "lsh", "recall": 0.9} | change
    other = rows ^ np.uint64(given.pop("right", 0))
    threshold_join(rows, rows, 0.9, strategy="lsh", recall=0.9, keeper=shelves[0])
    threshold_join(rows, other, keeper=shelves[1], **given)  # type: ignore[arg-type]
    assert shelves[0].pieces[0][0] != shelves[1].pieces[0][0]


def test_the_shape_is_the_same_with_any_number_of_threads_and_any_layout(alike: Alike) -> None:
    rows = alike(300, 2, seed=3)
    names = set()
    for some, threads in ((rows, 1), (rows.astype(">u8"), 3), (np.asfortranarray(rows), 2)):
        shelf = Shelf()
        threshold_join(some, rows, 0.9, keeper=shelf, threads=threads)
        names.add(shelf.pieces[0][0])
    assert len(names) == 1


def test_the_reference_keeps_nothing(alike: Alike) -> None:
    rows = alike(3, 1, seed=1)
    with pytest.raises(UsageError, match="keeps nothing"):
        threshold_join(rows, rows, 0.9, backend="reference", keeper=Shelf())


def test_a_join_of_nothing_is_kept_too() -> None:
    rows = np.zeros((3, 1), np.uint64)
    shelf = Shelf()
    assert len(threshold_join(rows, rows, 0.9, keeper=shelf)) == 0
    assert [piece.last for _, piece in shelf.pieces] == [True]
    assert len(threshold_join(rows, rows, 0.9, keeper=shelf)) == 0
    assert len(threshold_join(rows, rows, 0.9, strategy="lsh", keeper=Shelf())) == 0
