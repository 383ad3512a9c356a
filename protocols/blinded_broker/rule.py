"""Rule: a threshold on a measure as the sign of one small integer (SPEC.md, "The rule")."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from protocols.errors import MisuseError

SHARES: dict[str, Callable[[Fraction], Fraction]] = {
    "dice": lambda t: t / 2,
    "jaccard": lambda t: t / (1 + t),
}
"""What share of |x| + |y| the common bits must reach, for a threshold t."""
WIDEST = 31
"""Bits of z at most: more than five digits of five cannot be compared."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """x and y match when scale * <x, y> - cost(|x|) - cost(|y|) >= 0; the value fits z_bits, in two's complement."""

    scale: int
    step: Fraction
    """What a bit of a row costs, before rounding down."""
    z_bits: int
    product_bits: int
    """Bits of <x, y> that z depends on: what masks of records must cover."""

    def costs(self, weights: npt.NDArray[np.int64], empty: int) -> npt.NDArray[np.uint32]:
        """(n,) uint32: the cost of rows with so many bits set; an empty row costs `empty`."""
        exact = weights * self.step.numerator // self.step.denominator
        costs: npt.NDArray[np.uint32] = np.where(weights == 0, empty, exact).astype(np.uint32)
        return costs


def rule(measure: str, threshold: Fraction, bits: int, heaviest: int) -> Rule:
    """The rule for rows of so many bits, of which at most `heaviest` are set.

    Exact, ties included; where masks of 16 bits cannot carry the exact form, costs are rounded down at a
    scale that keeps it exact. Raises MisuseError for a measure or threshold that has no such rule.
    """
    if measure not in SHARES:
        raise MisuseError(f"no rule for the measure {measure!r}", f"choose one of {', '.join(SHARES)}")
    if not 0 < threshold <= 1:
        raise MisuseError("a threshold is above 0 and at most 1")
    share = SHARES[measure](threshold)
    for scale in (share.denominator, 1 << (2 * share.denominator - 1).bit_length()):
        z_bits = _width(scale, scale * share, bits, heaviest)
        zeros = (scale & -scale).bit_length() - 1
        if z_bits - zeros <= 16 and z_bits <= WIDEST:
            return Rule(scale=scale, step=scale * share, z_bits=z_bits, product_bits=z_bits - zeros)
    raise MisuseError("the threshold is too fine for rows of that width", "use a fraction such as 17/20")


def _width(scale: int, step: Fraction, bits: int, heaviest: int) -> int:
    """Bits that hold every z: at worst rows have nothing in common, at best they are equal."""
    lowest = max(math.ceil(step * min(bits, 2 * heaviest)), math.ceil(step * heaviest) + 1)
    highest = math.ceil((scale - 2 * step) * heaviest) + 2
    return max((lowest - 1).bit_length(), highest.bit_length()) + 1
