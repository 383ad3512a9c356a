"""Stating: how many of a run's pairs are expected to be false, told from its encodings alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pplink.evaluation.calibration.nonmatches import BitRows, compare, together
from pplink.evaluation.calibration.tail import Tail, tail_of

FEWEST = 100
"""Records with which a list says something of strangers."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """Expected false matches among the pairs at or above a threshold, before any assignment."""

    false: float
    low: float
    high: float
    """Interval of 95 %."""

    def __add__(self, other: Stated) -> Stated:
        """Of other comparisons too; the interval is as if both erred alike."""
        return Stated(false=self.false + other.false, low=self.low + other.low, high=self.high + other.high)

    def at_most(self, pairs: int) -> Stated:
        """Of so many pairs as were found."""
        return Stated(false=min(self.false, pairs), low=min(self.low, pairs), high=min(self.high, pairs))

    def __str__(self) -> str:
        return f"{self.false:,.1f} ({self.low:,.1f} to {self.high:,.1f})"


def strangers_of(lists: Sequence[BitRows], measure: str, *, variants: int = 1) -> Tail | None:
    """How often strangers score what, as each list compared with itself shows; (n * variants, words) each, none of
    which has a person twice. None if no list has FEWEST records.
    """
    sizes = [np.count_nonzero(rows.any(axis=1)) // variants for rows in lists]
    known = [
        compare(rows, measure, record=np.arange(len(rows)) // variants)
        for rows, size in zip(lists, sizes, strict=True)
        if size >= FEWEST
    ]
    return tail_of(together(known)) if known else None


def state(strangers: Tail | None, threshold: float, comparisons: float) -> Stated | None:
    """Of so many pairs of records, of lists whose persons are as alike as those of one; see `estimating` for what the
    pairs themselves tell. None if strangers are not known, or if so many of them reach the threshold that
    they were not counted: then it is far too low.
    """
    if strangers is None or threshold < strangers.known.floor:
        return None
    value, low, high = (float(column[0]) for column in strangers.expected(np.array([threshold]), comparisons))
    return Stated(false=value, low=low, high=high)
