"""Worker: what a process of a cluster does: areas of a join, from rows that it maps itself."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from pplink.errors import UnavailableError
from pplink.join.backends import cpu
from pplink.join.backends.interface import Bar, Found, Problem, together
from pplink.join.backends.outline import outlines
from pplink.join.backends.slices import TILE
from pplink.join.backends.store import fetch
from pplink.join.backends.sweep import Area
from pplink.join.measures import Ints, measure_named
from pplink.join.rows import counts

_ONE = threading.Lock()
"""Of a worker's threads one makes the rows ready, and the others wait for it."""


class Job(NamedTuple):
    """A join, as a task names it: by digests, never by rows."""

    folder: str
    left: str
    right: str
    """Digests of rows in the folder."""
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


class Given(NamedTuple):
    """What came of a task."""

    whole: Found
    areas: int
    """How many of its areas are whole, and `whole` is what they have."""
    part: Found | None
    """What was found of the next one, if it has more than a task may give."""
    cursor: Ints | None
    """Where to go on in it."""
    seconds: float
    """That sweeping took."""


def ours() -> str:
    """What must be the same on both ends."""
    return version("pplink")


def work(job: Job, steps: Sequence[Step], threshold: Fraction, cursor: Ints | None) -> Given:
    """Sweep areas one after the other, until they are done or a task's room is full.

    threshold: the bar as it stands. Raises UnavailableError on a machine that cannot do this job.
    """
    with _ONE:
        passes = _prepared(job)
    began = time.perf_counter()
    bar = Bar(passes[0].problem)
    if threshold > bar.threshold:
        bar.raise_to(threshold)
    found: list[Found] = []
    room = cpu.ROOM
    for step in steps:
        done = cpu.work(passes[step.line], step.area, bar, cursor)
        if done.cursor is not None:
            return Given(together(found), len(found), done.found, done.cursor, time.perf_counter() - began)
        found.append(done.found)
        cursor, room = None, room - len(done.found.common)
        if room <= 0:
            break
    return Given(together(found), len(found), None, None, time.perf_counter() - began)


@lru_cache(maxsize=1)
def _prepared(job: Job) -> list[cpu.Pass]:
    """Both sides, made ready once in each process. Rows stay mapped; what is made of them is not."""
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
    ones = counts(left)
    problem = Problem(
        left=left,
        right=right,
        left_counts=ones,
        right_counts=ones if job.itself else counts(right),
        itself=job.itself,
        measure=measure_named(job.measure),
        threshold=job.threshold,
    )
    with ThreadPoolExecutor(1) as executor:
        return cpu.passes(problem, outlines(problem), executor)


def forget() -> None:
    """Hold no rows any more: the join is over, and a worker may live on for others."""
    _prepared.cache_clear()


def dask_setup(_: Any) -> None:
    """Run by Dask when a worker starts on the client's machine: Ctrl-C there is for the client, which ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
