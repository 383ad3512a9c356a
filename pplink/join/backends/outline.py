"""Outline: which rows probe which, and in what pieces; told from how many bits rows have set, before any is moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Problem
from pplink.join.backends.slices import TILE
from pplink.join.backends.sweep import CHUNK, Area, high_planes
from pplink.join.bounds import Windows, later_windows, windows
from pplink.join.measures import Ints

PAIRS = 2**24
"""Pairs of rows an area covers at most, about 10 ms of work; it bounds how long Ctrl-C waits."""
TILES = 512
"""Tiles an area covers at most."""


class Outline(NamedTuple):
    """One pass of a join: probes, which have fewer bits set, against tiles. Both are sorted by bits set."""

    probes: int
    """Rows that probe."""
    windows: Windows
    high: tuple[int, ...]
    """Planes of the counters: see `sweep`."""
    swapped: bool
    """Probes are right rows."""

    def areas(self) -> Iterator[Area]:
        """What to do, in pieces that depend on the data alone, never on the number of threads."""
        most = -(-int(self.windows.stop[-1]) // TILE) if self.probes else 0
        step = max(1, PAIRS // (max(1, min(TILES, most)) * TILE * CHUNK)) * CHUNK
        for first in range(0, self.probes, step):
            last = min(self.probes, first + step)
            begin = int(self.windows.start[first]) // TILE
            end = -(-int(self.windows.stop[last - 1]) // TILE)
            for tile in range(begin, end, TILES):
                yield Area(first, last, tile, min(end, tile + TILES))


def outlines(problem: Problem) -> list[Outline]:
    """Each pair of rows is met once: the row with fewer bits set is the probe, as it has fewer to miss.

    So left rows are probes in one pass and right rows in the other; equals belong to the first. The bar is
    the problem's own, so that the areas are the same whether it has risen since or not.
    """
    reach = problem.reach
    left = _sorted(problem.left_counts)
    if problem.itself:
        return [_outline(problem, reach, left, later_windows(left, problem.measure, reach), swapped=False)]
    right = _sorted(problem.right_counts)
    upward = windows(left, right, problem.measure, reach, equals=True)
    downward = windows(right, left, problem.measure, reach, equals=False)
    return [
        _outline(problem, reach, left, upward, swapped=False),
        _outline(problem, reach, right, downward, swapped=True),
    ]


def size(area: Area) -> int:
    """Comparisons in an area."""
    return (area.last - area.first) * (area.end - area.begin) * TILE


def _sorted(counts: Ints) -> Ints:
    """Bits set in the rows that have any, rising."""
    often = np.bincount(counts, minlength=1)
    often[0] = 0
    return np.repeat(np.arange(len(often)), often)


def _outline(problem: Problem, reach: Ints, probes: Ints, within: Windows, *, swapped: bool) -> Outline:
    """Counters are wide enough: a probe may miss most when its partner has no more bits set."""
    ones = np.flatnonzero(np.bincount(probes))
    room = ones - np.searchsorted(reach, problem.measure.key(ones, ones))
    return Outline(len(probes), within, high_planes(room), swapped)
