"""Tail: how often strangers reach a score, also where too few of them did to be counted.

Above a high score u, what scores exceed it by is close to a generalised Pareto distribution (Pickands, Annals of
Statistics 3, 1975; Balkema and de Haan 1974), fitted here by probability-weighted moments (Hosking and Wallis,
Technometrics 29, 1987). What 500 scores say
of a shape below 0, so of a point beyond which no stranger scores, is vague. A score is a ratio of counts of many
bits and nearly normal, and at a chance p of exceeding u the shape that fits a normal tail best is -1 / (2 log(1 / p))
(Cohen, Advances in Applied Probability 14, 1982): no lower one is taken, and the upper end of the interval is at
least that of shape 0, an exponential tail. Where at least ENOUGH pairs
reached a score they are counted instead.

Pairs that share a record are not independent: somebody with common names is near many. The variance of a count of
pairs is that of a U-statistic (Hoeffding, Annals of Mathematical Statistics 19, 1948); its excess over a Poisson
count's, told from how often pairs share a record, widens every interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import NamedTuple

import numpy as np
from scipy import special

from pplink.evaluation.calibration.nonmatches import Floats, NonMatches

EXCEEDANCES = 500
"""Highest scores that the distribution is fitted to."""
FEWEST = 50
"""Scores with which it can be fitted at all."""
ENOUGH = 25
"""Pairs at or above a score with which they are counted and not extrapolated."""
LEVEL = 0.95
"""Of all intervals."""
RESAMPLES = 300
"""Of the exceedances, for the interval of what is extrapolated."""


class Expected(NamedTuple):
    """(t,) each, by threshold."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Tail:
    """Of the scores of non-matches, from a floor up."""

    known: NonMatches
    counted_to: float
    """Highest score at which pairs were counted; beyond, their number is extrapolated."""

    def expected(self, thresholds: Floats, comparisons: float) -> Expected:
        """False matches at or above each threshold, (n,), among so many comparisons of strangers, and an interval of
        LEVEL. thresholds: (n,), rising, none below the floor."""
        counts = self._counts(thresholds)
        spread = self._spread(thresholds)
        counted = counts >= ENOUGH
        low, high = _interval(counts, spread)
        value = counts.astype(np.float64)
        if not counted.all():
            beyond = self._extrapolated(thresholds[~counted], float(spread[counted][-1:].max(initial=1.0)))
            value[~counted], low[~counted], high[~counted] = beyond
        scale = comparisons / self.known.pairs
        falling = [np.minimum.accumulate(column) * scale for column in (value, low, high)]
        return Expected(*falling)

    def _counts(self, thresholds: Floats) -> Floats:
        """Pairs at or above each, in the list itself."""
        return len(self.known.scores) - np.searchsorted(self.known.scores, thresholds, side="left").astype(
            float
        )

    def _spread(self, thresholds: Floats) -> Floats:
        """At each threshold, the count's variance in units of a Poisson count's; at least 1."""
        records, spread = self.known.records, np.ones(len(thresholds))
        first = np.searchsorted(self.known.scores, thresholds, side="left")
        degree, done = np.zeros(records, np.int64), len(self.known.scores)
        for number in range(len(thresholds))[::-1]:
            for side in (self.known.left, self.known.right):
                degree += np.bincount(side[first[number] : done], minlength=records)
            done = first[number]
            count = len(self.known.scores) - done
            if count:
                wedges = float((degree * (degree - 1)).sum()) - 4 * count**2 / records
                spread[number] = 1 + max(0.0, wedges) / count
        return spread

    def _extrapolated(self, thresholds: Floats, spread: float) -> Expected:
        top = self.known.scores[-EXCEEDANCES - 1 :]
        if len(top) <= FEWEST:
            counts = self._counts(thresholds)
            return Expected(counts, *_interval(counts, np.full(len(counts), spread)))
        base, excess = top[0], top[1:] - top[0]
        least = -1 / (2 * log(self.known.pairs / len(excess)))
        value = len(excess) * _beyond(thresholds - base, *_fitted(excess[None, :], least))[0]
        some = max(FEWEST, int(len(excess) / spread))
        rng = np.random.default_rng(len(excess))
        again = _beyond(thresholds - base, *_fitted(np.sort(rng.choice(excess, (RESAMPLES, some))), least))
        again *= rng.poisson(some, (RESAMPLES, 1)) / some * len(excess)
        low, high = np.quantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        high = np.maximum(high, len(excess) * _beyond(thresholds - base, *_fitted(excess[None, :], 0.0))[0])
        most = _interval(self._counts(thresholds), np.full(len(thresholds), spread))[1]
        return Expected(value, np.minimum(low, value), np.maximum(np.minimum(high, most), value))


def tail_of(known: NonMatches) -> Tail:
    """The tail of these scores."""
    counted = known.scores[-ENOUGH] if len(known.scores) >= ENOUGH else known.floor
    return Tail(known=known, counted_to=float(counted))


def _interval(counts: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Of the expectation behind a count, by chi-squared quantiles (Garwood, Biometrika 28, 1936): of 2k degrees
    of freedom twice those of the gamma distribution of shape k."""
    below = (1 - LEVEL) / 2
    some = np.maximum(counts, 1)
    low: Floats = np.where(counts > 0, spread * special.gammaincinv(some / spread, below), 0.0)
    high: Floats = spread * special.gammaincinv(counts / spread + 1, 1 - below)
    return low, high


def _fitted(excess: Floats, least: float) -> tuple[Floats, Floats]:
    """(rows, k) exceedances, each row rising, to (rows, 1) shapes, none below `least`, and scales."""
    size = excess.shape[1]
    weight = 1 - (np.arange(1, size + 1) - 0.35) / size
    first, second = excess.mean(axis=1, keepdims=True), (excess * weight).mean(axis=1, keepdims=True)
    gap = np.maximum(first - 2 * second, 1e-12)
    shape, scale = 2 - first / gap, 2 * first * second / gap
    bounded = np.maximum(shape, least)
    return bounded, np.where(shape < least, first * (1 - bounded), scale)  # the mean stays what it is


def _beyond(excess: Floats, shape: Floats, scale: Floats) -> Floats:
    """(rows, t): chance that one that exceeds the base does so by that much: (1 + shape x / scale)^(-1 / shape), of
    shape 0 exp(-x / scale), and 0 beyond the end that a shape below 0 has."""
    far = np.maximum(excess[None, :] / scale, 0.0)
    inside = shape * far > -1
    return np.where(inside, special.inv_boxcox(-np.where(inside, far, 0.0), -shape), 0.0)
