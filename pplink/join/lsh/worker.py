"""Worker: what a process of a cluster does: tables of a join, from sides that it maps."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pplink.join.backends import worker
from pplink.join.backends.interface import Bar, Found
from pplink.join.backends.worker import Job
from pplink.join.lsh import tables
from pplink.join.lsh.bands import Span
from pplink.join.lsh.samples import columns, masks
from pplink.join.lsh.tables import Cut, Tables
from pplink.join.measures import Ints

NEVER = threading.Event()
"""Is not set: who wants no more ends the process, or takes no more tasks from it."""


class Tabled(NamedTuple):
    """A band of a join, as a task names it."""

    job: Job
    seed: int
    span: Span
    many: int
    """Tables of the band."""


class Due(NamedTuple):
    """A table to make, by its number in the band, and the band's floor for it."""

    number: int
    floor: int


class Gave(NamedTuple):
    """What one table gave, or a stretch of it."""

    found: Found
    comparisons: int
    cut: Cut


class Compared(NamedTuple):
    """What came of a task."""

    whole: list[Gave]
    part: Gave | None
    """What was found of the next table, if it has more than a task may give."""
    cursor: Ints | None
    """Where to go on in it."""
    seconds: float

    @property
    def steps(self) -> int:
        """How many tables are whole."""
        return len(self.whole)


class Looked(NamedTuple):
    """What tables would leave out."""

    whole: list[Cut]
    seconds: float
    cursor: None = None

    @property
    def steps(self) -> int:
        """How many were looked at."""
        return len(self.whole)


def work(band: Tabled, due: Sequence[Due], cuts: Ints, threshold: Fraction, cursor: Ints | None) -> Compared:
    """Make and compare tables one after the other, until they are done or a task's room is full.

    cuts: what tables before them left out; of later ones it does not matter. threshold: the bar as it stands.
    Raises UnavailableError on a machine that cannot do this job.
    """
    drawn, began = _drawn(band), time.perf_counter()
    if threshold > drawn.bar.threshold:
        drawn.bar.raise_to(threshold)
    seen, room = cuts[cuts[:, 0] < due[0].number], tables.ROOM
    whole: list[Gave] = []
    for number, floor in due:
        made = drawn.make(number, floor)
        seen = np.concatenate([seen, made.cut.rows])
        compared = drawn.compare(number, made, seen, cursor)
        gave = Gave(compared.found, compared.comparisons, made.cut)
        if compared.cursor is not None:
            return Compared(whole, gave, compared.cursor, time.perf_counter() - began)
        whole.append(gave)
        cursor, room = None, room - len(compared.found.common)
        if room <= 0:
            break
    return Compared(whole, None, None, time.perf_counter() - began)


def look(band: Tabled, due: Sequence[Due]) -> Looked:
    """Make tables only to see what they leave out."""
    drawn, began = _drawn(band), time.perf_counter()
    return Looked([drawn.make(*each).cut for each in due], time.perf_counter() - began)


def _drawn(band: Tabled) -> Tables:
    left, right, problem = worker.mapped(band.job)
    chosen = _chosen(problem.bits, band.span.sampled, band.many, band.seed)
    sampled = masks(chosen, left.rows.shape[1])
    return Tables(problem, Bar(problem), left, right, band.span, chosen, sampled, NEVER)


_chosen = lru_cache(maxsize=1)(columns)
