"""Checks: what solvers ask of pairs, looked at once, where pairs enter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.errors import UsageError
from pplink.join.pairs import Pairs

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


def ordered(pairs: Pairs, sizes: tuple[int, int] | None = None) -> Pairs:
    """The same pairs by falling score, then left, then right row, so that ties fall the same way everywhere.

    sizes: rows of the two datasets, where known. Raises UsageError for arrays of different lengths, rows
    outside the datasets, scores not in (0, 1], and a pair given twice.
    """
    left, right = (_rows(rows) for rows in (pairs.left, pairs.right))
    score = np.ascontiguousarray(pairs.score, np.float64)
    if left.ndim != 1 or not left.shape == right.shape == score.shape:
        raise UsageError("the arrays of pairs differ in length")
    if not bool(((score > 0) & (score <= 1)).all()):  # NaN is neither
        raise UsageError("a pair's score is not above 0 and at most 1")
    for rows, size in zip((left, right), sizes or (None, None), strict=True):
        _within(rows, size)
    order = _order(left, right, score)
    if order is not None:
        left, right, score = left[order], right[order], score[order]
    _once(left, right)
    return Pairs(left=left, right=right, score=score)


def compact(rows: Rows) -> tuple[Rows, int]:
    """(n,) row numbers without large gaps, order kept, and how many numbers there are.

    A row number of 10^18 must not ask for 10^18 cells.
    """
    bound = int(rows.max(initial=-1)) + 1
    if bound <= 4 * len(rows) + 1024:
        return rows, bound
    distinct, numbers = np.unique(rows, return_inverse=True)
    return numbers.astype(np.int64), len(distinct)


def _rows(rows: npt.ArrayLike) -> Rows:
    array = np.asarray(rows)
    if array.size and array.dtype.kind not in "iu":
        raise UsageError("row numbers of pairs are not integers")
    if array.dtype.kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise UsageError("a pair names a row that does not exist")
    return np.ascontiguousarray(array, np.int64)


def _within(rows: Rows, size: int | None) -> None:
    if len(rows) and (int(rows.min()) < 0 or (size is not None and int(rows.max()) >= size)):
        raise UsageError("a pair names a row that does not exist", "row numbers start at 0")


def _order(left: Rows, right: Rows, score: Scores) -> Rows | None:
    """The permutation into total order; None if they stand in it, as a join's pairs do."""
    falls, level = score[:-1] > score[1:], score[:-1] == score[1:]
    rises = (left[:-1] < left[1:]) | ((left[:-1] == left[1:]) & (right[:-1] <= right[1:]))
    if bool((falls | (level & rises)).all()):
        return None
    return np.lexsort((right, left, -score))


def _once(left: Rows, right: Rows) -> None:
    """A pair counted twice would weigh twice."""
    (left, _), (right, width) = compact(left), compact(right)
    keys = left * width + right
    keys.sort()
    if bool((keys[:-1] == keys[1:]).any()):
        raise UsageError("a pair is given twice")
