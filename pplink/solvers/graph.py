"""Graph: all datasets' records as one row of numbers, and all pairs as its links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from pplink.errors import UsageError
from pplink.join.pairs import Pairs
from pplink.solvers.checks import Rows, Scores, ordered

MOST = 64
"""Datasets: one bit each in a word."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Links by falling score, then head, then tail; head and tail number the records of all datasets."""

    head: Rows
    tail: Rows
    score: Scores
    key: Rows
    """(l,) which of `keys` a link came from."""
    keys: tuple[tuple[int, int], ...]
    offsets: Rows
    """(datasets + 1,): where each dataset's records begin."""
    duplicates: frozenset[int]

    @property
    def records(self) -> int:
        """Of all datasets."""
        return int(self.offsets[-1])

    def pairs(self, key: tuple[int, int], kept: np.typing.NDArray[np.bool_]) -> Pairs:
        """The kept links between two datasets, in their own row numbers and in order. kept: (l,), of all links."""
        chosen = kept & (self.key == self.keys.index(key))
        left, right = self.offsets[key[0]], self.offsets[key[1]]
        return Pairs(left=self.head[chosen] - left, right=self.tail[chosen] - right, score=self.score[chosen])


def graph_of(
    pairs: Mapping[tuple[int, int], Pairs], sizes: Sequence[int], duplicates: frozenset[int]
) -> Graph:
    """One graph of all pairs. Raises UsageError for what cannot be."""
    _check(set(pairs), sizes, duplicates)
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.asarray(sizes, np.int64))))
    keys = tuple(sorted(pairs))
    parts = [_part(key, pairs[key], sizes) for key in keys]
    head = np.concatenate([part.left + offsets[i] for part, (i, _) in zip(parts, keys, strict=True)])
    tail = np.concatenate([part.right + offsets[j] for part, (_, j) in zip(parts, keys, strict=True)])
    score = np.concatenate([part.score for part in parts])
    key = np.repeat(np.arange(len(keys)), [len(part.score) for part in parts])
    order = np.lexsort((tail, head, -score))
    return Graph(
        head=head[order],
        tail=tail[order],
        score=score[order],
        key=key[order],
        keys=keys,
        offsets=offsets,
        duplicates=duplicates,
    )


def strong(graph: Graph) -> Graph:
    """With those links alone that are the best of either end among the other end's dataset; of equals, all.

    An end whose partner may be one of several, in a dataset with duplicates, need not have it as its best.
    """
    several = np.isin(np.asarray(graph.keys), list(graph.duplicates))[graph.key]
    kept = (_best(graph, graph.head) | several[:, 1]) & (_best(graph, graph.tail) | several[:, 0])
    return replace(
        graph, head=graph.head[kept], tail=graph.tail[kept], score=graph.score[kept], key=graph.key[kept]
    )


def _best(graph: Graph, end: Rows) -> np.typing.NDArray[np.bool_]:
    """Whether a link is its end's best to that dataset. Links fall, so the first of a kind is the best."""
    _, first, kind = np.unique(graph.key * graph.records + end, return_index=True, return_inverse=True)
    best: np.typing.NDArray[np.bool_] = graph.score == graph.score[first][kind]
    return best


def _part(key: tuple[int, int], pairs: Pairs, sizes: Sequence[int]) -> Pairs:
    part = ordered(pairs, (sizes[key[0]], sizes[key[1]]))
    if key[0] == key[1] and not bool((part.left < part.right).all()):
        raise UsageError("a pair inside one dataset does not have its lower row first")
    return part


def _check(keys: set[tuple[int, int]], sizes: Sequence[int], duplicates: frozenset[int]) -> None:
    if not 2 <= len(sizes) <= MOST or min(sizes) < 0:
        raise UsageError(f"clusters need 2 to {MOST} datasets, and sizes of 0 or more")
    if not duplicates <= set(range(len(sizes))):
        raise UsageError(
            "a dataset declared to have duplicates does not exist", "datasets are numbered from 0"
        )
    due = set(combinations(range(len(sizes)), 2))
    for key in sorted(due - keys):
        raise UsageError(
            f"the pairs of datasets {key[0]} and {key[1]} are missing", "give them even if empty"
        )
    for key in sorted(keys - due - {(d, d) for d in duplicates}, key=repr):
        raise UsageError(f"the pairs {key} are not of two datasets", "of i < j, or (d, d) with duplicates")
