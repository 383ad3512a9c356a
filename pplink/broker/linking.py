"""Linking: from datasets to the links that the agreement calls hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pplink.agreement.model import Terms
from pplink.join.api import RECALL, explain, threshold_join
from pplink.join.keeping import Keeper
from pplink.join.pairs import Pairs
from pplink.join.planner import Plan
from pplink.join.report import Report
from pplink.solvers import assign, cluster

Progress = Callable[[int, int], None]
Rows = npt.NDArray[np.int64]
BitRows = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Links:
    """What a run decided, in rows of its datasets."""

    kept: Mapping[tuple[int, int], Pairs]
    """Pairs that became hits, for datasets (i, j), i < j."""
    comparisons: int
    """Pairs of rows that the agreement asked to compare."""
    found: int
    """Pairs at or above the threshold, before solving."""
    recall: float
    """The chance with which each pair at or above the threshold was found, at least; 1: all were compared."""
    cut: int
    """Comparisons planned and left out because rows were too alike."""

    def components(self, sizes: Sequence[int]) -> list[Rows]:
        """For each dataset, each row's cluster number, or -1 for a row without a hit."""
        offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        left = [offsets[i] + pairs.left for (i, _), pairs in self.kept.items()]
        right = [offsets[j] + pairs.right for (_, j), pairs in self.kept.items()]
        heads, tails = np.concatenate(left), np.concatenate(right)
        graph = coo_array((np.ones(len(heads), np.int8), (heads, tails)), shape=(offsets[-1], offsets[-1]))
        labels = connected_components(graph, directed=False)[1].astype(np.int64)
        linked = np.zeros(offsets[-1], bool)
        linked[heads] = linked[tails] = True
        labels[~linked] = -1
        return np.split(labels, offsets[1:-1])


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How the broker compares: what it may choose, for the agreement says what a hit is and not how it is found."""

    strategy: str = "auto"
    recall: float = RECALL
    seed: int = 0
    threads: int | None = None


def plans(rows: Sequence[BitRows], terms: Terms, effort: Effort) -> list[Plan]:
    """What `link` would do for every two datasets, in its order."""
    return [
        explain(
            left,
            right,
            terms.threshold,
            measure=terms.measure,
            strategy=effort.strategy,
            recall=effort.recall,
            threads=effort.threads,
        )
        for left, right in combinations(rows, 2)
    ]


def link(
    rows: Sequence[BitRows],
    terms: Terms,
    effort: Effort,
    progress: Progress | None,
    keepers: Callable[[int], Keeper] | None = None,
) -> Links:
    """Compare every two datasets, then keep what the agreement's assignment allows.

    rows: (n, words) uint64 a dataset. One-to-one: two datasets are assigned, three or more are
    clustered with at most one record of each; many-to-many keeps every pair. keepers: where each couple's join
    puts by what it finds, by the number of the couple.
    Raises RefusedError if the threshold lets through more pairs than fit.
    """
    sizes = [len(dataset) for dataset in rows]
    couples = list(combinations(range(len(rows)), 2))
    total = sum(sizes[i] * sizes[j] for i, j in couples)
    found: dict[tuple[int, int], Pairs] = {}
    reports: list[Report] = []
    done = 0
    for number, (i, j) in enumerate(couples):
        found[i, j] = threshold_join(
            rows[i],
            rows[j],
            terms.threshold,
            measure=terms.measure,
            strategy=effort.strategy,
            recall=effort.recall,
            seed=effort.seed,
            threads=effort.threads,
            keeper=None if keepers is None else keepers(number),
            progress=_shifted(progress, done, sizes[i] * sizes[j], total),
            report=reports.append,
        )
        done += sizes[i] * sizes[j]
    kept = found if terms.assignment == "many-to-many" else _one_to_one(found, sizes, terms.solver)
    return Links(
        kept=kept,
        comparisons=total,
        found=sum(len(pairs) for pairs in found.values()),
        recall=min((report.plan.recall for report in reports), default=1.0),
        cut=sum(report.cut_comparisons for report in reports),
    )


def _one_to_one(
    found: Mapping[tuple[int, int], Pairs], sizes: Sequence[int], solver: str
) -> Mapping[tuple[int, int], Pairs]:
    if len(sizes) == 2:
        return {(0, 1): assign(found[0, 1], solver=solver)}
    return cluster(found, sizes).links


def _shifted(progress: Progress | None, before: int, share: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, of: progress(before + share * done // max(of, 1), total)
