"""Estimating: precision and recall of a run, told from its encodings alone, without any truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Terms
from pplink.evaluation.calibration.between import Anchor, anchored, counted_from, reaching
from pplink.evaluation.calibration.misfit import Count, Share, precision_told, recall_told, strangers_told
from pplink.evaluation.calibration.mixture import Mixture, shape_of, unmix
from pplink.evaluation.calibration.stating import Stated, state
from pplink.evaluation.calibration.tail import Tail
from pplink.join.api import threshold_join
from pplink.join.measures import score_rows
from pplink.join.pairs import Pairs
from pplink.solvers import assign

BitRows = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

FEWEST = 50
"""Records of the shorter list with which its scores say something."""
COMPARED = 400_000_000
"""Comparisons of rows, about at most: of a longer list, records drawn at random stand for all."""
EACH = 5
"""Pairs a record that are looked at, about."""
LOOKED_AT = 1 << 18
"""Pairs drawn at random to find the score that so many reach."""
STEP = Fraction(1, 1000)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run's hits are thought to be worth; see `mixture` for how, and for what it cannot see, and `misfit` for
    the intervals."""

    precision: Share
    """Of the hits, after assignment: those that are one person."""
    recall: Share
    """Of the persons that two lists have in common: those that are hits. Often overrated, see `mixture`."""
    best: float
    """The threshold with the best F1 that is expected, under the agreement's assignment."""
    best_precision: float
    best_recall: float
    """Expected there."""
    false: Stated
    """Pairs of strangers at or above the agreement's threshold, before any assignment; see `between`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Couple:
    """Two lists."""

    mixture: Mixture
    anchor: Anchor
    records: tuple[int, int]
    kept: Pairs
    """Hits of the records looked at."""
    solved: Pairs
    """What the agreement's assignment keeps, from the floor up."""
    weight: float
    """Records that each one looked at stands for."""

    @property
    def shorter(self) -> float:
        """Records of the shorter list."""
        return min(self.weight * self.records[0], self.records[1])


def estimate(
    lists: Sequence[BitRows],
    kept: Mapping[tuple[int, int], Pairs],
    terms: Terms,
    strangers: Tail,
    *,
    seed: int = 0,
) -> Estimate | None:
    """Of hits between lists (i, j), i < j, each (n * variants, words), none of which has a person twice.

    strangers: how often they score what, from the lists themselves. None if no two lists are long enough, without
    hits, or if so many strangers reach the threshold that they were not counted.
    """
    rng = np.random.default_rng(seed)
    if terms.threshold < strangers.known.floor:
        return None
    long, short = _by_length(lists, kept, terms.encoding.rows)
    couples = list(_couples(lists, long, terms, strangers, rng))
    if not any(len(each.kept) for each in couples):
        return None
    right = sum(each.weight * float(each.mixture.of(each.kept).sum()) for each in couples)
    hits = _count([(each, len(each.kept)) for each in couples])
    matches = _count([(each, each.mixture.matches) for each in couples])
    false = _false(couples, rng)
    rest = state(strangers, terms.threshold, short)
    false = false if rest is None else false + rest
    best, best_precision, best_recall = _best(couples)
    return Estimate(
        precision=precision_told(right, hits, rng),
        recall=recall_told(right, matches, sum(each.shorter for each in couples)),
        best=best,
        best_precision=best_precision,
        best_recall=best_recall,
        false=false,
    )


