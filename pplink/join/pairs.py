"""Pairs: two rows and a score, many of them, in one order that every backend keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Scored pairs by falling score, then left row, then right row, so that equal results are equal bytes."""

    left: Rows
    """Row in the left dataset, from 0."""
    right: Rows
    """Row in the right dataset, from 0."""
    score: Scores
    """What the measure gives, from 0 to 1."""

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def ordered(cls, left: npt.ArrayLike, right: npt.ArrayLike, score: npt.ArrayLike) -> Pairs:
        """Pairs from three columns of one length, in any order."""
        rows = np.asarray(left, np.int64), np.asarray(right, np.int64)
        scores = np.asarray(score, np.float64)
        order = np.argsort(rows[0] * (rows[1].max(initial=0) + 1) + rows[1])  # by left, then right, in one go
        order = order[np.argsort(-scores[order], kind="stable")]
        return cls(left=rows[0][order], right=rows[1][order], score=scores[order])

    def take(self, which: npt.NDArray[np.bool_] | Rows | slice) -> Pairs:
        """Some of them: (n,) whether each, or rising places."""
        return Pairs(left=self.left[which], right=self.right[which], score=self.score[which])

    def at_least(self, threshold: float) -> Pairs:
        """Those at or above the threshold. Exact: a score of up to 2^14 bits and another number of 6 decimals are
        further apart than a float64 is from what it stands for."""
        return self.take(slice(int(np.count_nonzero(self.score >= threshold))))  # scores fall

    def best(self, left: Rows, right: Rows) -> Pairs:
        """Pairs of what rows are of, such as persons, in place of pairs of rows: of the scores of two, the highest.

        left, right: (n,) of what the left and the right row of each pair is.
        """
        first = np.sort(np.unique(np.stack((left, right)), axis=1, return_index=True)[1])  # scores fall
        return Pairs.ordered(left[first], right[first], self.score[first])

    def of_records(self, variants: int) -> Pairs:
        """The same where records have so many rows each, one after the other."""
        return self.best(self.left // variants, self.right // variants)

    @classmethod
    def empty(cls) -> Pairs:
        """No pairs."""
        return cls.ordered([], [], [])

    @classmethod
    def together(cls, blocks: Iterable[Pairs]) -> Pairs:
        """The pairs of all blocks, in order."""
        parts = [cls.empty(), *blocks]
        return cls.ordered(
            np.concatenate([part.left for part in parts]),
            np.concatenate([part.right for part in parts]),
            np.concatenate([part.score for part in parts]),
        )
