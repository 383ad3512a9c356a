"""Blocks: bands one after the other, with tables or compared in full; matches come in an order that the
number of threads does not change."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from pplink.join.backends import cpu
from pplink.join.backends.interface import Bar, Found, Problem, Progress
from pplink.join.backends.slices import Side, densities, placed, prepare
from pplink.join.lsh.bands import Band
from pplink.join.lsh.buckets import HEAD
from pplink.join.lsh.tables import Made, Part, Tables, positions
from pplink.join.lsh.tally import Tally
from pplink.join.measures import Ints

Advance = Callable[[float], None]
"""Told the share of a band that is done."""


def blocks(
    problem: Problem,
    bar: Bar,
    *,
    bands: Sequence[Band],
    seed: int,
    tally: Tally,
    threads: int,
    progress: Progress | None,
) -> Iterator[Found]:
    """Matches in blocks of at most about a million, each pair once. The tally is kept up to date.

    Progress is told in comparisons of the whole, as if done and expected work were spread over them.
    """
    executor = ThreadPoolExecutor(threads, thread_name_prefix="pplink-join")
    stop = threading.Event()
    meter = _Meter(problem, bands, progress)
    try:
        left, right = _sides(problem, executor)
        for band in bands:
            meter.begin(band)
            if band.sampled:
                tables = Tables.of(problem, bar, left, right, band, seed, stop)
                yield from _with_tables(tables, tally, executor, threads, meter.advance)
            else:
                yield from _in_full(problem, bar, left, right, band, threads, meter.advance)
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
    tables: Tables, tally: Tally, executor: ThreadPoolExecutor, threads: int, advance: Advance
) -> Iterator[Found]:
    """What each table finds first. Tables are made ahead, and compared once it is known what earlier ones cut."""
    making: deque[Future[Made]] = deque()
    comparing: deque[tuple[int, Made, Ints, Future[Part]]] = deque()
    cuts = np.empty((0, 2), np.int64)
    for number in range(tables.band.tables + threads):
        while len(making) < threads + 1 and number + len(making) < tables.band.tables:
            making.append(executor.submit(tables.make, number + len(making)))
        if number < tables.band.tables:
            made = making.popleft().result()
            cuts = np.concatenate([cuts, made.cuts])
            tally.cut_buckets += made.cut_buckets
            tally.cut_comparisons += made.cut_comparisons
            comparing.append((number, made, cuts, executor.submit(tables.compare, number, made, cuts, None)))
        if comparing and (len(comparing) > threads or number >= tables.band.tables):
            yield from _parts(tables, tally, executor, *comparing.popleft())
            tally.tables += 1
            advance(min(1, (number + 1) / tables.band.tables))


def _parts(
    tables: Tables,
    tally: Tally,
    executor: ThreadPoolExecutor,
    number: int,
    made: Made,
    cuts: Ints,
    future: Future[Part],
) -> Iterator[Found]:
    """All that one table finds."""
    part = future.result()
    while True:
        tally.comparisons += part.comparisons
        if len(part.found.common):
            yield part.found
        if part.cursor is None:
            return
        part = executor.submit(tables.compare, number, made, cuts, part.cursor).result()


def _in_full(
    problem: Problem, bar: Bar, left: Side, right: Side, band: Band, threads: int, advance: Advance
) -> Iterator[Found]:
    """Every pair of a band."""
    first, last = positions(left.counts, band.lowest, band.highest)
    begin, end = positions(right.counts, int(band.floors[0]), band.ceiling)
    rows = left.origin[first:last]
    if not problem.itself:
        yield from _selected(problem, bar, rows, right.origin[begin:end], threads, advance)
        return
    yield from _selected(problem, bar, rows, rows, threads, advance)
    yield from _selected(problem, bar, rows, right.origin[last:end], threads, advance)


def _selected(
    problem: Problem, bar: Bar, lefts: Ints, rights: Ints, threads: int, advance: Advance
) -> Iterator[Found]:
    """Every pair of some rows."""
    some = replace(
        problem,
        left=problem.left[lefts],
        right=problem.right[rights],
        left_counts=problem.left_counts[lefts],
        right_counts=problem.right_counts[rights],
        itself=rights is lefts,
    )
    told = cpu.blocks(some, bar, threads=threads, progress=lambda done, total: advance(done / max(1, total)))
    for found in told:
        left, right = lefts[found.left], rights[found.right]
        if problem.itself:
            left, right = np.minimum(left, right), np.maximum(left, right)
        yield Found(left, right, found.common)
