"""Layout: which blocks of two units are paired, as it follows from what both told of their bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pplink.session.blocking.counts import Counts
from pplink.session.blocking.shape import Shape

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Blocks of a unit are numbered: those of bins, band by band; then its stash; then all of its rows."""

    shape: Shape
    counts: tuple[Counts, Counts]
    """As told, of the first unit and of the second."""
    sizes: tuple[int, int]
    """Rows of each."""

    def in_bins(self, unit: int) -> Ints:
        """(counts,): how many blocks each bin of all bands has."""
        blocks: Ints = -(-self.counts[unit].reshape(-1) // self.shape.side)
        return blocks

    def whole(self, unit: int) -> int:
        """How many blocks all rows are."""
        return -(-self.sizes[unit] // self.shape.side)

    def stash(self, unit: int) -> int:
        """The number of the first block of rows that found no room."""
        return int(self.in_bins(unit).sum())

    def blocks(self, unit: int) -> int:
        """All blocks of a unit."""
        return self.stash(unit) + self.shape.stash + self.whole(unit)

    @cached_property
    def pairs(self) -> int:
        """Pairs of blocks of the session; what the broker is told."""
        return int(self.in_bins(0) @ self.in_bins(1)) + self.shape.stash_pairs(self.sizes)

    def paired(self, unit: int) -> Ints:
        """(pairs,): which block of the unit is in each pair. In each bin, every block of one unit meets every one of
        the other; then the first unit's stash meets all of the second's rows, and all of the first's the second's
        stash."""
        sizes = self.in_bins(0), self.in_bins(1)
        first = self._product(sizes, unit, np.cumsum(sizes[unit]) - sizes[unit])
        stash, start = self.stash(unit), self.stash(unit) + self.shape.stash
        ends = (self._all(self.shape.stash, self.whole(1)), self._all(self.whole(0), self.shape.stash))
        begins = (stash, start) if unit == 0 else (start, stash)
        return np.concatenate([first, *(each[unit] + at for each, at in zip(ends, begins, strict=True))])

    def _product(self, sizes: tuple[Ints, Ints], unit: int, starts: Ints) -> Ints:
        many = sizes[0] * sizes[1]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        lines = np.repeat(sizes[1], many)
        blocks: Ints = np.repeat(starts, many) + (within // lines if unit == 0 else within % lines)
        return blocks

    @staticmethod
    def _all(left: int, right: int) -> tuple[Ints, Ints]:
        """Every block of so many with every block of so many."""
        return np.repeat(np.arange(left), right), np.tile(np.arange(right), left)
