"""Segments: rows that were made ready together, and which of them to make ready anew.

The logarithmic method of Bentley and Saxe, "Decomposable searching problems I: static-to-dynamic
transformation" (J. Algorithms 1, 1980), as log-structured merge trees have it: each segment has at least
twice the rows of the next, so there are at most log2(rows) + 1 of them, and a row is made ready again only
when its segment grows by half, or has lost half of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.join.backends.slices import Side, prepare, rare_first
from pplink.join.measures import Ints
from pplink.join.rows import BitRows, counts

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Segment:
    """Rows made ready. Rows without a bit set are in its range and not in its side."""

    first: int
    stop: int
    """Its rows' ids are in [first, stop)."""
    side: Side
    """Its `origin` is the ids."""

    def __len__(self) -> int:
        return len(self.side.rows)


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """All of an index at one moment; a change makes another."""

    place: Ints
    """(bits,) int64: each column's place in the segments."""
    segments: tuple[Segment, ...]
    """By rising ids; their ranges touch."""
    alive: Flags
    """(ids,): for each id ever given, whether its row is there. Ids are given in order and never again."""

    @property
    def bits(self) -> int:
        """Width of a row."""
        return len(self.place)

    @classmethod
    def empty(cls, words: int) -> State:
        """Without a row."""
        return cls(place=np.arange(64 * words), segments=(), alive=np.empty(0, bool))

    def added(self, rows: BitRows, executor: Executor) -> State:
        """With more rows, (n, words); their ids follow the last ever given."""
        if not len(rows):
            return self
        first, stop = len(self.alive), len(self.alive) + len(rows)
        place = self.place if self.segments else rare_first(rows, rows[:0])
        segment = _segment(rows, np.arange(first, stop), place, (first, stop), executor)
        alive = np.concatenate([self.alive, np.ones(len(rows), bool)])
        return _settled(place, (*self.segments, segment), alive, executor)

    def removed(self, ids: Ints, executor: Executor) -> State:
        """Without the rows of these ids, (n,), which are there."""
        alive = self.alive.copy()
        alive[ids] = False
        return _settled(self.place, self.segments, alive, executor)

    def purged(self, executor: Executor) -> State:
        """The same without any trace of the rows that were removed."""
        stale = [not self.alive[each.side.origin].all() for each in self.segments]
        if not any(stale):
            return self
        return _regrouped(self.place, self.segments, stale, self.alive, executor)


class _Group(NamedTuple):
    """Segments [begin, end) that become one, with so many rows."""

    begin: int
    end: int
    rows: int


def _settled(place: Ints, segments: tuple[Segment, ...], alive: Flags, executor: Executor) -> State:
    """Segments joined until each has twice the rows of the next, and without those that are half dead."""
    live = [int(np.count_nonzero(alive[each.first : each.stop])) for each in segments]
    stale = [2 * left < len(each) for each, left in zip(segments, live, strict=True)]
    return _regrouped(place, segments, stale, alive, executor)


def _regrouped(
    place: Ints, segments: tuple[Segment, ...], stale: Sequence[bool], alive: Flags, executor: Executor
) -> State:
    """Segments joined until each has twice the rows of the next; the stale ones are made anew in any case."""
    sizes = [
        int(np.count_nonzero(alive[each.side.origin])) if old else len(each)
        for each, old in zip(segments, stale, strict=True)
    ]
    groups = _groups(sizes)
    if len(groups) == 1 and (len(segments) > 1 or stale[0]):
        segment, turn = _whole(segments, alive, executor)
        return State(place=turn[place], segments=(segment,), alive=alive)
    made = [
        _merged(segments[begin:end], alive, np.arange(len(place)), executor)
        if end - begin > 1 or stale[begin]
        else segments[begin]
        for begin, end, _ in groups
    ]
    return State(place=place, segments=tuple(made), alive=alive)


def _groups(sizes: Sequence[int]) -> list[_Group]:
    """Which neighbours to join, so that each has at least twice the rows of the next."""
    groups: list[_Group] = []
    for at, size in enumerate(sizes):
        group = _Group(at, at + 1, max(1, size))
        while groups and groups[-1].rows < 2 * group.rows:
            before = groups.pop()
            group = _Group(before.begin, group.end, before.rows + group.rows)
        groups.append(group)
    return groups


def _whole(segments: Sequence[Segment], alive: Flags, executor: Executor) -> tuple[Segment, Ints]:
    """All rows in one segment, and the places that its columns got."""
    largest = max(segments, key=len).side.rows
    turn = rare_first(largest, largest[:0])
    return _merged(segments, alive, turn, executor), turn


def _merged(segments: Sequence[Segment], alive: Flags, turn: Ints, executor: Executor) -> Segment:
    """The live rows of neighbours, their columns put into other places."""
    kept = [alive[each.side.origin] for each in segments]
    rows = np.concatenate([each.side.rows[which] for each, which in zip(segments, kept, strict=True)])
    ids = np.concatenate([each.side.origin[which] for each, which in zip(segments, kept, strict=True)])
    return _segment(rows, ids, turn, (segments[0].first, segments[-1].stop), executor)


def _segment(rows: BitRows, ids: Ints, place: Ints, span: tuple[int, int], executor: Executor) -> Segment:
    side = prepare(rows, counts(rows), place, executor)
    return Segment(first=span[0], stop=span[1], side=side._replace(origin=ids[side.origin]))
