"""Run: a checked request, carried out once as it was planned."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pplink.join.backends.interface import Backend, Bar, Found, Problem, Progress
from pplink.join.collect import Collector
from pplink.join.lsh import blocks as lsh
from pplink.join.lsh.tally import Tally
from pplink.join.pairs import Pairs
from pplink.join.planner import Plan
from pplink.join.report import CutWarning, Report


@dataclass(kw_only=True)
class Run:
    """One join."""

    problem: Problem
    bar: Bar
    plan: Plan
    in_full: Backend
    """What compares every pair, where that is the plan."""
    seed: int
    threads: int
    progress: Progress | None
    report: Callable[[Report], None] | None
    _tally: Tally = field(default_factory=Tally)

    def collected(self, max_pairs: int | None, k_best: int | None) -> Pairs:
        """All pairs as one result. Raises RefusedError if there are too many."""
        collector = Collector(self.problem, self.bar, max_pairs, k_best)
        for found in self._found():
            collector.add(found)
        return collector.result()

    def blocks(self) -> Iterator[Pairs]:
        """The pairs in blocks, each in order."""
        return (Pairs.ordered(block.left, block.right, self.problem.scores(block)) for block in self._found())

    def _found(self) -> Iterator[Found]:
        began, pairs = time.perf_counter(), 0
        for block in self._carried_out():
            pairs += len(block.common)
            yield block
        self._close(pairs, time.perf_counter() - began)

    def _carried_out(self) -> Iterator[Found]:
        if self.plan.exact:
            return self.in_full(self.problem, self.bar, threads=self.threads, progress=self.progress)
        return lsh.blocks(
            self.problem,
            self.bar,
            bands=self.plan.bands,
            seed=self.seed,
            tally=self._tally,
            threads=self.threads,
            progress=self.progress,
        )

    def _close(self, pairs: int, seconds: float) -> None:
        tally = self._tally
        if self.report is not None:
            self.report(Report(plan=self.plan, pairs=pairs, seconds=seconds, **vars(tally)))
        elif tally.cut_buckets:
            warnings.warn(
                f"{tally.cut_buckets} buckets of rows too alike were not compared, {tally.cut_comparisons}"
                " comparisons in all: pass report=, or strategy='exact'",
                CutWarning,
                stacklevel=4,
            )
