"""Mixture: how many of the pairs that two lists made are matches, told from their scores without any truth.

Scores are a mixture of those of matches and of strangers (Fellegi and Sunter, JASA 64, 1969), taken apart by
expectation-maximisation (Winkler, "Using the EM algorithm for weight computation in the Fellegi-Sunter model", 1988).
Each record of either list has one match at most, and before scores are looked at every such matching of so many pairs
is as likely as another (Sadinle, "Bayesian estimation of bipartite matchings for record linkage", JASA 112, 2017). So
where nearly all records have their match, a low score says much about the few that are left. How likely a pair then is
one of the matching is told by belief propagation (Bayati, Gamarnik, Katz, Nair and Tetali, "Simple deterministic
approximation algorithms for counting matchings", STOC 2007).

One component is known (Patra and Sen, "Estimation of a two-component mixture model", JRSSB 78, 2016): strangers' scores
are spread as in lists compared with themselves. Of matches' scores it is taken that a higher one is never less likely a
match's; their histogram is drawn to a beta distribution, with the weight of PRIOR matches.

Matches that score as low as most strangers cannot be told from them, unless most records have a match: recall is often
overrated by those.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import isotonic_regression

from pplink.evaluation.calibration.tail import Tail
from pplink.join.pairs import Pairs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS = 100
"""From the floor to 1."""
PRIOR = 10
"""Matches that the beta distribution counts for."""
ROUNDS = 300
"""Of expectation and maximisation, at most."""
SWEEPS = 2
"""Of belief propagation, in each round."""
CLOSE = 1e-4
"""Change of any pair's chance with which it ends."""
SAME = 0.999
"""Scores above it are taken for those of equal rows."""
LEAST = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """Pairs from a floor up, and what is thought of them."""

    pairs: Pairs
    """As they came."""
    chance: Floats
    """(k,): of each, to be a match."""

    @property
    def matches(self) -> float:
        """Expected, all scores from the floor up."""
        return float(self.chance.sum())

    def of(self, kept: Pairs) -> Floats:
        """(j,): the chance of each of some of the pairs; 0 for one that is not among them."""
        if not len(self.pairs):
            return np.zeros(len(kept))
        width = 1 + int(max(self.pairs.right.max(initial=0), kept.right.max(initial=0)))
        keys, wanted = self.pairs.left * width + self.pairs.right, kept.left * width + kept.right
        order = np.argsort(keys)
        at = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
        return np.where(keys[at] == wanted, self.chance[at], 0.0)


def unmix(
    pairs: Pairs,
    records: tuple[int, int],
    floor: float,
    shape: Floats,
) -> Mixture:
    """pairs: all that score at or above the floor between lists of so many records, no person twice in either.

    shape: (BINS,) how strangers' scores are spread, see `shape_of`; how many strangers there are is found out, for two
    lists' persons may be more or less alike than one's.
    """
    if not len(pairs):
        return Mixture(pairs=pairs, chance=np.zeros(0))
    place = np.searchsorted(_edges(floor)[1:-1], pairs.score, side="right")
    chance = _begun(pairs, records[0])
    free = np.ones(len(pairs))
    for _ in range(ROUNDS):
        others = float((1 - chance).sum())
        prior = PRIOR * _spread(pairs.score, chance, floor)
        matches = np.bincount(place, chance, BINS) + prior
        ratio = _rising(matches, shape * others / records[0]) / _none(float(chance.sum()), records)
        better, free = _claimed(pairs, ratio[place], free, records)
        done = bool(np.abs(better - chance).max() < CLOSE)
        chance = better
        if done:
            break
    return Mixture(pairs=pairs, chance=chance)


def shape_of(strangers: Tail, floor: float) -> Floats:
    """(BINS,) share of the strangers who reach the floor, by score."""
    reached = np.append(strangers.expected(_edges(floor)[:-1], 1.0).value, 0.0)
    found: Floats = np.maximum((reached[:-1] - reached[1:]) / max(reached[0], LEAST), LEAST)
    return found


def _edges(floor: float) -> Floats:
    return np.linspace(floor, 1, BINS + 1)


def _begun(pairs: Pairs, records: int) -> Floats:
    """Half of a match each: the best of each record, of the upper half of these."""
    best = np.zeros(records)
    np.maximum.at(best, pairs.left, pairs.score)
    return np.where((pairs.score == best[pairs.left]) & (pairs.score >= np.median(best)), 0.5, 0.0)


def _spread(scores: Floats, chance: Floats, floor: float) -> Floats:
    """(BINS,) shares: a beta distribution with mean and variance of matches' scores, and those of equal rows apart."""
    same = scores > SAME
    some, total = chance * ~same, max(float(chance.sum()), LEAST)
    size = max(float(some.sum()), LEAST)
    mean = min(max(float((some * scores).sum()) / size, 0.01), 0.99)
    variance = float((some * (scores - mean) ** 2).sum()) / size
    size = max(mean * (1 - mean) / max(variance, 1e-4) - 1, 2.0)
    reached = special.betaincc(size * mean, size * (1 - mean), _edges(floor))
    shares = (reached[:-1] - reached[1:]) / max(reached[0], LEAST)
    last = float((chance * same).sum()) / total
    shares *= 1 - last
    shares[-1] += last
    found: Floats = np.maximum(shares, LEAST)
    return found


def _rising(matches: Floats, rate: Floats) -> Floats:
    """(bins,): how much likelier a match scores so than a record has a stranger who does; never falling."""
    shares, rate = (matches + 1e-3) / (matches + 1e-3).sum(), np.maximum(rate, 1e-12)
    found: Floats = isotonic_regression(shares / rate, weights=rate).x
    found -= found[0]  # what is as alike as most strangers is one
    return found


def _none(matches: float, records: tuple[int, int]) -> float:
    """Odds that a record of the left list has no match, times the share of the right list that is left for one."""
    left, right = records
    matches = min(max(matches, LEAST), min(records) - 0.5)
    return (left - matches) / matches * (right - matches) / right


def _claimed(pairs: Pairs, odds: Floats, free: Floats, records: tuple[int, int]) -> tuple[Floats, Floats]:
    """Chances of pairs, where each record of either list has one match at most; and `free` again.

    odds: of each pair, were there no other; free: (k,) how likely its right record has no other match, as known so far.
    """
    for _ in range(SWEEPS):
        wanted = odds * free
        left = 1 / (1 + np.maximum(np.bincount(pairs.left, wanted, records[0])[pairs.left] - wanted, 0))
        wanted = odds * left
        free = 1 / (1 + np.maximum(np.bincount(pairs.right, wanted, records[1])[pairs.right] - wanted, 0))
    found: Floats = odds * left * free / (1 + odds * left * free)
    more = np.maximum(1, np.bincount(pairs.left, found, records[0]))  # as long as it is not settled
    found /= more[pairs.left]
    return found, free
