"""Noise: what hides one person in the counts of bins."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pplink.session.blocking.chances import DIGITS

Ints = npt.NDArray[np.int64]


def two_sided(words: npt.NDArray[np.uint64], scale: Fraction) -> Ints:
    """(n,): k with chance in proportion to exp(-|k| / scale), the difference of two geometric numbers.

    words: (2 n,) uniform. By inversion, in whole numbers: a number of 64 bits is compared with exp(-k / scale) as one,
    so no float's rounding shows in what is drawn (Mironov, "On significance of the least significant bits for
    differential privacy", CCS 2012). Beyond 44 times the scale nothing is drawn, which would have a chance of 2^-64.
    """
    steps = np.array(_chances(scale), np.uint64)
    found = len(steps) - np.searchsorted(steps, words, side="right")
    half = len(words) // 2
    return (found[:half] - found[half:]).astype(np.int64)


def _chances(scale: Fraction) -> list[int]:
    """2^64 exp(-k / scale), rounded down, for all k from 1 on of which that is not 0; rising."""
    with localcontext() as context:
        context.prec = DIGITS
        one = (-Decimal(scale.denominator) / Decimal(scale.numerator)).exp()
        found, at = [], Decimal(1 << 64)
        while (at := at * one) >= 1:
            found.append(int(at))
    found.reverse()
    return found
