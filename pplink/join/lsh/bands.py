"""Bands: rows with a similar number of bits set are joined with the same tables.

The Hamming distance at which two rows still match grows with their bits set. One number of tables for
all would either miss pairs of long rows or waste work on short ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pplink.join.measures import Ints, Measure


class Span(NamedTuple):
    """What of a band is the same in all its tables; the fields are the band's."""

    lowest: int
    highest: int
    sampled: int
    ceiling: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """Left rows of a range, and the right rows they may match. Every pair is in exactly one band."""

    lowest: int
    highest: int
    """Bits set in the band's left rows: from, to."""
    sampled: int
    """Bits a key, K. 0: every pair is compared, without tables."""
    floors: Ints
    """(tables,) int64, rising: the fewest bits set that a right row has to be in each table. A right row is
    in as many tables as its farthest match in the band needs. (1,) if every pair is compared."""
    ceiling: int
    """The most bits set in a right row that a row of the band can match."""
    comparisons: float
    """Expected comparisons of two rows."""
    seconds: float
    """Expected seconds of one core."""

    @property
    def tables(self) -> int:
        """Tables of the band, L."""
        return len(self.floors) if self.sampled else 0

    @property
    def span(self) -> Span:
        """What of it is the same in all tables."""
        return Span(self.lowest, self.highest, self.sampled, self.ceiling)

    def describe(self) -> str:
        """What a person is shown."""
        return f"{self.tables} tables of {self.sampled} bits" if self.sampled else "every pair is compared"


def distances(lefts: Ints, rights: Ints, measure: Measure, reach: Ints) -> Ints:
    """(lefts, rights) int64: the largest Hamming distance of a match with so many bits set; -1: no match.

    A match with a and b bits set has at least c bits in common, where reach[c] is the first to include
    its key, and so a distance of at most a + b - 2c. In any case they share what has no room elsewhere.
    """
    ones, bits = lefts[:, None], len(reach) - 1
    key = measure.key(ones, rights[None])
    if (most := int(key.max(initial=0))) < key.size:  # each key once, for many pairs have the same
        common = np.searchsorted(reach, np.arange(most + 1))[key]
    else:
        common = np.searchsorted(reach, key)
    common = np.maximum(common, ones + rights - bits)
    return np.where(common <= np.minimum(ones, rights), ones + rights - 2 * common, -1)
