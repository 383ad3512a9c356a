"""Chances: how many bands make the recall agreed, and how much room makes an overflow unheard of. All in whole numbers
or decimals, so that every machine arrives at the same.

A band's key is K minima, each the first bit set in a row of one random order of all bits. Two rows x, y agree in a
minimum with chance |x and y| / |x or y| (Broder, "On the resemblance and containment of documents", SEQUENCES 1997),
which at Dice score t is J = t / (2 - t), however many bits the rows set. So they agree in a band with chance J^K and
meet in one of L with chance

    1 - (1 - J^K)^L

(Indyk and Motwani, "Approximate nearest neighbors", STOC 1998; as in `pplink.join.lsh.chances`, which samples bits). Of
pairs above the threshold more are found.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

MOST_BANDS = 255
"""More are never worth it."""
SHARE = Decimal("0.8")
"""Of the rate at which one bin's overflow falls, the rate at which the sum of all is bounded."""
UNHEARD = Decimal(2) ** -20
"""The chance at most with which rows that found no room do not fit the blocks set aside for them."""
DIGITS = 50


def bands(threshold: Fraction, sampled: int, recall: Fraction) -> int | None:
    """The least L with the recall at the threshold (Dice); None if MOST_BANDS do not have it."""
    agree: Fraction = (threshold / (2 - threshold)) ** sampled
    top, below = agree.denominator - agree.numerator, agree.denominator
    missed, all_ = 1, 1
    for count in range(1, MOST_BANDS + 1):
        missed, all_ = missed * top, all_ * below
        if missed * recall.denominator <= all_ * (recall.denominator - recall.numerator):
            return count
    return None


@lru_cache(maxsize=4096)
def shift(bins: int, scale: Fraction, room: int) -> int | None:
    """What is added to a count beside its noise, so that all rows of so many bins that find no room are at most `room`,
    but with chance UNHEARD. None if no shift does that.

    The noise X of a bin is two-sided geometric with P(X <= -j) = a^j / (1 + a), a = exp(-1/scale), and of its rows at
    most Y = max(0, -(X + shift)) find no room, whatever the list. With b = exp(SHARE/scale),

        E b^Y = 1 + a^shift g,  g = (1 - 1/b) a b / ((1 + a) (1 - a b))

    and so, bins being independent, P(sum of Y > room) <= exp(bins a^shift g) b^-(room + 1) (Chernoff 1952).
    """
    with localcontext() as context:
        context.prec = DIGITS
        one = Decimal(1)
        wide = Decimal(scale.numerator) / Decimal(scale.denominator)
        a, b = (-one / wide).exp(), (SHARE / wide).exp()
        left = SHARE / wide * (room + 1) + UNHEARD.ln()
        if left <= 0:
            return None
        grown = (one - one / b) * a * b / ((one + a) * (one - a * b))
        needed = wide * (bins * grown / left).ln()
        return max(0, int(needed.to_integral_value(rounding="ROUND_CEILING")))
