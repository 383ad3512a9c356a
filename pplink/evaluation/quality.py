"""Quality: precision, recall and F1, with the counts behind them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from pplink.errors import UsageError

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Three counts, and the three figures that follow from them."""

    true_pairs: int
    """Pairs, or whole clusters, that there are."""
    found: int
    """Pairs, or whole clusters, that were said to be one person."""
    right: int
    """Those that are both."""

    @property
    def precision(self) -> float:
        """right / found; 1 if nothing was found, for nothing wrong was said."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """right / true_pairs; 1 if there was nothing to find."""
        return self.right / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """2 right / (found + true_pairs), the harmonic mean of the two; 1 if both are 0."""
        both = self.found + self.true_pairs
        return 2 * self.right / both if both else 1.0

    def __str__(self) -> str:
        figures = f"precision {self.precision:.4f}, recall {self.recall:.4f}, F1 {self.f1:.4f}"
        return f"{figures} ({self.right:,} right of {self.found:,} found, {self.true_pairs:,} true)"


def added(parts: Sequence[Quality]) -> Quality:
    """Of several parts, such as couples of lists, as one: their counts are added up."""
    return Quality(
        true_pairs=sum(each.true_pairs for each in parts),
        found=sum(each.found for each in parts),
        right=sum(each.right for each in parts),
    )


def of_pairs(
    found: Iterable[tuple[Hashable, Hashable]], truth: Iterable[tuple[Hashable, Hashable]]
) -> Quality:
    """Of pairs (left, right) of row numbers or record ids: tuples, or an (n, 2) array of integers.

    A pair named twice counts once. Left and right are different lists: (1, 2) is not (2, 1).
    Raises UsageError for an array of another shape.
    """
    said, real = _pairs(found), _pairs(truth)
    return Quality(true_pairs=len(real), found=len(said), right=len(said & real))


def of_clusters(labels: Sequence[npt.ArrayLike], people: Sequence[npt.ArrayLike]) -> Quality:
    """Of clusters, pairwise: every two records of two different datasets are a pair if they are together.

    labels: for each dataset (n,) the cluster of each row, or -1; people: likewise its true person, or -1 for
    one who is nowhere else. Counted in groups, never pair by pair. Raises UsageError for lengths that differ.
    """
    said, real = _same_rows(labels, people)
    _, both = np.unique(np.stack((said, real), axis=1), axis=0, return_inverse=True)
    right = np.where((said >= 0) & (real >= 0), both.ravel(), -1)
    cuts = np.cumsum([len(np.asarray(rows)) for rows in labels])[:-1]
    true, found, good = (_together(np.split(column, cuts)) for column in (real, said, right))
    return Quality(true_pairs=true, found=found, right=good)


def of_whole_clusters(labels: Sequence[npt.ArrayLike], people: Sequence[npt.ArrayLike]) -> Quality:
    """Of clusters, whole: right is one that holds all records of one person and nothing else.

    Arguments and errors as `of_clusters`; clusters and people of a single record do not count.
    """
    said, real = _same_rows(labels, people)
    groups, persons = (_groups(column) for column in (said, real))
    return Quality(true_pairs=len(persons), found=len(groups), right=len(groups & persons))


def _groups(column: Rows) -> set[bytes]:
    """The rows of each label, as bytes; without labels of one row, and without -1."""
    rows = np.flatnonzero(column >= 0)
    rows = rows[np.argsort(column[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(column[rows])) + 1
    return {group.tobytes() for group in np.split(rows, starts) if len(group) > 1}


def _same_rows(labels: Sequence[npt.ArrayLike], people: Sequence[npt.ArrayLike]) -> tuple[Rows, Rows]:
    said, real = ([_column(rows) for rows in lists] for lists in (labels, people))
    if [len(rows) for rows in said] != [len(rows) for rows in real]:
        raise UsageError("labels and people are not of the same datasets")
    nothing = [np.zeros(0, np.int64)]
    return np.concatenate(said or nothing), np.concatenate(real or nothing)


def _pairs(pairs: Iterable[tuple[Hashable, Hashable]]) -> set[tuple[Hashable, Hashable]]:
    if isinstance(pairs, np.ndarray):
        if pairs.ndim != 2 or pairs.shape[1] != 2:
            raise UsageError("pairs are not a table of two columns")
        return set(map(tuple, pairs.tolist()))
    return {(left, right) for left, right in pairs}


def _column(rows: npt.ArrayLike) -> Rows:
    column = np.asarray(rows)
    if column.ndim != 1 or (column.size and column.dtype.kind not in "iu"):
        raise UsageError("labels and people are columns of integers")
    return column.astype(np.int64)


def _together(datasets: Sequence[Rows]) -> int:
    """Pairs of rows of two datasets with one label."""
    counts = [np.unique(rows[rows >= 0], return_counts=True) for rows in datasets]
    total = 0
    for (some, times), (others, other_times) in combinations(counts, 2):
        _, here, there = np.intersect1d(some, others, assume_unique=True, return_indices=True)
        total += int((times[here] * other_times[there]).sum())
    return total
