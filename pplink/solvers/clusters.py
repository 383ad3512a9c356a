"""Clusters: records of three or more datasets that are said to be one person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pplink.errors import UsageError
from pplink.join.pairs import Pairs
from pplink.solvers.checks import Rows, Scores
from pplink.solvers.graph import Graph, graph_of, strong
from pplink.solvers.linkage import agglomerate

COHESION = 0.5
"""The highest F1 of 0.3 to 0.66 on made-up persons of five units (benchmarks/cluster_quality); see `cluster`."""


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """What was decided, and how good each decision looks. A record without a partner is in no cluster."""

    labels: tuple[Rows, ...]
    """For each dataset (n,) int64: the cluster of each row, or -1. Numbered by first member."""
    members: Rows
    """(m, 3) int64: cluster, dataset, row; sorted."""
    links: Mapping[tuple[int, int], Pairs]
    """For the same datasets as were given: the pairs whose two rows are in one cluster."""
    sizes: Rows
    """(c,) int64: records in each cluster."""
    weakest: Scores
    """(c,) float64: the lowest score among a cluster's links."""
    mean: Scores
    """(c,) float64: the mean score over a cluster's links."""
    counts: Rows
    """(c,) int64: a cluster's links; a size of k allows k (k - 1) / 2."""

    def __len__(self) -> int:
        """How many clusters there are."""
        return len(self.sizes)


def cluster(
    pairs: Mapping[tuple[int, int], Pairs],
    sizes: Sequence[int],
    *,
    duplicates: Collection[int] = (),
    cohesion: float = COHESION,
) -> Clusters:
    """Records of two to 64 datasets into clusters with at most one record of each dataset.

    pairs: for every two datasets i < j their pairs in any order, also when there are none; for a dataset d
    with duplicates also (d, d), left below right, if it was compared with itself. sizes: rows of each dataset.
    duplicates: datasets of which a cluster may hold several records.

    Only strong links count: those that are the best of both their records among the other's dataset, as in
    CLIP (Saeedi, Peukert, Rahm 2018, "Using Link Features for Entity Clustering in Knowledge Graphs"); in a
    dataset with duplicates a record need not be the best. Without this, of two relatives each draws the other's
    records. The algorithm is then MSCD-HAC with average linkage (Saeedi, David, Rahm 2021, "Matching Entities
    from Multiple Sources with Hierarchical Agglomerative Clustering"): of all two clusters that may be one,
    those with the highest mean score over their cross pairs are merged, until that mean is below `cohesion`.
    A pair without a strong link counts 0, so one wrong link between two large clusters is outvoted by those
    that are missing.
    Ties go to the lower dataset and row: any order of the pairs gives the same clusters.
    Time grows with the pairs times their logarithm, and with the size of clusters.
    Raises UsageError for datasets, rows or scores that cannot be, and for a pair given twice.
    """
    if not 0 <= cohesion <= 1:
        raise UsageError("cohesion is not between 0 and 1")
    graph = graph_of(pairs, sizes, frozenset(duplicates))
    label = _numbered(agglomerate(strong(graph), cohesion), graph)
    return _clusters(graph, label)


def _numbered(root: Rows, graph: Graph) -> Rows:
    """For each record of all datasets, its cluster by order of first members; -1 for a cluster of one."""
    together = root[graph.head] == root[graph.tail]
    linked = np.zeros(graph.records, np.bool_)
    linked[graph.head[together]] = linked[graph.tail[together]] = True
    records = np.flatnonzero(linked)
    _, first, place = np.unique(root[records], return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    label = np.full(graph.records, -1, np.int64)
    label[records] = number[place]
    return label


def _clusters(graph: Graph, label: Rows) -> Clusters:
    head, tail = label[graph.head], label[graph.tail]
    kept = (head == tail) & (head >= 0)
    owner, score = head[kept], graph.score[kept]
    total = int(label.max(initial=-1)) + 1
    weakest = np.full(total, np.inf)
    np.minimum.at(weakest, owner, score)
    counts = np.bincount(owner, minlength=total)
    return Clusters(
        labels=tuple(np.split(label, graph.offsets[1:-1])),
        members=_members(label, graph.offsets),
        links={key: graph.pairs(key, kept) for key in graph.keys},
        sizes=np.bincount(label[label >= 0], minlength=total).astype(np.int64),
        weakest=weakest,
        mean=np.bincount(owner, weights=score, minlength=total) / counts,
        counts=counts.astype(np.int64),
    )


def _members(label: Rows, offsets: Rows) -> Rows:
    records = np.flatnonzero(label >= 0)
    records = records[np.argsort(label[records], kind="stable")]
    dataset = np.searchsorted(offsets, records, side="right") - 1
    members: npt.NDArray[np.int64] = np.stack((label[records], dataset, records - offsets[dataset]), axis=1)
    return members
