"""Linkage: merge the two clusters with the highest mean score, again and again."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.solvers.checks import Rows, Scores
from pplink.solvers.graph import Graph

Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int32]


def agglomerate(graph: Graph, cohesion: float) -> Rows:
    """For each record, one record that stands for its cluster. Average linkage; links not there count 0.

    Links wait by falling priority. A link's priority is at least the mean between the clusters of its two
    ends when they are looked at, since no merger raises a mean above both of its parts (Bruynooghe 1977,
    "reducibility"): so if the mean has fallen the link waits again, and if not, no better merger exists.
    """
    start, neighbour, weight = _adjacency(graph)
    dataset = np.repeat(np.arange(len(graph.offsets) - 1), np.diff(graph.offsets))
    single = np.asarray([d not in graph.duplicates for d in range(len(graph.offsets) - 1)])
    bits = np.where(single, np.uint64(1) << np.arange(len(single), dtype=np.uint64), np.uint64(0))
    apart = [d for d in sorted(graph.duplicates) if (d, d) not in graph.keys]
    counts = (dataset[:, None] == np.asarray(apart, np.int64)).astype(np.int32)
    return _merge(
        graph.head, graph.tail, graph.score, start, neighbour, weight, bits[dataset], counts, cohesion
    )


def _adjacency(graph: Graph) -> tuple[Rows, Rows, Scores]:
    """Each record's links by rising neighbour: where they start, the neighbours, the scores."""
    ends = np.concatenate((graph.head, graph.tail))
    others = np.concatenate((graph.tail, graph.head))
    order = np.lexsort((others, ends))
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(ends, minlength=graph.records))))
    return start, others[order], np.concatenate((graph.score, graph.score))[order]


@kernel
def _merge(
    head: Rows,
    tail: Rows,
    score: Scores,
    start: Rows,
    neighbour: Rows,
    weight: Scores,
    bits: Words,
    counts: Counts,
    cohesion: float,
) -> Rows:
    root = np.arange(len(bits))
    following = np.arange(len(bits))  # members of a cluster stand in a ring
    sizes = np.ones(len(bits), np.int64)
    lowered = [(0.0, np.int64(-1)) for _ in range(0)]
    fresh = 0
    while fresh < len(head) or len(lowered) > 0:
        if len(lowered) > 0 and (fresh == len(head) or lowered[0] < (-score[fresh], fresh)):
            negative, link = heapq.heappop(lowered)
        else:
            negative, link = -score[fresh], np.int64(fresh)
            fresh += 1
        one, other = root[head[link]], root[tail[link]]
        if one == other or bits[one] & bits[other]:
            continue
        mean = _mean(one, other, following, start, neighbour, weight, counts, sizes)
        if mean < cohesion:
            continue
        if mean < -negative:
            heapq.heappush(lowered, (-mean, link))
        else:
            _join(one, other, root, following, sizes, bits, counts)
    return root


@kernel
def _mean(
    one: int,
    other: int,
    following: Rows,
    start: Rows,
    neighbour: Rows,
    weight: Scores,
    counts: Counts,
    sizes: Rows,
) -> float:
    """Over the cross pairs that were compared."""
    total = 0.0
    here = one
    while True:
        ends = neighbour[start[here] : start[here + 1]]
        there = other
        while True:
            place = np.searchsorted(ends, there)
            if place < len(ends) and ends[place] == there:
                total += weight[start[here] + place]
            there = following[there]
            if there == other:
                break
        here = following[here]
        if here == one:
            break
    compared = sizes[one] * sizes[other]
    for apart in range(counts.shape[1]):
        compared -= np.int64(counts[one, apart]) * counts[other, apart]
    return float(total / compared)


@kernel
def _join(
    one: int, other: int, root: Rows, following: Rows, sizes: Rows, bits: Words, counts: Counts
) -> None:
    """The smaller cluster takes the larger one's root; of equal ones, the later takes the earlier's."""
    if (sizes[one], -one) < (sizes[other], -other):
        one, other = other, one
    member = other
    while True:
        root[member] = one
        member = following[member]
        if member == other:
            break
    following[one], following[other] = following[other], following[one]
    sizes[one] += sizes[other]
    bits[one] |= bits[other]
    counts[one] += counts[other]
