"""Stating: how many of a run's pairs are expected to be false, told from its encodings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pplink.evaluation.calibration.nonmatches import BitRows, compare, together
from pplink.evaluation.calibration.tail import tail_of

FEWEST = 100
"""Records with which a list says something of strangers."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """Expected false matches among the pairs at or above a threshold, before any assignment."""

    false: float
    low: float
    high: float
    """Interval of 95 %."""

    def __str__(self) -> str:
        return f"{self.false:,.1f} ({self.low:,.1f} to {self.high:,.1f})"


def state(lists: Sequence[BitRows], measure: str, threshold: float, *, variants: int = 1) -> Stated | None:
    """Of all pairs of records between every two lists, (n * variants, words) each, none of which has a person twice.

    Each list compared with itself shows how alike strangers are. None if no list has FEWEST records, or if so many
    strangers reach the threshold that they were not counted: then it is far too low.
    """
    sizes = [np.count_nonzero(rows.any(axis=1)) // variants for rows in lists]
    known = [
        compare(rows, measure, record=np.arange(len(rows)) // variants)
        for rows, size in zip(lists, sizes, strict=True)
        if size >= FEWEST
    ]
    if not known:
        return None
    pooled = together(known)
    if threshold < pooled.floor:
        return None
    comparisons = sum(len(one) * len(other) for one, other in combinations(lists, 2)) / variants**2
    value, low, high = (
        float(column[0]) for column in tail_of(pooled).expected(np.array([threshold]), comparisons)
    )
    return Stated(false=value, low=low, high=high)
