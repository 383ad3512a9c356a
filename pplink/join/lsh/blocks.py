"""Blocks: bands one after the other, with tables or compared in full; matches come in an order that the
number of threads does not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from pplink.join.backends.distributed import Dask
from pplink.join.backends.interface import Backend, Bar, Found, Place, Problem, Progress
from pplink.join.lsh.bands import Band
from pplink.join.lsh.cluster import on_cluster
from pplink.join.lsh.cores import on_cores
from pplink.join.lsh.crew import Crew
from pplink.join.lsh.full import Full
from pplink.join.lsh.tally import Tally

NO_CUTS = np.empty((0, 2), np.int64)


def blocks(
    problem: Problem,
    bar: Bar,
    *,
    bands: Sequence[Band],
    seed: int,
    tally: Tally,
    in_full: Backend,
    threads: int,
    begin: Place,
    progress: Progress | None,
) -> Iterator[tuple[Found, Place]]:
    """Matches in blocks of at most about a million, each pair once, with what is whole once they are taken.

    in_full: what compares bands in full; if it is a cluster, tables are made and compared there too.
    begin: where to go on; the tally must stand as it stood there, and is kept up to date.
    Progress is told in comparisons of the whole, as if done and expected work were spread over them.
    """
    meter = _Meter(problem, bands, progress)
    with _crew(problem, bar, in_full, seed, tally, threads) as crew:
        for number, band in enumerate(bands):
            meter.begin(band)
            if number < begin.band:
                continue
            first = begin.steps if number == begin.band else 0
            if not first:
                tally.cuts = NO_CUTS
            if band.sampled:
                parts = crew.compare(band, first, meter.advance)
            else:
                full = Full(problem, bar, threads, meter.advance, in_full)
                parts = full.compare(crew.left, crew.right, band, first)
            for part in parts:
                yield part.found, Place(number, part.steps)
        meter.end()


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


@contextmanager
def _crew(
    problem: Problem, bar: Bar, in_full: Backend, seed: int, tally: Tally, threads: int
) -> Iterator[Crew]:
    """The cluster that compares in full, if one does; else the cores, also beside a device."""
    if isinstance(in_full, Dask):
        with on_cluster(problem, bar, in_full, seed, tally, threads) as cluster:
            yield cluster
    else:
        with on_cores(problem, bar, seed, tally, threads) as cores:
            yield cores
