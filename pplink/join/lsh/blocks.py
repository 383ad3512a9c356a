"""Blocks: bands one after the other, with tables or compared in full; matches come in an order that the
number of threads does not change."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Bar, Found, Part, Place, Problem, Progress
from pplink.join.backends.slices import Side, densities, placed, prepare
from pplink.join.lsh.bands import Band
from pplink.join.lsh.buckets import HEAD
from pplink.join.lsh.full import Advance, Full
from pplink.join.lsh.tables import Compared, Made, Tables
from pplink.join.lsh.tally import Tally
from pplink.join.measures import Ints

NO_CUTS = np.empty((0, 2), np.int64)


class Job(NamedTuple):
    """A table to compare."""

    number: int
    made: Made
    cuts: Ints
    """Those of all tables up to this one."""


def blocks(
    problem: Problem,
    bar: Bar,
    *,
    bands: Sequence[Band],
    seed: int,
    tally: Tally,
    threads: int,
    begin: Place,
    progress: Progress | None,
) -> Iterator[tuple[Found, Place]]:
    """Matches in blocks of at most about a million, each pair once, with what is whole once they are taken.

    begin: where to go on; the tally must stand as it stood there, and is kept up to date.
    Progress is told in comparisons of the whole, as if done and expected work were spread over them.
    """
    executor = ThreadPoolExecutor(threads, thread_name_prefix="pplink-join")
    stop = threading.Event()
    meter = _Meter(problem, bands, progress)
    try:
        left, right = _sides(problem, executor)
        for number, band in enumerate(bands):
            meter.begin(band)
            if number < begin.band:
                continue
            first = begin.steps if number == begin.band else 0
            if not first:
                tally.cuts = NO_CUTS
            if band.sampled:
                tables = Tables.of(problem, bar, left, right, band, seed, stop)
                parts = _with_tables(tables, tally, executor, threads, first, meter.advance)
            else:
                full = Full(problem, bar, threads, meter.advance)
                parts = full.compare(left, right, band, first)
            for part in parts:
                yield part.found, Place(number, part.steps)
        meter.end()
    finally:
        stop.set()
        executor.shutdown(wait=True, cancel_futures=True)


class _Meter:
    """From shares of bands to comparisons of the whole."""

    def __init__(self, problem: Problem, bands: Sequence[Band], progress: Progress | None) -> None:
        self._progress = progress
        self._total = max(1, len(problem.left) * len(problem.right))
        self._all = sum(band.seconds for band in bands)
        self._before, self._band = 0.0, 0.0

    def begin(self, band: Band) -> None:
        self._before, self._band = self._before + self._band, band.seconds

    def advance(self, share: float) -> None:
        if self._progress is not None:
            done = (self._before + share * self._band) / self._all
            self._progress(min(self._total - 1, int(done * self._total)), self._total)

    def end(self) -> None:
        if self._progress is not None:
            self._progress(self._total, self._total)


def _sides(problem: Problem, executor: ThreadPoolExecutor) -> tuple[Side, Side]:
    """Both sides, made ready; the columns that tell most rows apart come first."""
    place = placed(np.abs(densities(problem.left, problem.right) - 0.5))
    left = _wide(prepare(problem.left, problem.left_counts, place, executor))
    if problem.itself:
        return left, left
    return left, _wide(prepare(problem.right, problem.right_counts, place, executor))


def _wide(side: Side) -> Side:
    missing = HEAD - side.rows.shape[1]
    return side._replace(rows=np.pad(side.rows, ((0, 0), (0, missing)))) if missing > 0 else side


def _with_tables(
    tables: Tables, tally: Tally, executor: ThreadPoolExecutor, threads: int, begin: int, advance: Advance
) -> Iterator[Part]:
    """What each table finds first; a step is a table. Tables are made ahead, and compared once it is known what
    earlier ones cut."""
    making: deque[Future[Made]] = deque()
    comparing: deque[tuple[Job, Future[Compared]]] = deque()
    cuts, last = tally.cuts, tables.band.tables
    for number in range(begin, last + threads):
        while len(making) < threads + 1 and number + len(making) < last:
            making.append(executor.submit(tables.make, number + len(making)))
        if number < last:
            made = making.popleft().result()
            cuts = np.concatenate([cuts, made.cuts])
            comparing.append(
                (Job(number, made, cuts), executor.submit(tables.compare, number, made, cuts, None))
            )
        if comparing and (len(comparing) > threads or number >= last):
            yield from _parts(tables, tally, executor, *comparing.popleft())
            advance(min(1, (number + 1) / last))


def _parts(
    tables: Tables, tally: Tally, executor: ThreadPoolExecutor, job: Job, future: Future[Compared]
) -> Iterator[Part]:
    """All that one table finds; the tally is told of it with the last."""
    compared, comparisons = future.result(), 0
    while compared.cursor is not None:
        comparisons += compared.comparisons
        yield Part(compared.found, job.number)
        compared = executor.submit(tables.compare, job.number, job.made, job.cuts, compared.cursor).result()
    tally.tables += 1
    tally.comparisons += comparisons + compared.comparisons
    tally.cut_buckets += job.made.cut_buckets
    tally.cut_comparisons += job.made.cut_comparisons
    tally.cuts = job.cuts
    yield Part(compared.found, job.number + 1)
