"""Measures say how alike two rows of bits are: by integers for the decision, in float64 for the record.

With a and b bits set in the two rows, c of them in common, and width d:

    dice      2c / (a + b)
    jaccard   c / (a + b - c)
    cosine    c / sqrt(a b)
    hamming   1 - (a + b - 2c) / d    one less the share of bits that differ: a likeness, as the others
    minhash   1 - 2 (a + b - 2c) / d  one less twice that share: the Jaccard coefficient of what was hashed, as bits
                                      of MinHash tell it (Smith 2017), and 0 where that is below 0; of half-full
                                      rows, their correlation

Each is "at or above t" exactly when a key, a + b or a b, is at most an integer that depends on c alone.
A kernel then needs one table of d + 1 integers, and no float decides: 2c/(a+b) rounded could fall on
the other side of 0.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pplink.errors import UsageError
from pplink.join.rows import BitRows, counts

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ANY = 2**62
"""A key that no row reaches: at threshold 0 every pair matches."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure. Every one grows with c, and for a given c falls as a or b grows."""

    name: str
    product: bool
    """The key is a b; else it is a + b."""
    largest: Callable[[int, int, int, int], int]
    """(c, d, p, q): the largest key with which c bits in common reach t = p / q, p > 0."""
    scores: Callable[[Ints, Ints, Ints, int], Floats]
    """(c, a, b, d): float64 scores; one division, so every machine gives the same bits."""

    def key(self, a: Ints, b: Ints) -> Ints:
        """(n,): what is compared with `reach`. a, b: (n,) bits set in the left and in the right row."""
        return a * b if self.product else a + b

    def reach(self, bits: int, threshold: Fraction) -> Ints:
        """(bits + 1,) int64, rising: a pair with c bits in common matches if key(a, b) <= reach[c]."""
        if threshold == 0:
            return np.full(bits + 1, ANY, np.int64)
        p, q = threshold.numerator, threshold.denominator
        return np.array([min(ANY, self.largest(c, bits, p, q)) for c in range(bits + 1)], np.int64)


MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            name="dice",
            product=False,
            largest=lambda c, _, p, q: 2 * c * q // p,
            scores=lambda c, a, b, _: 2 * c / (a + b),
        ),
        Measure(
            name="jaccard",
            product=False,
            largest=lambda c, _, p, q: c * (p + q) // p,
            scores=lambda c, a, b, _: c / (a + b - c),
        ),
        Measure(
            name="cosine",
            product=True,
            largest=lambda c, _, p, q: (c * q) ** 2 // p**2,
            scores=lambda c, a, b, _: c / np.sqrt(a * b),
        ),
        Measure(
            name="hamming",
            product=False,
            largest=lambda c, d, p, q: d * (q - p) // q + 2 * c,
            scores=lambda c, a, b, d: (d - (a + b - 2 * c)) / d,
        ),
        Measure(
            name="minhash",
            product=False,
            largest=lambda c, d, p, q: d * (q - p) // (2 * q) + 2 * c,
            scores=lambda c, a, b, d: np.maximum(d - 2 * (a + b - 2 * c), 0) / d,
        ),
    )
}


def measure_named(name: str) -> Measure:
    """The measure of that name. Raises UsageError."""
    if name not in MEASURES:
        raise UsageError(f"no measure is called {name!r}", f"choose one of {', '.join(MEASURES)}")
    return MEASURES[name]


def exact(threshold: float | Fraction) -> Fraction:
    """The threshold as the decimal number that was written: 0.8 is 8/10, not the nearest binary fraction.

    Raises UsageError unless it is a number from 0 to 1.
    """
    if isinstance(threshold, bool) or not isinstance(threshold, float | int | Fraction | np.floating):
        raise UsageError(f"a threshold is a number, not {type(threshold).__name__}")
    if isinstance(threshold, Fraction):
        value = threshold
    elif math.isfinite(threshold):
        value = Fraction(repr(float(threshold)))
    else:
        raise UsageError("the threshold is not a finite number")
    if not 0 <= value <= 1:
        raise UsageError("the threshold is not from 0 to 1", "every measure gives 1 for equal rows")
    return value


def score_rows(left: BitRows, right: BitRows, measure: str) -> Floats:
    """(n,): the score of each left row with the right row beside it; 0 where one of the two is empty.

    left, right: (n, words).
    """
    ones = counts(left), counts(right)
    a, b = (np.maximum(side, 1) for side in ones)
    scores = measure_named(measure).scores(counts(left & right), a, b, 64 * left.shape[1])
    return np.where((ones[0] > 0) & (ones[1] > 0), scores, 0.0)
