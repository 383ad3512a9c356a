"""Distributed: the join on a Dask cluster. Tasks name rows by digest and range, and workers map them themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from pplink.join.backends import worker
from pplink.join.backends.cluster import Cluster
from pplink.join.backends.interface import Bar, Part, Problem, Progress
from pplink.join.backends.outline import Outline, outlines, size
from pplink.join.backends.slices import TILE
from pplink.join.backends.worker import Given, Job, Step

GOAL = 0.8
"""Seconds a task should take: far more than handing it out, and little to lose with a worker."""
PACE = 3e8
"""Comparisons a second of a thread, till tasks have told."""
AHEAD = 3
"""Tasks handed out for each thread, so that none waits for us."""


class Dask:
    """A cluster, as a backend of the join. As a context manager it serves several joins.

    The steps are the areas of `outline`, as on one machine: the result is the same bytes, and a join begun
    there can go on here.
    """

    def __init__(self, scheduler: str | None = None, store: Path | None = None) -> None:
        """scheduler: its address, `tcp://host:8786` (or `tls://`, set up in Dask's own configuration); None: as
        many workers on this machine as the join has threads. store: a folder that this machine and all workers
        share; None: this machine's temporary folder. Encodings lie in it while a join runs.
        """
        self._scheduler, self._place = scheduler, store
        self._cluster: Cluster | None = None
        self._stays = False

    def __enter__(self) -> Dask:
        self._stays = True
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stays = False
        self._close()

    def __call__(
        self, problem: Problem, bar: Bar, *, threads: int, begin: int, progress: Progress | None
    ) -> Iterator[Part]:
        """Matches in blocks, in the order of steps. Raises UnavailableError if the cluster fails."""
        lines = outlines(problem)
        total = sum(size(area) for line in lines for area in line.areas())
        steps = _steps(lines)
        done = sum(size(step.area) for step in islice(steps, begin))
        if done == total:
            return
        with self._open(threads) as cluster:
            for given, some in _in_order(cluster, _job(problem, cluster), steps, bar):
                if given.areas:
                    done += sum(size(step.area) for step in some[: given.areas])
                    yield Part(given.whole, some[given.areas - 1].number + 1)
                if given.part is not None:
                    yield Part(given.part, some[given.areas].number)
                if progress is not None:
                    progress(done, total)

    @contextmanager
    def _open(self, threads: int) -> Iterator[Cluster]:
        if self._cluster is None:
            self._cluster = Cluster(self._scheduler, self._place, threads)
        try:
            yield self._cluster
        finally:
            if not self._stays:
                self._close()

    def _close(self) -> None:
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            if self._scheduler is not None:  # our own workers end
                cluster.everywhere(worker.forget)
            cluster.close()


def blocks(
    problem: Problem, bar: Bar, *, threads: int, begin: int, progress: Progress | None
) -> Iterator[Part]:
    """The join on a cluster that is made for it on this machine, and ends with it."""
    return Dask()(problem, bar, threads=threads, begin=begin, progress=progress)


def _job(problem: Problem, cluster: Cluster) -> Job:
    """The join's name, once its rows are where workers find them."""
    left = cluster.store.put(problem.left)
    return Job(
        folder=str(cluster.store.folder),
        left=left,
        right=left if problem.itself else cluster.store.put(problem.right),
        itself=problem.itself,
        measure=problem.measure.name,
        threshold=problem.threshold,
        software=worker.ours(),
        tile=TILE,
    )


def _in_order(
    cluster: Cluster, job: Job, steps: Iterator[Step], bar: Bar
) -> Iterator[tuple[Given, list[Step]]]:
    """What each task gives and the steps it was asked for, in order, while others are worked on."""
    waiting: deque[tuple[list[Step], Any]] = deque()
    pace = PACE
    try:
        while True:
            ahead = AHEAD * cluster.threads()
            while len(waiting) < ahead and (some := _take(steps, GOAL * pace)):
                waiting.append((some, cluster.submit(worker.work, job, some, bar.threshold, None)))
            if not waiting:
                return
            some, future = waiting.popleft()
            while some:
                given: Given = cluster.result(future)
                yield given, some
                swept = sum(size(step.area) for step in some[: given.areas])
                if swept:
                    pace = 0.7 * pace + 0.3 * swept / given.seconds
                some = some[given.areas :]
                if some:  # it had more than a task may give
                    future = cluster.submit(worker.work, job, some, bar.threshold, given.cursor)
    finally:
        cluster.cancel(future for _, future in waiting)


def _steps(lines: list[Outline]) -> Iterator[Step]:
    areas = ((line, area) for line, each in enumerate(lines) for area in each.areas())
    for number, (line, area) in enumerate(areas):
        yield Step(number, line, area)


def _take(steps: Iterator[Step], comparisons: float) -> list[Step]:
    """The next steps that make about so many comparisons; one at least, if there is one."""
    some: list[Step] = []
    for step in steps:
        some.append(step)
        comparisons -= size(step.area)
        if comparisons <= 0:
            break
    return some
