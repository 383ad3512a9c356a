"""Worker: what a process of a cluster does: areas of a join, from sides that it maps."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from pplink.errors import UnavailableError
from pplink.join.backends import cpu
from pplink.join.backends.interface import Bar, Found, Problem, together
from pplink.join.backends.outline import outlines
from pplink.join.backends.slices import TILE, Side
from pplink.join.backends.store import Kept, fetch
from pplink.join.backends.sweep import Area
from pplink.join.measures import Ints, measure_named

_ONE = threading.Lock()
"""Of a worker's threads one maps the sides, and the others wait for it."""


class Job(NamedTuple):
    """A join, as a task names it: by digests, never by rows."""

    folder: str
    left: Kept
    right: Kept
    words: int
    """Of a row; a side's rows may have more, which are 0."""
    itself: bool
    measure: str
    threshold: Fraction
    software: str
    tile: int
    """Rows of a tile, by which areas are counted."""


class Step(NamedTuple):
    """An area of one of the job's passes, by its number in the join."""

    number: int
    line: int
    area: Area


class Swept(NamedTuple):
    """What came of a task."""

    whole: Found
    steps: int
    """How many of its areas are whole, and `whole` is what they have."""
    part: Found | None
    """What was found of the next one, if it has more than a task may give."""
    cursor: Ints | None
    """Where to go on in it."""
    seconds: float
    """That sweeping took."""


class Mapped(NamedTuple):
    """A job's sides, and the problem that they are the rows of, in the sides' order."""

    left: Side
    right: Side
    problem: Problem


def ours() -> str:
    """What must be the same on both ends."""
    return version("pplink")


def work(job: Job, steps: Sequence[Step], threshold: Fraction, cursor: Ints | None) -> Swept:
    """Sweep areas one after the other, until they are done or a task's room is full.

    threshold: the bar as it stands. Raises UnavailableError on a machine that cannot do this job.
    """
    with _ONE:
        passes = _passes(job)
    began = time.perf_counter()
    bar = Bar(passes[0].problem)
    if threshold > bar.threshold:
        bar.raise_to(threshold)
    found: list[Found] = []
    room = cpu.ROOM
    for step in steps:
        done = cpu.work(passes[step.line], step.area, bar, cursor)
        if done.cursor is not None:
            return Swept(together(found), len(found), done.found, done.cursor, time.perf_counter() - began)
        found.append(done.found)
        cursor, room = None, room - len(done.found.common)
        if room <= 0:
            break
    return Swept(together(found), len(found), None, None, time.perf_counter() - began)


def mapped(job: Job) -> Mapped:
    """Both sides, mapped and verified once in each process; by one thread at a time."""
    with _ONE:
        return _mapped(job)


@lru_cache(maxsize=1)
def _mapped(job: Job) -> Mapped:
    if job.software != ours():
        raise UnavailableError(
            f"a worker has pplink {ours()}, and this machine has {job.software}",
            "install one version everywhere",
        )
    if job.tile != TILE:
        raise UnavailableError(
            f"a worker's processor takes {TILE} rows at a time, and this machine's {job.tile}",
            "use machines with one kind of processor",
        )
    left = fetch(Path(job.folder), job.left)
    right = left if job.itself else fetch(Path(job.folder), job.right)
    problem = Problem(
        left=left.rows[:, : job.words],
        right=right.rows[:, : job.words],
        left_counts=left.counts,
        right_counts=right.counts,
        itself=job.itself,
        measure=measure_named(job.measure),
        threshold=job.threshold,
    )
    return Mapped(left, right, problem)


@lru_cache(maxsize=1)
def _passes(job: Job) -> list[cpu.Pass]:
    left, right, problem = _mapped(job)
    return cpu.passes(problem, outlines(problem), left, right)


def forget() -> None:
    """Hold no rows any more: the join is over, and a worker may live on for others."""
    _passes.cache_clear()
    _mapped.cache_clear()


def dask_setup(_: Any) -> None:
    """Run by Dask when a worker starts on the client's machine: Ctrl-C there is for the client, which ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
