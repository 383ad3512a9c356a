"""Cores: tables made and compared by threads of this machine."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Bar, Part, Problem
from pplink.join.backends.slices import Side
from pplink.join.lsh.bands import Band
from pplink.join.lsh.crew import Advance, Order
from pplink.join.lsh.sides import maker
from pplink.join.lsh.tables import Compared, Made, Tables
from pplink.join.lsh.tally import Tally
from pplink.join.measures import Ints


class Job(NamedTuple):
    """A table to compare."""

    number: int
    made: Made
    cuts: Ints
    """Those of all tables up to this one."""


@contextmanager
def on_cores(problem: Problem, bar: Bar, seed: int, tally: Tally, threads: int) -> Iterator[Cores]:
    """So many threads, till this is left; then only what runs is waited for."""
    executor = ThreadPoolExecutor(threads, thread_name_prefix="pplink-join")
    stop = threading.Event()
    try:
        prepared = maker(problem, executor)
        left = prepared(problem.left, problem.left_counts)
        right = left if problem.itself else prepared(problem.right, problem.right_counts)
        yield Cores(problem, bar, seed, tally, threads, (left, right), executor, stop)
    finally:
        stop.set()
        executor.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, eq=False)
class Cores:
    """See `crew.Crew`."""

    problem: Problem
    bar: Bar
    seed: int
    tally: Tally
    threads: int
    sides: tuple[Side, Side]
    executor: ThreadPoolExecutor
    stop: threading.Event

    @property
    def left(self) -> Order:
        """Of left rows."""
        return Order(self.sides[0].counts, self.sides[0].origin)

    @property
    def right(self) -> Order:
        """Of right rows."""
        return Order(self.sides[1].counts, self.sides[1].origin)

    def compare(self, band: Band, begin: int, advance: Advance) -> Iterator[Part]:
        """Tables are made ahead, and compared once it is known what earlier ones cut."""
        tables = Tables.of(self.problem, self.bar, *self.sides, band.span, band.tables, self.seed, self.stop)
        making: deque[Future[Made]] = deque()
        comparing: deque[tuple[Job, Future[Compared]]] = deque()
        cuts, last, threads, submit = self.tally.cuts, band.tables, self.threads, self.executor.submit
        for number in range(begin, last + threads):
            while len(making) < threads + 1 and number + len(making) < last:
                due = number + len(making)
                making.append(submit(tables.make, due, int(band.floors[due])))
            if number < last:
                made = making.popleft().result()
                cuts = np.concatenate([cuts, made.cut.rows])
                comparing.append((Job(number, made, cuts), submit(tables.compare, number, made, cuts, None)))
            if comparing and (len(comparing) > threads or number >= last):
                yield from self._parts(tables, *comparing.popleft())
                advance(min(1, (number + 1) / last))

    def _parts(self, tables: Tables, job: Job, future: Future[Compared]) -> Iterator[Part]:
        """All that one table finds; the tally is told of it with the last."""
        compared, comparisons = future.result(), 0
        while compared.cursor is not None:
            comparisons += compared.comparisons
            yield Part(compared.found, job.number)
            compared = self.executor.submit(
                tables.compare, job.number, job.made, job.cuts, compared.cursor
            ).result()
        self.tally.add(job.made.cut, comparisons + compared.comparisons)
        yield Part(compared.found, job.number + 1)
