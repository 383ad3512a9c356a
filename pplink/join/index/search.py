"""Search: new rows against the segments of an index, in tasks that several threads do."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Bar, Found, Problem, Progress
from pplink.join.backends.slices import TILE, Side, prepare
from pplink.join.backends.sweep import CHUNK, Area, Matches
from pplink.join.collect import Columns
from pplink.join.index.scan import Reach, reaches, scan
from pplink.join.index.segments import Segment, State
from pplink.join.measures import Ints

TILES = 256
"""Tiles a task covers at most: 10 ms of work, and enough tasks for one row to keep several cores busy."""
ROOM = 2**18
"""Matches a task gives before it pauses."""


class Task(NamedTuple):
    """An area of one segment."""

    probes: Side
    segment: Segment
    reach: Reach
    bar: Bar
    area: Area

    @property
    def comparisons(self) -> int:
        """Of two rows, at most."""
        return (self.area.last - self.area.first) * (self.area.end - self.area.begin) * TILE


class Part(NamedTuple):
    """What a task gave, in positions of its sides, and where it goes on if it has more to give."""

    probe: Ints
    partner: Ints
    common: Ints
    cursor: Ints | None


def search(
    state: State, problem: Problem, bar: Bar, *, threads: int, progress: Progress | None
) -> Iterator[Columns]:
    """The matches of the problem's left rows among the live rows of an index; the right is ids.

    In blocks of at most ROOM; once the bar has risen, some below it may come too.
    """
    executor = ThreadPoolExecutor(threads, thread_name_prefix="pplink-index")
    try:
        probes = prepare(problem.left, problem.left_counts, state.place, executor)
        tasks = [task for segment in state.segments for task in _tasks(probes, segment, problem, bar)]
        total, done = sum(task.comparisons for task in tasks), 0
        for task, part in _in_order(executor, tasks, 2 * threads):
            if len(part.common):
                yield _scored(task, part, state, problem)
            if part.cursor is None:
                done += task.comparisons
                if progress is not None:
                    progress(done, total)
    finally:  # also when the caller stops listening, or on Ctrl-C: only what runs now is waited for
        executor.shutdown(wait=True, cancel_futures=True)


def _tasks(probes: Side, segment: Segment, problem: Problem, bar: Bar) -> Iterator[Task]:
    reach = reaches(probes.counts, segment.side.counts, problem.measure, bar.reach)
    for first in range(0, len(probes.rows), CHUNK):
        last = min(first + CHUNK, len(probes.rows))
        begin = int(reach.rule.start[first:last].min()) // TILE
        end = -(-int(reach.rule.stop[first:last].max()) // TILE)
        for tile in range(begin, end, TILES):
            area = Area(first, last, tile, min(end, tile + TILES))
            yield Task(probes, segment, reach, bar, area)


def _in_order(executor: ThreadPoolExecutor, tasks: list[Task], ahead: int) -> Iterator[tuple[Task, Part]]:
    """Every part of every task, in order, while so many tasks ahead are worked on."""
    coming, waiting = iter(tasks), deque[tuple[Task, Future[Part]]]()
    while True:
        for task in islice(coming, ahead - len(waiting)):
            waiting.append((task, executor.submit(_work, task, None)))
        if not waiting:
            return
        task, future = waiting.popleft()
        part = future.result()
        while part.cursor is not None:
            yield task, part
            part = executor.submit(_work, task, part.cursor).result()
        yield task, part


def _work(task: Task, cursor: Ints | None) -> Part:
    """Scan an area from the cursor on, until it ends or ROOM is full."""
    area, reach = task.area, task.reach
    at = np.array([area.begin, area.first]) if cursor is None else cursor.copy()
    out = Matches(*(np.empty(ROOM, np.int64) for _ in range(3)))
    rule = reach.rule._replace(reach=task.bar.reach)
    size = scan(task.probes, task.segment.side, rule, reach.least, area, reach.high, at, out)
    probe, partner, common = (column[:size].copy() for column in out)
    return Part(probe, partner, common, None if at[0] >= area.end else at)


def _scored(task: Task, part: Part, state: State, problem: Problem) -> Columns:
    """Matches with rows that are there, by their numbers."""
    side = task.segment.side
    ids, left = side.origin[part.partner], task.probes.origin[part.probe]
    some = replace(problem, right=side.rows, right_counts=side.counts)
    score = some.scores(Found(left, part.partner, part.common))
    live = state.alive[ids]
    return Columns(left[live], ids[live], score[live])