def _by_length(
    lists: Sequence[BitRows], kept: Mapping[tuple[int, int], Pairs], variants: int
) -> tuple[dict[tuple[int, int], Pairs], float]:
    """The hits of lists that are long enough to be looked at, and how many comparisons the others take."""
    long, comparisons = {}, 0.0
    for (i, j), hits in kept.items():
        sizes = [np.count_nonzero(lists[side].any(axis=1)) // variants for side in (i, j)]
        if min(sizes) < FEWEST:
            comparisons += float(sizes[0]) * sizes[1]
        else:
            long[i, j] = hits
    return long, comparisons


def _couples(
    lists: Sequence[BitRows],
    kept: Mapping[tuple[int, int], Pairs],
    terms: Terms,
    strangers: Tail,
    rng: np.random.Generator,
) -> Iterator[_Couple]:
    variants = terms.encoding.rows
    for (i, j), hits in kept.items():
        records = [len(lists[side]) // variants for side in (i, j)]
        most = max(FEWEST, COMPARED // (max(1, records[1]) * variants**2))
        some = np.sort(rng.permutation(records[0])[:most])
        rows = lists[i].reshape(records[0], variants, -1)[some].reshape(len(some) * variants, -1)
        yield _couple(
            rows, lists[j], _of(hits, some, records[0]), terms, strangers, records[0] / len(some), rng
        )


def _couple(
    left: BitRows,
    right: BitRows,
    hits: Pairs,
    terms: Terms,
    strangers: Tail,
    weight: float,
    rng: np.random.Generator,
) -> _Couple:
    variants = terms.encoding.rows
    floor = max(_floor(left, right, terms, rng), Fraction(repr(strangers.known.floor)))
    pairs = threshold_join(left, right, floor, measure=terms.measure, strategy="exact", max_pairs=None)
    if variants > 1:
        pairs = pairs.of_records(variants)
    records = len(left) // variants, len(right) // variants
    if len(pairs) > EACH * records[0]:
        reached = min(float(pairs.score[EACH * records[0]]), terms.threshold)
        floor = max(floor, Fraction(int(reached / STEP)) * STEP)
        pairs = pairs.at_least(float(floor))
    mixture = unmix(pairs, records, float(floor), shape_of(strangers, float(floor)))
    return _Couple(
        mixture=mixture,
        anchor=anchored(mixture, float(floor), strangers, terms.threshold),
        records=records,
        kept=hits,
        solved=pairs if terms.assignment == "many-to-many" else assign(pairs, solver=terms.solver),
        weight=weight,
    )


def _of(hits: Pairs, some: npt.NDArray[np.int64], records: int) -> Pairs:
    """The hits of some records of the left list, numbered anew."""
    place = np.full(records, -1, np.int64)
    place[some] = np.arange(len(some))
    left = place[hits.left]
    return Pairs(left=left[left >= 0], right=hits.right[left >= 0], score=hits.score[left >= 0])


def _floor(left: BitRows, right: BitRows, terms: Terms, rng: np.random.Generator) -> Fraction:
    """A score that about EACH pairs of a record reach, and never above the threshold agreed."""
    one, other = rng.integers(0, len(left), LOOKED_AT), rng.integers(0, len(right), LOOKED_AT)
    parts = zip(np.split(one, 64), np.split(other, 64), strict=True)
    scores = np.concatenate([score_rows(left[a], right[b], terms.measure) for a, b in parts])
    share = max(EACH * terms.encoding.rows / len(right), 20 / LOOKED_AT)
    reached = min(float(np.quantile(scores, max(0.0, 1 - share))), terms.threshold)
    return max(Fraction(int(reached / STEP)) * STEP, STEP)


def _count(some: Sequence[tuple[_Couple, float]]) -> Count:
    """Of something that each couple has so often among the records looked at."""
    return Count(all=sum(couple.weight * each for couple, each in some), looked=sum(each for _, each in some))


def _false(couples: Sequence[_Couple], rng: np.random.Generator) -> Stated:
    """Strangers at or above the threshold."""
    weights = np.array([each.weight for each in couples])
    reach = np.array([reaching(each.mixture, each.anchor) for each in couples])
    counted = weights @ [counted_from(each.mixture, each.anchor) for each in couples]
    looked = reach[:, 0].sum() / max(weights @ reach[:, 0], 1e-9) if reach[:, 0].any() else 1.0
    return strangers_told(weights @ reach, float(counted), float(looked), rng)


def _best(couples: Sequence[_Couple]) -> tuple[float, float, float]:
    """Of the scores that pairs have, rounded down to STEP, the one that as a threshold has the best F1; precision and
    recall there."""
    scores = np.concatenate([each.solved.score for each in couples])
    chances = np.concatenate([each.weight * each.mixture.of(each.solved) for each in couples])
    weights = np.concatenate([np.full(len(each.solved), each.weight) for each in couples])
    matches = max(sum(each.weight * each.mixture.matches for each in couples), 1e-9)
    order = np.argsort(-scores, kind="stable")
    right, hits = np.cumsum(chances[order]), np.cumsum(weights[order])
    at = int(np.argmax(right / (hits + matches)))
    best = float(Fraction(int(scores[order][at] / STEP)) * STEP)
    return best, float(right[at] / hits[at]), min(1.0, float(right[at] / matches))
