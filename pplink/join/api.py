"""API: all pairs at or above a threshold, as one result or in blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pplink.errors import UsageError
from pplink.join.backends import cpu, reference
from pplink.join.backends.interface import Backend, Bar, Problem, Progress
from pplink.join.collect import Collector
from pplink.join.measures import exact, measure_named
from pplink.join.pairs import Pairs
from pplink.join.rows import BitRows, checked, checked_sides, counts

BACKENDS: dict[tuple[str, str], Backend] = {
    ("exact", "cpu"): cpu.blocks,
    ("exact", "reference"): reference.blocks,
}
"""What a strategy runs on: (strategy, backend)."""
MAX_PAIRS = 20_000_000
"""Pairs in one result unless told otherwise: 480 MB, and 2 GB while they are gathered."""


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """A checked request."""

    problem: Problem
    backend: Backend
    threads: int
    progress: Progress | None

    def collect(self, max_pairs: int | None, k_best: int | None) -> Pairs:
        bar = Bar(self.problem)
        collector = Collector(self.problem, bar, max_pairs, k_best)
        for found in self.backend(self.problem, bar, threads=self.threads, progress=self.progress):
            collector.add(found)
        return collector.result()

    def blocks(self) -> Iterator[Pairs]:
        found = self.backend(self.problem, Bar(self.problem), threads=self.threads, progress=self.progress)
        return (Pairs.ordered(block.left, block.right, self.problem.scores(block)) for block in found)


def threshold_join(
    left: BitRows,
    right: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "exact",
    backend: str = "cpu",
    threads: int | None = None,
    k_best: int | None = None,
    max_pairs: int | None = MAX_PAIRS,
    progress: Progress | None = None,
) -> Pairs:
    """All pairs of a left and a right row that score at or above the threshold.

    left, right: (n, words) uint64, any byte order. Pairs come by falling score, then left row, then right
    row, and are the same bytes from every backend and with any number of threads. Rows without a bit set
    match nothing: a missing name must not link two strangers.
    threshold: from 0 to 1, read as the decimal number it prints as; a score equal to it is kept.
    measure: dice, jaccard, cosine, or hamming (as a likeness, 1 - distance / bits).
    threads: all cores that this process may use, unless given. k_best: at most so many pairs for each
    left row, the best ones. max_pairs: None for no cap. progress: called with comparisons done and in all.
    Raises DataError for arrays of another kind or of different widths, UsageError for arguments that
    cannot be, RefusedError if there are more than max_pairs, with a threshold that fits.
    """
    sides = checked_sides(left, right)
    ready = _ready(*sides, threshold, measure, strategy, backend, threads, progress, itself=False)
    return ready.collect(_positive("max_pairs", max_pairs), _positive("k_best", k_best))


def self_join(
    rows: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "exact",
    backend: str = "cpu",
    threads: int | None = None,
    max_pairs: int | None = MAX_PAIRS,
    progress: Progress | None = None,
) -> Pairs:
    """All pairs of two rows of one dataset, each once with left < right; else as `threshold_join`."""
    only = checked(rows, "the")
    ready = _ready(only, only, threshold, measure, strategy, backend, threads, progress, itself=True)
    return ready.collect(_positive("max_pairs", max_pairs), None)


def join_blocks(
    left: BitRows,
    right: BitRows,
    threshold: float | Fraction,
    *,
    measure: str = "dice",
    strategy: str = "exact",
    backend: str = "cpu",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Pairs]:
    """The pairs of `threshold_join` in blocks of at most about a million.

    So a low threshold costs disk, not memory.

    Each block is in order, and so is `Pairs.together(blocks)`. Arguments are checked before the first
    block is asked for. Closing the iterator stops the work.
    """
    sides = checked_sides(left, right)
    return _ready(*sides, threshold, measure, strategy, backend, threads, progress, itself=False).blocks()


def _ready(
    left: BitRows,
    right: BitRows,
    threshold: float | Fraction,
    measure: str,
    strategy: str,
    backend: str,
    threads: int | None,
    progress: Progress | None,
    *,
    itself: bool,
) -> _Ready:
    if (strategy, backend) not in BACKENDS:
        known = ", ".join(f"{plan} on {place}" for plan, place in BACKENDS)
        raise UsageError(f"no join is called {strategy!r} on {backend!r}", f"choose one of {known}")
    ones = counts(left)
    problem = Problem(
        left=left,
        right=right,
        left_counts=ones,
        right_counts=ones if itself else counts(right),
        itself=itself,
        measure=measure_named(measure),
        threshold=exact(threshold),
    )
    cores = _positive("threads", threads) or len(os.sched_getaffinity(0))
    return _Ready(problem=problem, backend=BACKENDS[strategy, backend], threads=cores, progress=progress)


def _positive(name: str, value: int | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{name} is not a whole number from 1 up")
    return value
