"""Cluster: tables made and compared by a cluster's workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, TypeVar

import numpy as np

from pplink.join.backends.cluster import Cluster
from pplink.join.backends.distributed import Dask, Half, stored
from pplink.join.backends.interface import Bar, Part, Problem
from pplink.join.backends.tasks import Given, Pace, in_order
from pplink.join.backends.worker import Job
from pplink.join.lsh import worker
from pplink.join.lsh.bands import Band
from pplink.join.lsh.crew import Advance, Order
from pplink.join.lsh.sides import maker
from pplink.join.lsh.tally import Tally
from pplink.join.lsh.worker import Compared, Due, Looked, Tabled
from pplink.join.measures import Ints

Gives = TypeVar("Gives", bound=Given)


@contextmanager
def on_cluster(
    problem: Problem, bar: Bar, dask: Dask, seed: int, tally: Tally, threads: int
) -> Iterator[Workers]:
    """The workers, who find the sides in the store till this is left."""
    with (
        dask.cluster(threads) as cluster,
        ThreadPoolExecutor(threads) as executor,
        stored(problem, cluster, maker(problem, executor)) as (job, left, right),
    ):
        yield Workers(cluster, job, bar, seed, tally, _order(left), _order(right))


@dataclass(frozen=True, eq=False)
class Workers:
    """See `crew.Crew`."""

    cluster: Cluster
    job: Job
    bar: Bar
    seed: int
    tally: Tally
    left: Order
    right: Order

    def compare(self, band: Band, begin: int, advance: Advance) -> Iterator[Part]:
        """As if no table left anything out. The first that does is made sure of, and what all after it leave out is
        looked for before they are compared: they give the pairs that it has not."""
        done = begin
        if not len(self.tally.cuts):
            for part in self._parts(band, begin, self.tally.cuts, advance):
                yield part
                done = part.steps
                if len(self.tally.cuts):
                    break
        if done < band.tables:
            yield from self._parts(band, done, self._cuts(band, done), advance)

    def _parts(self, band: Band, begin: int, cuts: Ints, advance: Advance) -> Iterator[Part]:
        """All that tables find; the tally is told of each with the last of it."""
        named, comparisons = self._named(band), 0

        def submit(due: Sequence[Due], cursor: Ints | None) -> Any:
            return self.cluster.submit(worker.work, named, due, cuts, self.bar.threshold, cursor)

        parts: Iterator[tuple[Compared, Sequence[Due]]] = self._in_order(band, begin, submit)
        for given, due in parts:
            for each, gave in zip(due, given.whole, strict=False):
                self.tally.add(gave.cut, comparisons + gave.comparisons)
                comparisons = 0
                yield Part(gave.found, each.number + 1)
                advance((each.number + 1) / band.tables)
            if given.part is not None:
                comparisons += given.part.comparisons
                yield Part(given.part.found, due[given.steps].number)

    def _cuts(self, band: Band, begin: int) -> Ints:
        """(n, 2): as in `first.Table`, those of all tables; of those before `begin` the tally knows."""
        named = self._named(band)

        def submit(due: Sequence[Due], _: Ints | None) -> Any:
            return self.cluster.submit(worker.look, named, due)

        looked: Iterator[tuple[Looked, Sequence[Due]]] = self._in_order(band, begin, submit)
        return np.concatenate([self.tally.cuts, *(cut.rows for given, _ in looked for cut in given.whole)])

    def _in_order(
        self, band: Band, begin: int, submit: Callable[[Sequence[Due], Ints | None], Any]
    ) -> Iterator[tuple[Gives, Sequence[Due]]]:
        """What each task gives of the band's tables from `begin` on."""
        due = (Due(number, floor) for number, floor in zip(count(), band.floors.tolist(), strict=False))
        pace = Pace(band.tables / band.seconds)
        return in_order(
            self.cluster, submit, islice(due, begin, None), lambda _: 1, pace, band.tables - begin
        )

    def _named(self, band: Band) -> Tabled:
        return Tabled(self.job, self.seed, band.span, band.tables)


def _order(half: Half) -> Order:
    return Order(half.counts, half.origin)
