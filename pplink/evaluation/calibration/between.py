"""Between: how many strangers on two lists reach a threshold, counted where few matches are among the pairs.

Persons on two lists may be more or less alike than those on either. Each record has one match at most (see `mixture`),
so far enough down nearly all pairs are strangers', and these are counted. How many of them reach the threshold follows
from how strangers' scores fall off in lists compared with themselves: size from the lists at hand, shape from elsewhere
(Belin and Rubin, "A method for calibrating false-match rates in record linkage", JASA 90, 1995).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pplink.evaluation.calibration.mixture import LEAST, Floats, Mixture
from pplink.evaluation.calibration.tail import ENOUGH, Expected, Tail

MATCHES = 0.1
"""Share of matches among the pairs with which strangers are counted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Anchor:
    """Where strangers are counted."""

    score: float
    """Not above the threshold."""
    beyond: Floats
    """(3,): of the strangers there, the share that reaches the threshold; low and high end of its interval."""


def anchored(mixture: Mixture, floor: float, strangers: Tail, threshold: float) -> Anchor:
    """The highest score, of those not above the threshold, from which up few pairs are matches.

    mixture: of pairs by falling score, from the floor up.
    """
    matches, found = np.cumsum(mixture.chance), np.arange(1, len(mixture.pairs) + 1)
    few = np.flatnonzero((matches <= MATCHES * found) & (found >= ENOUGH))
    score = min(float(mixture.pairs.score[few[0]]) if len(few) else floor, threshold)
    if score == threshold:
        return Anchor(score=score, beyond=np.ones(3))
    told: Expected = strangers.expected(np.array([score, threshold]), 1.0)
    return Anchor(score=score, beyond=np.array([end[1] for end in told]) / max(float(told.value[0]), LEAST))


def reaching(mixture: Mixture, anchor: Anchor) -> Floats:
    """(3,): strangers who reach the threshold, by its share beyond the anchor."""
    return counted_from(mixture, anchor) * anchor.beyond


def counted_from(mixture: Mixture, anchor: Anchor) -> float:
    """Strangers from the anchor up."""
    return float((1 - mixture.chance)[mixture.pairs.score >= anchor.score].sum())
