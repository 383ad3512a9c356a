"""Tables: one after the other, rows are keyed, sorted, and compared where keys are equal."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pplink.join.backends.cpu import own_room
from pplink.join.backends.interface import Bar, Found, Problem
from pplink.join.backends.slices import Side
from pplink.join.backends.sweep import Matches
from pplink.join.lsh.bands import Span
from pplink.join.lsh.buckets import TILE, Half, Runs, compare
from pplink.join.lsh.first import Table
from pplink.join.lsh.keys import Keyed, by_key, keyed, runs
from pplink.join.lsh.samples import columns, masks
from pplink.join.measures import Ints
from pplink.join.rows import BitRows

HEAVY = 2**26
"""Comparisons of a bucket at most. Whatever the skew, a table then costs at most sqrt(HEAVY) = 2**13
comparisons a row: a bucket of a and c rows has a c <= sqrt(HEAVY) (a + c) / 2."""
WIDTH = 32
"""Bits of a sorting key at most; the fewer, the more rows have equal ones by chance."""
EFFORT = 2**23
"""Comparisons between two looks at whether to stop."""
ROOM = 2**20
"""Matches given before a pause."""


class Cut(NamedTuple):
    """What a table leaves out."""

    rows: Ints
    """(n, 2): as in `first.Table`, those of this table."""
    buckets: int
    comparisons: int


class Made(NamedTuple):
    """A table with its rows sorted."""

    left: Half
    right: Half
    runs: Runs
    cut: Cut


class Compared(NamedTuple):
    """What was found so far, and where to go on."""

    found: Found
    cursor: Ints | None
    comparisons: int


@dataclass(frozen=True, eq=False)
class Tables:
    """All tables of a band."""

    problem: Problem
    bar: Bar
    left: Side
    right: Side
    """Rows of at least HEAD words."""
    span: Span
    chosen: Ints
    """(tables, K): the columns each table samples."""
    masks: BitRows
    stop: threading.Event
    """Set when nobody listens any more."""

    @classmethod
    def of(
        cls,
        problem: Problem,
        bar: Bar,
        left: Side,
        right: Side,
        span: Span,
        many: int,
        seed: int,
        stop: threading.Event,
    ) -> Tables:
        """Draw what so many tables sample."""
        chosen = columns(problem.bits, span.sampled, many, seed)
        return cls(problem, bar, left, right, span, chosen, masks(chosen, left.rows.shape[1]), stop)

    def make(self, number: int, floor: int) -> Made:
        """Sort both sides by key. Buckets that are too heavy are cut. floor: the band's for this table."""
        span = self.span
        first, last = positions(self.left.counts, span.lowest, span.highest)
        begin, end = positions(self.right.counts, floor, span.ceiling)
        if self.problem.itself:
            begin = max(begin, first)
        width = min(WIDTH, max(last - first, end - begin, 1).bit_length() + 2)
        left = self._sorted(self.left, number, first, last, width)
        right = self._sorted(self.right, number, begin, end, width)
        both = runs(left, right)
        work = (both[:, 1] - both[:, 0]).astype(np.int64) * (both[:, 3] - both[:, 2])
        sides = Half(self.left.rows, left.astype(np.uint32)), Half(self.right.rows, right.astype(np.uint32))
        heavy = work > HEAVY
        if not heavy.any():
            return Made(*sides, both, Cut(np.empty((0, 2), np.int64), 0, 0))
        cuts = self._cuts(number, sides[0], both[heavy])
        return Made(*sides, both[~heavy], Cut(cuts, int(heavy.sum()), int(work[heavy].sum())))

    def _sorted(self, side: Side, number: int, first: int, last: int, width: int) -> Keyed:
        """Rows [first, last) by key. Raises CancelledError if nobody listens any more."""
        rows = keyed(side.slices, self.chosen[number], first, last, width)
        if self.stop.is_set():
            raise CancelledError
        return by_key(rows, width)

    def _cuts(self, number: int, left: Half, heavy: Runs) -> Ints:
        """(n, 2): this table, and one left row for all that agree with it and whose bucket is cut."""
        some = []
        for first, last, _, _ in heavy.tolist():
            probes = left.order[first:last].astype(np.int64)
            seen = self.left.rows[probes] & self.masks[number]
            other = np.flatnonzero((seen != seen[0]).any(axis=1))  # their keys are equal by chance
            firsts = np.unique(seen[other], axis=0, return_index=True)[1] if len(other) else other
            some += [probes[:1], probes[other[firsts]]]
        lefts = np.concatenate(some)
        return np.stack([np.full_like(lefts, number), lefts], axis=1)

    def compare(self, number: int, made: Made, cuts: Ints, cursor: Ints | None) -> Compared:
        """Compare rows with equal keys from the cursor on, until all are or ROOM is full."""
        at = np.zeros(4, np.int64) if cursor is None else cursor.copy()
        before = int(at[3])
        out = own_room(ROOM)
        measure = self.problem.measure
        table = Table(number, self.masks, cuts, self.bar.reach, measure.product, self.problem.itself)
        size = 0
        while at[0] < len(made.runs) and ROOM - size >= TILE and not self.stop.is_set():
            rest = Matches(*(column[size:] for column in out))
            size += compare(made.left, made.right, table, made.runs, at, EFFORT, rest)
        left, right = self.left.origin[out.probe[:size]], self.right.origin[out.partner[:size]]
        if self.problem.itself:
            left, right = np.minimum(left, right), np.maximum(left, right)
        done = at[0] >= len(made.runs)
        return Compared(
            Found(left, right, out.common[:size].copy()), None if done else at, int(at[3]) - before
        )


def positions(counts: Ints, lowest: int, highest: int) -> tuple[int, int]:
    """Positions [first, last) of the rows with from `lowest` to `highest` bits set. counts: (n,), rising."""
    return int(np.searchsorted(counts, lowest)), int(np.searchsorted(counts, highest, "right"))
