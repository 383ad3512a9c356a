"""Distributed: the join on a Dask cluster. Tasks name rows by digest and range, and workers map them themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from pplink.join.backends import worker
from pplink.join.backends.cluster import Cluster
from pplink.join.backends.interface import Bar, Part, Problem, Progress
from pplink.join.backends.outline import Outline, outlines, size
from pplink.join.backends.slices import TILE, Side, prepare, rare_first
from pplink.join.backends.store import Kept, Store
from pplink.join.backends.tasks import Pace, in_order
from pplink.join.backends.worker import Job, Step, Swept
from pplink.join.measures import Ints
from pplink.join.rows import BitRows, Counts

PACE = 1e9
"""Comparisons a second of a thread, till tasks have told."""

Prepare = Callable[[BitRows, Counts], Side]


class Half(NamedTuple):
    """A side in the store, and what this machine keeps of it."""

    kept: Kept
    counts: Counts
    origin: Ints
    """As in `Side`."""


class Stored(NamedTuple):
    """A join whose sides are where workers find them."""

    job: Job
    left: Half
    right: Half


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
        self._users = 0
        self._pace = Pace(PACE)

    def __enter__(self) -> Dask:
        self._users += 1
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._users -= 1
        if not self._users:
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
        place = rare_first(problem.left, problem.right)
        with (
            self.cluster(threads) as cluster,
            ThreadPoolExecutor(threads) as executor,
            stored(problem, cluster, lambda rows, ones: prepare(rows, ones, place, executor)) as kept,
        ):
            for given, some in _swept(cluster, kept.job, steps, bar, self._pace, total - done):
                if given.steps:
                    done += sum(size(step.area) for step in some[: given.steps])
                    yield Part(given.whole, some[given.steps - 1].number + 1)
                if given.part is not None:
                    yield Part(given.part, some[given.steps].number)
                if progress is not None:
                    progress(done, total)

    @contextmanager
    def cluster(self, threads: int) -> Iterator[Cluster]:
        """The cluster, connected; it stays as long as anybody uses this object."""
        with self:
            if self._cluster is None:
                self._cluster = Cluster(self._scheduler, self._place, threads)
            yield self._cluster

    def _close(self) -> None:
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            if self._scheduler is not None:  # our own workers end
                cluster.everywhere(worker.forget)
            cluster.close()


@contextmanager
def stored(problem: Problem, cluster: Cluster, prepared: Prepare) -> Iterator[Stored]:
    """The problem's sides, made ready once and put where workers map them till this is left.

    prepared: how a side is made ready. One is in memory at a time.
    """
    with _stored(cluster.store, problem.left, problem.left_counts, prepared) as left, ExitStack() as stack:
        right = left
        if not problem.itself:
            other = _stored(cluster.store, problem.right, problem.right_counts, prepared)
            right = stack.enter_context(other)
        job = Job(
            folder=str(cluster.store.folder),
            left=left.kept,
            right=right.kept,
            words=problem.left.shape[1],
            itself=problem.itself,
            measure=problem.measure.name,
            threshold=problem.threshold,
            software=worker.ours(),
            tile=TILE,
        )
        yield Stored(job, left, right)


@contextmanager
def _stored(store: Store, rows: BitRows, counts: Counts, prepared: Prepare) -> Iterator[Half]:
    side = prepared(rows, counts)
    half = Half(store.put(side), side.counts, side.origin)
    del side
    try:
        yield half
    finally:
        store.drop(half.kept)


def _swept(
    cluster: Cluster, job: Job, steps: Iterator[Step], bar: Bar, pace: Pace, rest: int
) -> Iterator[tuple[Swept, Sequence[Step]]]:
    return in_order(
        cluster,
        lambda some, cursor: cluster.submit(worker.work, job, some, bar.threshold, cursor),
        steps,
        lambda step: size(step.area),
        pace,
        rest,
    )


def _steps(lines: list[Outline]) -> Iterator[Step]:
    areas = ((line, area) for line, each in enumerate(lines) for area in each.areas())
    for number, (line, area) in enumerate(areas):
        yield Step(number, line, area)
