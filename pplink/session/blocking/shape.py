"""Shape: how a session is blocked, as it follows from the agreement and both lists' sizes, of which all know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product

from msgspec import UNSET

from pplink.agreement.model import Blocking
from pplink.session.blocking import chances

STRANGERS = 0.23
"""The chance with which two strangers' rows agree in a minimum, for the choice of the cheapest shape: .22 to .23, by
the number of minima, over rows of the preset `persons` (benchmarks/blocking.py). Recall does not depend on it."""
LIKELY = 3
"""Encodings that a record with variants has, of those that it may have, for the same choice; the others are empty, and
in no bin."""
SAME_YEAR, NO_YEAR = 0.02, 0.03
"""For the choice of the cheapest shape: the chance with which two strangers were born in one year, and the share of
records of no single year."""
FIRST_YEAR, YEARS = 1880, 160
"""Years that have bins of their own."""
MOST_SAMPLED = 7
BINS = tuple(size for power in range(5, 14) for size in (1 << power, 3 << (power - 1)))
STASHES = (1, 2, 4, 8)
COSTS = {128: 2.4, 256: 1.3, 512: 1.1, 1024: 1.0}
"""By rows in a block: what a pair in paired blocks costs, as all three roles' processor time, in pairs of all with all.
Each row of a block is masked anew for the rows of one block (`python -m benchmarks.blocking --costs`)."""
MOST_COUNTS = 1 << 20
"""Bins of all bands, at most: what a unit tells the other of."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One session's. Units have the same, or refuse each other's counts."""

    sampled: int
    """Minima in a band's key, K. 0: there is one band, of years, where a bin meets those beside it too, and the last
    bin, of rows of no single year, all."""
    bands: int
    """L: a row is in one bin of each."""
    bins: int
    """Bins of a band."""
    side: int
    """Rows in a block."""
    scale: Fraction
    """Of the noise on a bin's count: two-sided geometric, a whole number k with chance in proportion to
    exp(-|k| / scale) (Ghosh, Roughgarden, Sundararajan, "Universally utility-maximizing privacy mechanisms", STOC
    2009)."""
    shift: int
    """Added to a count beside its noise; see `chances.shift`."""
    stash: int
    """Blocks of a unit's rows that found no room; they meet all of the other's."""

    @property
    def years(self) -> bool:
        """Whether bins are years."""
        return not self.sampled

    @property
    def counts(self) -> int:
        """Bins of all bands."""
        return self.bands * self.bins

    def stash_pairs(self, sizes: tuple[int, int]) -> int:
        """Pairs of blocks of rows that found no room with all of the other unit's."""
        return self.stash * sum(-(-size // self.side) for size in sizes)

    def comparisons(self, sizes: tuple[int, int]) -> float:
        """Expected pairs of places, if strangers agree as STRANGERS says. A bin with x rows has x + shift + side/2
        places on average."""
        left, right = map(float, sizes)
        more = float(self.shift) + self.side / 2
        one = left * right * self._meet() + more * (left + right) + self.bins * more * more
        if self.years:
            one = 3 * one + 2 * NO_YEAR * left * right
        return self.bands * one + float(self.stash_pairs(sizes) * self.side**2)

    def _meet(self) -> float:
        """The chance with which two strangers are in one bin of a band."""
        if self.years:
            return SAME_YEAR
        agree = 1.0
        for _ in range(self.sampled):
            agree *= STRANGERS
        return agree + (1.0 - agree) / self.bins

    def cost(self, sizes: tuple[int, int]) -> float:
        """What it is expected to cost, in comparisons of all pairs."""
        return self.comparisons(sizes) * COSTS[self.side]


def share(pairs: int, side: int, sizes: tuple[int, int]) -> float:
    """What so many pairs of blocks cost, all pairs being 1."""
    return pairs * side**2 * COSTS[side] / (sizes[0] * sizes[1])


def likely(records: tuple[int, int], variants: int) -> tuple[int, int]:
    """Rows of lists that are not empty, as expected."""
    return records[0] * min(variants, LIKELY), records[1] * min(variants, LIKELY)


@lru_cache(maxsize=64)
def shape_of(
    blocking: Blocking, threshold: float, records: tuple[int, int], variants: int = 1
) -> Shape | None:
    """The one that is expected to be cheapest for lists of so many records, each of up to `variants` rows; None if no
    number of bands has the recall."""
    shapes = list(_shapes(blocking, Fraction(repr(threshold)), variants))
    return min(shapes, key=lambda each: each.cost(likely(records, variants)), default=None)


def _shapes(blocking: Blocking, threshold: Fraction, variants: int) -> Iterator[Shape]:
    epsilon = Fraction(repr(blocking.epsilon))
    for sampled, bands in _bands(blocking, threshold):
        # one record in the place of another: in each band a row less in one bin, and one more in another, a variant
        scale = 2 * bands * variants / epsilon
        for bins, side, stash in product(BINS if sampled else (YEARS + 1,), COSTS, STASHES):
            shift = chances.shift(bands * bins, scale, stash * side)
            if shift is not None and bands * bins <= MOST_COUNTS:
                yield Shape(
                    sampled=sampled, bands=bands, bins=bins, side=side, scale=scale, shift=shift, stash=stash
                )


def _bands(blocking: Blocking, threshold: Fraction) -> Iterator[tuple[int, int]]:
    """Minima of a key, and how many bands then have the recall agreed."""
    if blocking.recall is UNSET:
        yield 0, 1
        return
    for sampled in range(1, MOST_SAMPLED + 1):
        bands = chances.bands(threshold, sampled, Fraction(repr(blocking.recall)))
        if bands is None:
            return
        yield sampled, bands
