"""Interface: what a join is given, and what every backend gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from pplink.join.measures import Ints, Measure
from pplink.join.pairs import Scores
from pplink.join.rows import BitRows, Counts

Progress = Callable[[int, int], None]
"""Called with comparisons done and comparisons in all; the last call has both equal."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """Rows to compare, checked, and what counts as a match."""

    left: BitRows
    right: BitRows
    """(n, words) each, of the same width; the very array `left` when a dataset is joined with itself."""
    left_counts: Counts
    right_counts: Counts
    """Bits set in each row. A row with none matches nothing: a missing name must not link two strangers."""
    itself: bool
    """Compare left with itself, every two rows once; pairs have left < right."""
    measure: Measure
    threshold: Fraction

    @property
    def bits(self) -> int:
        """Width of a row."""
        return 64 * int(self.left.shape[1])

    @cached_property
    def reach(self) -> Ints:
        """As `Measure.reach` gives it, for the threshold that was asked for."""
        return self.measure.reach(self.bits, self.threshold)

    def scores(self, found: Found) -> Scores:
        """The score of each found pair. The one place where a score is computed."""
        a, b = self.left_counts[found.left], self.right_counts[found.right]
        return self.measure.scores(found.common, a, b, self.bits)


class Found(NamedTuple):
    """Matching rows, and how many bits they have in common; in any order, each pair once in a join."""

    left: Ints
    right: Ints
    common: Ints


def together(some: Sequence[Found]) -> Found:
    """All in one, in their order."""
    none = np.empty(0, np.int64)
    return Found(*(np.concatenate(column) for column in zip((none, none, none), *some, strict=True)))


class Part(NamedTuple):
    """A stretch of what a backend gives."""

    found: Found
    """Maybe nothing."""
    steps: int
    """How many steps are whole once it is taken. The same problem is done in the same steps by a backend,
    with any number of threads."""


class Place(NamedTuple):
    """How far a join is; places are compared as tuples are."""

    band: int
    """Bands that are whole: see `lsh.bands`. A join of all rows in full is one band."""
    steps: int
    """Steps of the next band that are whole."""


class Bar:
    """The threshold that still matters: it may rise while a join runs, and never falls."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.threshold = problem.threshold
        self.reach = problem.reach

    def raise_to(self, threshold: Fraction) -> None:
        """Pairs below it are no longer wanted; a backend may still give some."""
        self.threshold = threshold
        self.reach = self._problem.measure.reach(self._problem.bits, threshold)


class Backend(Protocol):
    """All pairs at or above the bar, in blocks that are bounded whatever the threshold."""

    def __call__(
        self, problem: Problem, bar: Bar, *, threads: int, begin: int, progress: Progress | None
    ) -> Iterator[Part]:
        """begin: steps that were done before, and are not done again."""
        ...
