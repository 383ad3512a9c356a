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
    """Blocks of a unit are numbered: those of bins, band by band; then its stash; then all of its rows. The last bin of
    years counts as stash: it meets all."""

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
        """The number of the first block of rows that meet all of the other's: of no single year, or without room."""
        blocks = self.in_bins(unit)
        return int(blocks[:-1].sum() if self.shape.years else blocks.sum())

    def stashed(self, unit: int) -> int:
        """How many such blocks there are."""
        return self.shape.stash + (int(self.in_bins(unit)[-1]) if self.shape.years else 0)

    def blocks(self, unit: int) -> int:
        """All blocks of a unit."""
        return self.stash(unit) + self.stashed(unit) + self.whole(unit)

    @cached_property
    def pairs(self) -> int:
        """Pairs of blocks of the session; what the broker is told."""
        met = sum(int((self._met(step)[0] * self._met(step)[1]).sum()) for step in self._steps)
        return met + self.stashed(0) * self.whole(1) + self.whole(0) * self.stashed(1)

    def paired(self, unit: int) -> Ints:
        """(pairs,): which block of the unit is in each pair. Of bins that meet, every block of one unit meets every one
        of the other; then the first unit's stash meets all of the second's rows, and all of the first's the second's
        stash."""
        starts = np.cumsum(self.in_bins(unit)) - self.in_bins(unit)
        found = [self._product(self._met(step), unit, starts, step) for step in self._steps]
        start = self.stash(unit) + self.stashed(unit)
        ends = (self._all(self.stashed(0), self.whole(1)), self._all(self.whole(0), self.stashed(1)))
        begins = (self.stash(unit), start) if unit == 0 else (start, self.stash(unit))
        return np.concatenate([*found, *(each[unit] + at for each, at in zip(ends, begins, strict=True))])

    @property
    def _steps(self) -> tuple[int, ...]:
        """How far from a bin of the first unit's are the bins of the second's that it meets."""
        return (-1, 0, 1) if self.shape.years else (0,)

    def _met(self, step: int) -> tuple[Ints, Ints]:
        """Of each bin of the first unit's that meets one of the second's so far from it: how many blocks either has."""
        first, second = self.in_bins(0), self.in_bins(1)
        if not self.shape.years:
            return first, second
        size = len(first) - 1
        begin, end = max(0, -step), size - max(0, step)
        return first[begin:end], second[begin + step : end + step]

    def _product(self, sizes: tuple[Ints, Ints], unit: int, starts: Ints, step: int) -> Ints:
        at = max(0, -step) + (step if unit else 0)
        starts = starts[at : at + len(sizes[0])]
        many = sizes[0] * sizes[1]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        lines = np.repeat(sizes[1], many)
        blocks: Ints = np.repeat(starts, many) + (within // lines if unit == 0 else within % lines)
        return blocks

    @staticmethod
    def _all(left: int, right: int) -> tuple[Ints, Ints]:
        """Every block of so many with every block of so many."""
        return np.repeat(np.arange(left), right), np.tile(np.arange(right), left)
