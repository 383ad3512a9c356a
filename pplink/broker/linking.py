"""Linking: from datasets to the links that the agreement calls hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink.agreement.model import Terms
from pplink.audit.events import Chosen
from pplink.disclosure.clusters import joined
from pplink.join.api import RECALL, explain, threshold_join
from pplink.join.backends.interface import Backend
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
    possible: Mapping[tuple[int, int], Pairs] | None = None
    """Possible hits, as `kept`; None if the agreement has none."""
    reused: int = 0
    """Couples of datasets that were not compared, as an earlier match had compared them."""

    def components(self, sizes: Sequence[int]) -> list[Rows]:
        """For each dataset (n,): each row's cluster number, or -1 for a row without a hit."""
        return components(self.kept, sizes)


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How the broker compares: what it may choose, for the agreement says what a hit is and not how it is found."""

    strategy: str = "auto"
    recall: float = RECALL
    seed: int = 0
    threads: int | None = None
    backend: str | Backend = "cpu"
    """What compares. A GPU compares every pair unless lsh is asked for."""

    @property
    def chosen(self) -> Chosen:
        """What of it is logged: threads and backend change nothing that is found; but auto means exact on a GPU."""
        return Chosen(strategy=self.strategy, recall=self.recall, seed=self.seed)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What comparing two datasets gave."""

    pairs: Pairs
    """At or above the threshold, before solving."""
    recall: float
    cut: int
    """As in `Links`."""


class Known(Protocol):
    """Where couples of datasets are looked up before they are compared; see `cache`."""

    def get(self, couple: tuple[int, int]) -> Found | None:
        """What an earlier match found."""
        ...

    def put(self, couple: tuple[int, int], found: Found) -> None:
        """For a later match."""
        ...


def plans(rows: Sequence[BitRows], terms: Terms, effort: Effort) -> list[Plan]:
    """What `link` would do for every two datasets, in its order."""
    return [
        explain(
            left,
            right,
            terms.lowest,
            measure=terms.measure,
            strategy=effort.strategy,
            recall=effort.recall,
            backend=effort.backend,
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
    known: Known | None = None,
) -> Links:
    """Compare every two datasets, then keep what the agreement's assignment allows.

    rows: (n * v, words) uint64 a dataset, v encodings of each record as the agreement says; two records score as the
    best of their encodings do. One-to-one: two datasets are assigned, three or more are
    clustered with at most one record of each; many-to-many keeps every pair. keepers: where each couple's join
    puts by what it finds, by the number of the couple. known: what was compared before, and is not again.
    Raises RefusedError if the threshold lets through more pairs than fit.
    """
    sizes = [len(dataset) // terms.encoding.rows for dataset in rows]
    comparisons = {(i, j): sizes[i] * sizes[j] for i, j in combinations(range(len(rows)), 2)}
    total, done, reused = sum(comparisons.values()), 0, 0
    found: dict[tuple[int, int], Found] = {}
    for number, (couple, share) in enumerate(comparisons.items()):
        advance = _shifted(progress, done, share, total)
        earlier = known.get(couple) if known is not None else None
        if earlier is None:
            sides = rows[couple[0]], rows[couple[1]]
            found[couple] = _compared(
                *sides, terms, effort, advance, None if keepers is None else keepers(number)
            )
            if known is not None:
                known.put(couple, found[couple])
        else:
            found[couple] = earlier
            reused += 1
            if advance is not None:
                advance(1, 1)
        done += share
    return _decided(found, sizes, terms, comparisons=total, reused=reused)


def _decided(
    found: Mapping[tuple[int, int], Found],
    sizes: Sequence[int],
    terms: Terms,
    *,
    comparisons: int,
    reused: int,
) -> Links:
    """What the agreement's assignment keeps of it."""
    pairs = {couple: each.pairs.at_least(terms.threshold) for couple, each in found.items()}
    kept = pairs if terms.assignment == "many-to-many" else _one_to_one(pairs, sizes, terms.solver)
    return Links(
        kept=kept,
        possible=None
        if terms.possible is UNSET
        else {couple: _possible(each.pairs, kept[couple], terms) for couple, each in found.items()},
        comparisons=comparisons,
        found=sum(map(len, pairs.values())),
        recall=min((each.recall for each in found.values()), default=1.0),
        cut=sum(each.cut for each in found.values()),
        reused=reused,
    )


def _compared(
    left: BitRows,
    right: BitRows,
    terms: Terms,
    effort: Effort,
    progress: Progress | None,
    keeper: Keeper | None,
) -> Found:
    reports: list[Report] = []
    pairs = threshold_join(
        left,
        right,
        terms.lowest,
        measure=terms.measure,
        strategy=effort.strategy,
        recall=effort.recall,
        seed=effort.seed,
        threads=effort.threads,
        backend=effort.backend,
        keeper=keeper,
        progress=progress,
        report=reports.append,
    )
    if terms.encoding.rows > 1:
        pairs = pairs.of_records(terms.encoding.rows)
    return Found(pairs=pairs, recall=reports[0].plan.recall, cut=reports[0].cut_comparisons)


def components(kept: Mapping[tuple[int, int], Pairs], sizes: Sequence[int]) -> list[Rows]:
    """For each dataset (n,): each row's number of the group that pairs join it to, or -1 for a row in none."""
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    left = [offsets[i] + pairs.left for (i, _), pairs in kept.items()]
    right = [offsets[j] + pairs.right for (_, j), pairs in kept.items()]
    labels = joined(np.concatenate(left), np.concatenate(right), int(offsets[-1]))
    return np.split(labels, offsets[1:-1])


def _possible(pairs: Pairs, kept: Pairs, terms: Terms) -> Pairs:
    """Of the pairs below the threshold, the possible hits; one-to-one, of records without a hit."""
    below = pairs.score < terms.threshold
    if terms.assignment == "one-to-one":
        below &= ~(np.isin(pairs.left, kept.left) | np.isin(pairs.right, kept.right))
    some = pairs.take(below)
    return some if terms.assignment == "many-to-many" else assign(some, solver=terms.solver)


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
