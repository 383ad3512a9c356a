"""GPU: the join on a CUDA device, every pair of an area at once. Tested on Numba's simulator; not yet on a device."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from pplink.errors import UnavailableError
from pplink.join.backends.interface import Backend, Bar, Found, Part, Problem, Progress
from pplink.join.backends.outline import Outline, outlines, size
from pplink.join.backends.slices import TILE
from pplink.join.backends.sweep import Area
from pplink.join.measures import Ints
from pplink.join.rows import BitRows, Counts

ROOM = 2**20
"""Matches that a launch can give; an area with more is swept in parts. One probe never has as many: TILES * TILE."""


class _Side(NamedTuple):
    """Rows with a bit set, by bits set; on the device but for where they were."""

    rows: Any
    counts: Any
    origin: Ints


def available() -> bool:
    """Whether there is a device, or the simulator stands for one."""
    from numba import cuda

    return bool(cuda.is_available())


def device() -> Backend:
    """The backend, where there is a device. Raises UnavailableError."""
    if not available():
        raise UnavailableError(
            "there is no CUDA device here", "leave out the backend; or install pplink[gpu] and the driver"
        )
    return blocks


def blocks(
    problem: Problem, bar: Bar, *, threads: int, begin: int, progress: Progress | None
) -> Iterator[Part]:
    """Matches in the order of steps, which are the areas of `outline`; one device, one launch after the other.

    Raises UnavailableError if the device has too little memory: it holds both sides.
    """
    del threads
    lines = outlines(problem)
    total = sum(size(area) for line in lines for area in line.areas())
    areas = enumerate((line, area) for line, each in enumerate(lines) for area in each.areas())
    done = sum(size(area) for _, (_, area) in islice(areas, begin))
    sweeps = [
        _Sweep(problem, bar, line, sides) for line, sides in zip(lines, _both(problem, lines), strict=True)
    ]
    for number, (line, area) in areas:
        for found, last in sweeps[line].swept(area):
            yield Part(found, number + last)
        done += size(area)
        if progress is not None:
            progress(done, total)


class _Sweep:
    """One pass."""

    def __init__(self, problem: Problem, bar: Bar, line: Outline, sides: tuple[_Side, _Side]) -> None:
        self._problem, self._bar, self._line = problem, bar, line
        self._probes, self._partners = sides
        self._windows = [_sent(column) for column in line.windows]
        self._out = [_sent(np.zeros(ROOM, np.int64)) for _ in range(3)]
        self._reach, self._known = _sent(bar.reach), bar.threshold

    def swept(self, area: Area) -> Iterator[tuple[Found, bool]]:
        """All matches of an area, and whether that is all; in parts if there are more than one launch can give."""
        waiting = [(area.first, area.last)]
        while waiting:
            first, last = waiting.pop()
            many = self._launch(first, last, area)
            if many > ROOM:
                middle = (first + last) // 2
                waiting += [(middle, last), (first, middle)]
            else:
                yield self._taken(many), not waiting

    def _launch(self, first: int, last: int, area: Area) -> int:
        """How many matches probes [first, last) have; they are in `_out` if there is room for them."""
        from pplink.join.backends.gpu_kernel import SIDE, meet

        if self._bar.threshold != self._known:
            self._reach, self._known = _sent(self._bar.reach), self._bar.threshold
        begin, end = area.begin * TILE, min(area.end * TILE, len(self._partners.origin))
        many = _sent(np.zeros(1, np.int64))
        meet[(-(-(end - begin) // SIDE), -(-(last - first) // SIDE)), (SIDE, SIDE)](
            self._probes.rows, self._probes.counts, first, last,
            self._partners.rows, self._partners.counts, begin, end,
            *self._windows, self._reach, self._problem.measure.product, many, *self._out,
        )  # fmt: skip
        return int(many.copy_to_host()[0])

    def _taken(self, many: int) -> Found:
        """What the last launch found, in order: threads end in any."""
        probe, partner, common = (column[:many].copy_to_host() for column in self._out)
        order = np.lexsort((partner, probe))
        probe, partner = self._probes.origin[probe[order]], self._partners.origin[partner[order]]
        left, right = (partner, probe) if self._line.swapped else (probe, partner)
        if self._problem.itself:
            left, right = np.minimum(left, right), np.maximum(left, right)
        return Found(left, right, common[order])


def _both(problem: Problem, lines: list[Outline]) -> list[tuple[_Side, _Side]]:
    """Probes and partners of each pass."""
    left = _side(problem.left, problem.left_counts)
    right = left if problem.itself else _side(problem.right, problem.right_counts)
    return [(right, left) if line.swapped else (left, right) for line in lines]


def _side(rows: BitRows, counts: Counts) -> _Side:
    origin = np.argsort(counts.astype(np.uint16), kind="stable")
    origin = origin[np.searchsorted(counts[origin], 1) :]
    return _Side(_sent(rows[origin]), _sent(counts[origin]), origin)


def _sent(array: Any) -> Any:
    """An array on the device; none is empty there, for a device has no empty arrays."""
    from numba import cuda

    plain = np.ascontiguousarray(array) if array.size else np.zeros((1, *array.shape[1:]), array.dtype)
    try:
        return cuda.to_device(plain)
    except Exception as error:
        if "MEMORY" not in str(error).upper():
            raise
        raise UnavailableError(
            "the CUDA device has too little memory for both datasets", "use backend cpu or dask"
        ) from None
