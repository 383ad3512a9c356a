"""CPU: the join on the cores of one machine; compiled, pruned by bits set, and in tiles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Bar, Found, Problem, Progress
from pplink.join.backends.slices import TILE, Side, prepare, rare_first
from pplink.join.backends.sweep import CHUNK, FEW, MANY, Area, Matches, Rule, sweep
from pplink.join.bounds import Windows, later_windows, windows
from pplink.join.measures import Ints

PAIRS = 2**24
"""Pairs of rows a task covers at most, about 10 ms of work; it bounds how long Ctrl-C waits."""
TILES = 512
"""Tiles a task covers at most."""
ROOM = 2**20
"""Matches a task gives before it pauses."""


class Pass(NamedTuple):
    """Each pair of rows is met once: the row with fewer bits set is the probe, as it has fewer to miss.

    So left rows are probes in one pass and right rows in the other; equals belong to the first.
    """

    probes: Side
    tiles: Side
    windows: Windows
    high: tuple[int, ...]
    problem: Problem
    swapped: bool
    """Probes are right rows."""

    def areas(self) -> Iterator[Area]:
        """What to do, in pieces that depend on the data alone, never on the number of threads."""
        size, tiles = len(self.probes.rows), len(self.tiles.slices)
        step = max(1, PAIRS // (max(1, min(TILES, tiles)) * TILE * CHUNK)) * CHUNK
        for first in range(0, size, step):
            last = min(size, first + step)
            begin = int(self.windows.start[first:last].min()) // TILE
            end = -(-int(self.windows.stop[first:last].max()) // TILE)
            for tile in range(begin, end, TILES):
                yield Area(first, last, tile, min(end, tile + TILES))


class Part(NamedTuple):
    """What a task gave, and where it goes on if it has more to give."""

    found: Found
    cursor: Ints | None


def blocks(problem: Problem, bar: Bar, *, threads: int, progress: Progress | None) -> Iterator[Found]:
    """Matches in blocks of at most ROOM, in an order that the number of threads does not change."""
    executor = ThreadPoolExecutor(threads, thread_name_prefix="pplink-join")
    try:
        passes = _passes(problem, bar, executor)
        total = sum(_size(area) for sides in passes for area in sides.areas())
        done = 0
        for area, part in _in_order(executor, passes, bar, 2 * threads):
            if len(part.found.common):
                yield part.found
            if part.cursor is None:
                done += _size(area)
                if progress is not None:
                    progress(done, total)
    finally:  # also when the caller stops listening, or on Ctrl-C: only what runs now is waited for
        executor.shutdown(wait=True, cancel_futures=True)


def _passes(problem: Problem, bar: Bar, executor: ThreadPoolExecutor) -> list[Pass]:
    """Both sides, made ready, and who probes whom."""
    place = rare_first(problem.left, problem.right)
    left = prepare(problem.left, problem.left_counts, place, executor)
    if problem.itself:
        within = later_windows(left.counts, problem.measure, bar.reach)
        return [_pass(left, left, within, problem, bar, swapped=False)]
    right = prepare(problem.right, problem.right_counts, place, executor)
    upward = windows(left.counts, right.counts, problem.measure, bar.reach, equals=True)
    downward = windows(right.counts, left.counts, problem.measure, bar.reach, equals=False)
    return [
        _pass(left, right, upward, problem, bar, swapped=False),
        _pass(right, left, downward, problem, bar, swapped=True),
    ]


def _pass(probes: Side, tiles: Side, within: Windows, problem: Problem, bar: Bar, *, swapped: bool) -> Pass:
    """A pass with counters wide enough: a probe may miss most when its partner has no more bits set."""
    keys = problem.measure.key(probes.counts, probes.counts)
    room = probes.counts - np.searchsorted(bar.reach, keys)
    high = FEW if room.max(initial=0) < 2**8 else MANY
    return Pass(probes, tiles, within, high, problem, swapped)


def _size(area: Area) -> int:
    """Comparisons in an area."""
    return (area.last - area.first) * (area.end - area.begin) * TILE


def _in_order(
    executor: ThreadPoolExecutor, passes: list[Pass], bar: Bar, ahead: int
) -> Iterator[tuple[Area, Part]]:
    """Every part of every area, in order, while so many areas ahead are worked on."""
    areas = ((sides, area) for sides in passes for area in sides.areas())
    waiting: deque[tuple[Pass, Area, Future[Part]]] = deque()
    while True:
        for sides, area in islice(areas, ahead - len(waiting)):
            waiting.append((sides, area, executor.submit(_work, sides, area, bar, None)))
        if not waiting:
            return
        sides, area, future = waiting.popleft()
        part = future.result()
        while part.cursor is not None:
            yield area, part
            part = executor.submit(_work, sides, area, bar, part.cursor).result()
        yield area, part


def _work(sides: Pass, area: Area, bar: Bar, cursor: Ints | None) -> Part:
    """Sweep an area from the cursor on, until it ends or ROOM is full."""
    at = np.array([area.first, area.begin, area.first]) if cursor is None else cursor.copy()
    out = Matches(*(np.empty(ROOM, np.int64) for _ in range(3)))
    rule = Rule(*sides.windows, bar.reach, sides.problem.measure.product)
    size = sweep(sides.probes, sides.tiles, rule, area, sides.high, at, out)
    probe, partner = sides.probes.origin[out.probe[:size]], sides.tiles.origin[out.partner[:size]]
    left, right = (partner, probe) if sides.swapped else (probe, partner)
    if sides.problem.itself:
        left, right = np.minimum(left, right), np.maximum(left, right)
    return Part(Found(left, right, out.common[:size].copy()), at if at[0] < area.last else None)
