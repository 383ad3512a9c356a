"""CPU: the join on the cores of one machine; compiled, pruned by bits set, and in tiles."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Bar, Found, Part, Problem, Progress
from pplink.join.backends.outline import Outline, outlines, size
from pplink.join.backends.slices import Side, prepare, rare_first
from pplink.join.backends.sweep import Area, Matches, Rule, sweep
from pplink.join.measures import Ints

ROOM = 2**20
"""Matches a task gives before it pauses."""


class Pass(NamedTuple):
    """An outline with the rows that it speaks of, made ready."""

    probes: Side
    tiles: Side
    outline: Outline
    problem: Problem


class Task(NamedTuple):
    """An area of a pass, by its number in the join."""

    number: int
    sides: Pass
    area: Area


class Done(NamedTuple):
    """What a task gave, and where it goes on if it has more to give."""

    found: Found
    cursor: Ints | None


def blocks(
    problem: Problem, bar: Bar, *, threads: int, begin: int, progress: Progress | None
) -> Iterator[Part]:
    """Matches in blocks of at most ROOM, in an order that the number of threads does not change.

    A step is an area of the outline.
    """
    executor = ThreadPoolExecutor(threads, thread_name_prefix="pplink-join")
    try:
        lines = outlines(problem)
        total = sum(size(area) for line in lines for area in line.areas())
        tasks = _tasks(passes(problem, lines, *sides(problem, executor)))
        done = sum(size(task.area) for task in islice(tasks, begin))
        for task, given in _in_order(executor, tasks, bar, 2 * threads):
            whole = given.cursor is None
            yield Part(given.found, task.number + whole)
            if whole:
                done += size(task.area)
                if progress is not None:
                    progress(done, total)
    finally:  # also when the caller stops listening, or on Ctrl-C: only what runs now is waited for
        executor.shutdown(wait=True, cancel_futures=True)


def sides(problem: Problem, executor: Executor) -> tuple[Side, Side]:
    """Left and right, made ready; the very same if a dataset is joined with itself."""
    place = rare_first(problem.left, problem.right)
    left = prepare(problem.left, problem.left_counts, place, executor)
    return left, left if problem.itself else prepare(problem.right, problem.right_counts, place, executor)


def passes(problem: Problem, lines: list[Outline], left: Side, right: Side) -> list[Pass]:
    """Both sides, in the problem's outlines."""
    return [
        Pass(right, left, line, problem) if line.swapped else Pass(left, right, line, problem)
        for line in lines
    ]


def work(sides: Pass, area: Area, bar: Bar, cursor: Ints | None) -> Done:
    """Sweep an area from the cursor on, until it ends or ROOM is full."""
    at = np.array([area.first, area.begin, area.first]) if cursor is None else cursor.copy()
    out = own_room(ROOM)
    rule = Rule(*sides.outline.windows, bar.reach, sides.problem.measure.product)
    many = sweep(sides.probes, sides.tiles, rule, area, sides.outline.high, at, out)
    probe, partner = sides.probes.origin[out.probe[:many]], sides.tiles.origin[out.partner[:many]]
    left, right = (partner, probe) if sides.outline.swapped else (probe, partner)
    if sides.problem.itself:
        left, right = np.minimum(left, right), np.maximum(left, right)
    return Done(Found(left, right, out.common[:many].copy()), at if at[0] < area.last else None)


_OURS = threading.local()


def own_room(size: int) -> Matches:
    """Room for so many matches, this thread's own: the system is asked once, not for each task, for fresh pages."""
    room: Matches | None = getattr(_OURS, "room", None)
    if room is None or len(room.probe) != size:
        room = _OURS.room = Matches(*(np.empty(size, np.int64) for _ in range(3)))
    return room


def _tasks(sides: list[Pass]) -> Iterator[Task]:
    number = 0
    for each in sides:
        for area in each.outline.areas():
            yield Task(number, each, area)
            number += 1


def _in_order(
    executor: ThreadPoolExecutor, tasks: Iterator[Task], bar: Bar, ahead: int
) -> Iterator[tuple[Task, Done]]:
    """All that every task gives, in order, while so many tasks ahead are worked on."""
    waiting: deque[tuple[Task, Future[Done]]] = deque()
    while True:
        for task in islice(tasks, ahead - len(waiting)):
            waiting.append((task, executor.submit(work, task.sides, task.area, bar, None)))
        if not waiting:
            return
        task, future = waiting.popleft()
        given = future.result()
        while given.cursor is not None:
            yield task, given
            given = executor.submit(work, task.sides, task.area, bar, given.cursor).result()
        yield task, given
