"""Run: a checked request, carried out once as it was planned."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pplink import memory
from pplink.join import shape
from pplink.join.backends.interface import Backend, Bar, Found, Place, Problem, Progress
from pplink.join.collect import Collector
from pplink.join.keeping import START, Keeper, kept
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
    """What compares every pair, where that is the plan; a cluster makes and compares the tables too."""
    seed: int
    threads: int
    progress: Progress | None
    report: Callable[[Report], None] | None
    keeper: Keeper | None = None
    _tally: Tally = field(default_factory=Tally)

    def collected(self, max_pairs: int | None, k_best: int | None) -> Pairs:
        """All pairs as one result. Raises RefusedError if there are too many."""
        collector = Collector(self.problem, self.bar, max_pairs, k_best)
        with memory.enough("the pairs of this join"):
            for found in self._found():
                collector.add(found)
            return collector.result()

    def blocks(self) -> Iterator[Pairs]:
        """The pairs in blocks, each in order."""
        for block in self._found():
            with memory.enough("a block of pairs"):
                pairs = Pairs.ordered(block.left, block.right, self.problem.scores(block))
            yield pairs

    def _found(self) -> Iterator[Found]:
        began, pairs = time.perf_counter(), 0
        with memory.enough("this join"):
            for block in self._carried_out():
                if len(block.common):
                    pairs += len(block.common)
                    yield block
        self._close(pairs, time.perf_counter() - began)

    def _carried_out(self) -> Iterator[Found]:
        """What was put by before, if anything, and then the rest."""
        if self.keeper is None:
            yield from (found for found, _ in self._parts(START))
            return
        begin, name = START, shape.digest(self.problem, self.plan, self.seed)
        for piece in self.keeper.kept(name):
            self._tally.take(piece.tally)
            yield piece.found
            begin = piece.until
            if piece.last:
                self._all_done()
                return
        yield from kept(self.keeper, name, begin, self._tally, self._parts(begin))

    def _parts(self, begin: Place) -> Iterator[tuple[Found, Place]]:
        """What is found from a place on, and what is whole with it."""
        if self.plan.exact:
            return (
                (part.found, Place(0, part.steps))
                for part in self.in_full(
                    self.problem, self.bar, threads=self.threads, begin=begin.steps, progress=self.progress
                )
            )
        return lsh.blocks(
            self.problem,
            self.bar,
            bands=self.plan.bands,
            seed=self.seed,
            tally=self._tally,
            in_full=self.in_full,
            threads=self.threads,
            begin=begin,
            progress=self.progress,
        )

    def _all_done(self) -> None:
        if self.progress is not None:
            total = len(self.problem.left) * len(self.problem.right)
            self.progress(total, total)

    def _close(self, pairs: int, seconds: float) -> None:
        tally = self._tally
        if self.report is not None:
            self.report(Report(plan=self.plan, pairs=pairs, seconds=seconds, **tally.counts()))
        elif tally.cut_buckets:
            warnings.warn(
                f"{tally.cut_buckets} buckets of rows too alike were not compared, {tally.cut_comparisons}"
                " comparisons in all: pass report=, or strategy='exact'",
                CutWarning,
                stacklevel=4,
            )
