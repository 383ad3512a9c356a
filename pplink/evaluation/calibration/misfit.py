"""Misfit: intervals for what is told without truth, as wide as what is told was wrong where truth was known.

What is told errs in two ways. Hits are few: of those that are right with a chance of 0.9, not just 0.9 are right. And
scores are spread otherwise than `mixture` takes them to be, which no resample of the lists at hand shows, however long
they are. So hits are drawn from a binomial distribution whose odds vary from lists to lists by a log-normal factor
(Williams, "Extra-binomial variation in logistic linear models", Applied Statistics 31, 1982), and that varies as it did
in linkages whose truth is known (as Belin and Rubin calibrate error rates, JASA 90, 1995): FEBRL1-3 and made-up persons
of several cultures, with many mistakes and few, much in common and little, see `benchmarks/stated_intervals.py`.

An interval is meant to have what is true of the lists at hand in 95 % of such linkages. The three deviations are the
smallest, in steps of 0.1, 0.05 and 0.02, with which 95 % of all were within, and 90 % of those under each preset from
either source: 1,641 thresholds of 329 two lists (884 of 177 for FALL), drawn as in that benchmark with other seeds.
Lists of another kind may be further off.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from pplink.evaluation.calibration.stating import Stated
from pplink.evaluation.calibration.tail import LEVEL

Floats = npt.NDArray[np.float64]

ODDS = 0.4
"""Standard deviation of the logarithm of the factor by which the odds of hits to be wrong are off."""
FALL = 0.15
"""Standard deviation of the share by which the logarithm is off of how much rarer strangers are at the threshold than
where they are counted, see `between`."""
UNMATCHED = 0.16
"""Standard deviation of the error of recall, were no record's match known; it falls with the share of the shorter
list's records that have one: only the others can have a match that is not seen."""
DRAWS = 4000
EDGES = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
BEYOND = float(special.ndtri(EDGES[1]))
"""Standard deviations from the mean to either end of an interval, of a normal distribution."""
LEAST, MOST = 1e-12, 1e18
"""Of what is divided by, and of what numbers are drawn about: no run has as many pairs."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share, and its interval of 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True, kw_only=True)
class Count:
    """Hits, or other pairs, of which some number is expected."""

    all: float
    """As many as there are; where only some records were looked at, those of all."""
    looked: float
    """Of the records that were looked at."""


def precision_told(right: float, hits: Count, rng: np.random.Generator) -> Share:
    """right: of all hits, those expected to be of one person."""
    value = right / max(hits.all, LEAST)
    odds = special.logit(min(max(value, LEAST), 1 - LEAST)) + ODDS * rng.standard_normal(DRAWS)
    looked = max(1, round(hits.looked))
    low, high = np.quantile(rng.binomial(looked, special.expit(odds)) / looked, EDGES)
    return Share(value=value, low=min(float(low), value), high=max(float(high), value))


def recall_told(right: float, matches: Count, shorter: float) -> Share:
    """right: of all hits, those expected to be of one person; matches: persons expected on both lists; shorter: records
    of the shorter list."""
    value = min(1.0, right / max(matches.all, LEAST))
    unmatched = 1 - min(1.0, matches.all / max(shorter, LEAST))
    by_chance = 0.25 / (matches.looked + 1)  # of a share of so many, at most
    off = BEYOND * sqrt((UNMATCHED * unmatched) ** 2 + by_chance)
    return Share(value=value, low=max(0.0, value - off), high=min(1.0, value + off))


def strangers_told(expected: Floats, counted: float, looked: float, rng: np.random.Generator) -> Stated:
    """expected: (3,) pairs of strangers at or above the threshold, low and high end of what extrapolating from a list
    gives; counted: those from where they are counted, so many or more; looked: the share of the left lists' records
    that were looked at, about."""
    value, low, high = (float(end) for end in expected)
    fall = log(max(counted, LEAST) / max(value, LEAST))
    told = log((high + 0.5) / (low + 0.5)) / (2 * BEYOND)
    factor = np.exp(sqrt((FALL * fall) ** 2 + told**2) * rng.standard_normal(DRAWS))
    ends = np.quantile(rng.poisson(np.minimum(looked * value * factor, MOST)) / looked, EDGES)
    return Stated(false=value, low=min(float(ends[0]), low), high=max(float(ends[1]), high))
