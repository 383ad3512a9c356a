"""Full: every pair of a band, where tables would not be faster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pplink.join.backends.interface import Backend, Bar, Found, Part, Problem
from pplink.join.backends.outline import outlines
from pplink.join.lsh.bands import Band
from pplink.join.lsh.crew import Advance, Order
from pplink.join.lsh.tables import positions
from pplink.join.measures import Ints


@dataclass(frozen=True, eq=False)
class Full:
    """Compares some rows of a problem."""

    problem: Problem
    bar: Bar
    threads: int
    advance: Advance
    in_full: Backend

    def compare(self, left: Order, right: Order, band: Band, begin: int) -> Iterator[Part]:
        """Every pair of a band from step `begin` on. In a self-join, rows of the band meet each other and then
        those with more bits set, and the steps of both are counted on."""
        first, last = positions(left.counts, band.lowest, band.highest)
        low, high = positions(right.counts, int(band.floors[0]), band.ceiling)
        rows = left.origin[first:last]
        partners = [rows, right.origin[last:high]] if self.problem.itself else [right.origin[low:high]]
        problems = [self._selected(rows, some) for some in partners]
        steps = [sum(1 for line in outlines(some) for _ in line.areas()) for some in problems]
        before = 0
        for some, others, many in zip(problems, partners, steps, strict=True):
            if begin < before + many:
                for part in self._found(some, rows, others, max(0, begin - before)):
                    yield Part(part.found, before + part.steps)
                    self.advance((before + part.steps) / sum(steps))
            before += many

    def _selected(self, lefts: Ints, rights: Ints) -> Problem:
        """Some rows only."""
        return replace(
            self.problem,
            left=self.problem.left[lefts],
            right=self.problem.right[rights],
            left_counts=self.problem.left_counts[lefts],
            right_counts=self.problem.right_counts[rights],
            itself=rights is lefts,
        )

    def _found(self, some: Problem, lefts: Ints, rights: Ints, begin: int) -> Iterator[Part]:
        """Every pair of some rows, by their numbers in the whole."""
        for part in self.in_full(some, self.bar, threads=self.threads, begin=begin, progress=None):
            left, right = lefts[part.found.left], rights[part.found.right]
            if self.problem.itself:
                left, right = np.minimum(left, right), np.maximum(left, right)
            yield Part(Found(left, right, part.found.common), part.steps)
