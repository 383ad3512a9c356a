"""Precision and recall without truth, on lists whose truth is known."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from pplink.evaluation.calibration.between import anchored, reaching
from pplink.evaluation.calibration.estimating import FEWEST, Estimate, estimate
from pplink.evaluation.calibration.mixture import BINS, Mixture, shape_of, unmix
from pplink.evaluation.calibration.stating import state, strangers_of
from pplink.evaluation.encoding import encoded, fields_of
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign


class Linked:
    """Two made-up lists, linked, with what is true of it."""

    def __init__(self, terms: Any, overlap: float, records: int = 1500) -> None:
        made = make_lists(("north", "south"), records, overlap=overlap, seed=5)
        frames = [
            frame.assign(birth_date=frame["birth_date"].where(frame["birth_date"].str.len() == 10, ""))
            for frame in made.frames.values()
        ]
        names = ["record_id", *(field.name for field in terms.fields)]
        self.rows = [encoded(fields_of(frame[names], terms), terms, 3)[0] for frame in frames]
        self.terms = terms
        self.kept = assign(threshold_join(*self.rows, terms.threshold, measure=terms.measure))
        self.people = people = [made.people[unit] for unit in made.frames]
        self.right = people[0][self.kept.left] == people[1][self.kept.right]
        self.common = len(np.intersect1d(*people))

    def f1(self, threshold: float) -> float:
        """One-to-one, at another threshold."""
        kept = assign(threshold_join(*self.rows, threshold, measure=self.terms.measure))
        right = int((self.people[0][kept.left] == self.people[1][kept.right]).sum())
        return 2 * right / (len(kept) + self.common)

    def best(self) -> float:
        """The threshold that one would choose who knew the truth."""
        return float(max(np.arange(0.42, 0.8, 0.02).round(2), key=self.f1))

    def estimated(self) -> Estimate:
        known = strangers_of(self.rows, self.terms.measure)
        assert known is not None
        told = estimate(self.rows, {(0, 1): self.kept}, self.terms, known)
        assert told is not None
        return told


@pytest.mark.parametrize("overlap", [0.1, 0.6])
def test_precision_is_told_to_a_tenth_and_recall_is_not_underrated(
    proposed_agreement: Any, overlap: float
) -> None:
    linked = Linked(proposed_agreement("persons").terms, overlap)
    told, precision = linked.estimated(), float(linked.right.mean())
    assert abs(told.precision.value - precision) < 0.1
    assert told.recall.value > linked.right.sum() / linked.common - 0.1
    assert told.precision.low <= told.precision.value <= told.precision.high
    assert told.recall.low <= told.recall.value <= told.recall.high <= 1
    assert 0.4 < told.best <= 1


def test_intervals_have_what_is_true_within(proposed_agreement: Any) -> None:
    """By resamples of the lists, which do not show what the mixture gets wrong, 4 of these 10 had."""
    within = []
    for overlap in (0.03, 0.1, 0.3, 0.6, 0.9):
        linked = Linked(proposed_agreement("persons").terms, overlap)
        told, right = linked.estimated(), int(linked.right.sum())
        for share, of in ((told.precision, len(linked.kept)), (told.recall, linked.common)):
            within.append(share.low <= right / of <= share.high)
    assert sum(within) >= 9


def test_of_lists_of_the_same_persons_the_best_threshold_is_far_below_the_agreed(
    proposed_agreement: Any,
) -> None:
    linked = Linked(proposed_agreement("persons").terms, 1.0)
    told = linked.estimated()
    told_f1, agreed, highest = (
        linked.f1(threshold) for threshold in (told.best, linked.terms.threshold, linked.best())
    )
    assert told.best < linked.terms.threshold - 0.1
    assert told_f1 > highest - 0.005
    assert told_f1 > agreed + 0.02
    assert told.best_precision > 0.97
    assert told.best_recall > told.recall.value


def test_two_matches_of_one_record_exclude_each_other_on_either_side(proposed_agreement: Any) -> None:
    """Precision was told as 0.94, of 0.97, when only the left record's other pairs were looked at."""
    linked = Linked(proposed_agreement("persons").terms, 0.6)
    assert abs(linked.estimated().precision.value - float(linked.right.mean())) < 0.015


def test_where_every_pair_is_kept_the_best_threshold_is_higher(proposed_agreement: Any) -> None:
    linked = Linked(proposed_agreement("persons").terms, 1.0)
    once = linked.estimated()
    linked.terms = msgspec.structs.replace(linked.terms, assignment="many-to-many")
    every = linked.estimated()
    assert every.best > once.best + 0.1
    assert every.precision == once.precision  # of the same hits


def test_a_run_of_strangers_alone_is_told_to_be_wrong(proposed_agreement: Any) -> None:
    linked = Linked(proposed_agreement("persons").terms, 0.0)
    assert len(linked.kept) > 20
    assert linked.estimated().precision.value < 0.3


def test_the_same_lists_give_the_same_estimate(proposed_agreement: Any) -> None:
    linked = Linked(proposed_agreement("persons").terms, 0.3, 400)
    assert linked.estimated() == linked.estimated()


def test_nothing_is_told_without_hits_or_of_short_lists(proposed_agreement: Any) -> None:
    linked = Linked(proposed_agreement("persons").terms, 0.3, 400)
    known = strangers_of(linked.rows, "dice")
    assert known is not None
    assert estimate(linked.rows, {(0, 1): Pairs.empty()}, linked.terms, known) is None
    short = [rows[: FEWEST - 1] for rows in linked.rows]
    few = linked.kept.left < len(short[0])
    hits = Pairs(left=linked.kept.left[few], right=linked.kept.left[few], score=linked.kept.score[few])
    assert estimate(short, {(0, 1): hits}, linked.terms, known) is None


def test_chances_leave_each_record_one_match_at_most(proposed_agreement: Any) -> None:
    linked = Linked(proposed_agreement("persons").terms, 0.3, 400)
    known = strangers_of(linked.rows, "dice")
    assert known is not None
    floor = known.known.floor
    pairs = threshold_join(*linked.rows, floor, strategy="exact")
    mixture = unmix(pairs, (400, 400), floor, shape_of(known, floor))
    assert ((mixture.chance >= 0) & (mixture.chance <= 1 + 1e-9)).all()
    for side in (pairs.left, pairs.right):
        assert np.bincount(side, mixture.chance).max() <= 1 + 1e-9


def test_no_pairs_have_no_matches() -> None:
    mixture = unmix(Pairs.empty(), (10, 10), 0.5, np.full(BINS, 1 / BINS))
    assert mixture.matches == 0
    assert mixture.of(Pairs.ordered([1], [2], [0.9])).tolist() == [0.0]


ARAB = ("SY", "IQ", "EG", "MA", "DZ", "TN", "LB")
SLAVIC = ("RU", "UA", "BG", "KZ", "BY")


def unlike(terms: Any, records: int = 4500) -> tuple[list[Any], list[Any]]:
    """Encodings and persons of a list that is mostly Slavic, and of one that is mostly Arab: more alike within than
    between."""
    made, rng = make_lists(("north", "south"), records, overlap=0.6, seed=11), np.random.default_rng(1)
    names = ["record_id", *(field.name for field in terms.fields)]
    rows, people = [], []
    for (unit, frame), own in zip(made.frames.items(), (SLAVIC, ARAB), strict=True):
        some = frame["nationality"].isin(own).to_numpy() | (rng.random(records) < 0.03)
        dates = frame["birth_date"].where(frame["birth_date"].str.len() == 10, "")
        table = frame.assign(birth_date=dates)[some][names].reset_index(drop=True)
        rows.append(encoded(fields_of(table, terms), terms, 3)[0])
        people.append(made.people[unit][some])
    return rows, people


@pytest.mark.parametrize("threshold", [0.55, 0.6])
def test_false_matches_of_unlike_lists_are_told_by_their_own_pairs(
    proposed_agreement: Any, threshold: float
) -> None:
    terms = msgspec.structs.replace(proposed_agreement("persons").terms, threshold=threshold)
    rows, people = unlike(terms)
    pairs, known = threshold_join(*rows, threshold), strangers_of(rows, "dice")
    true = int((people[0][pairs.left] != people[1][pairs.right]).sum())
    assert known is not None
    assert true > 30
    alone = state(known, threshold, len(rows[0]) * len(rows[1]))
    assert alone is not None
    assert alone.false > 2 * true
    told = estimate(rows, {(0, 1): assign(pairs)}, terms, known)
    assert told is not None
    assert true / 1.5 < told.false.false < true * 1.5
    assert told.false.low <= true <= told.false.high


@pytest.mark.parametrize("overlap", [0.0, 0.6])
def test_false_matches_of_like_lists_are_told_within_a_factor_of_two(
    proposed_agreement: Any, overlap: float
) -> None:
    linked = Linked(proposed_agreement("persons").terms, overlap)
    pairs = threshold_join(*linked.rows, linked.terms.threshold)
    people = linked.people
    true = int((people[0][pairs.left] != people[1][pairs.right]).sum())
    assert true / 2 < linked.estimated().false.false < 2 * true


def test_short_lists_are_counted_as_they_would_be_by_themselves(proposed_agreement: Any) -> None:
    linked = Linked(proposed_agreement("persons").terms, 0.3, 400)
    known = strangers_of(linked.rows, "dice")
    assert known is not None
    lists = [*linked.rows, linked.rows[0][: FEWEST - 1]]
    none = Pairs.empty()
    with_short = estimate(lists, {(0, 1): linked.kept, (0, 2): none, (1, 2): none}, linked.terms, known)
    sizes = [int(rows.any(axis=1).sum()) for rows in lists]
    alone = state(known, linked.terms.threshold, (sizes[0] + sizes[1]) * sizes[2])
    assert with_short is not None
    assert alone is not None
    assert with_short.false == linked.estimated().false + alone


def test_strangers_are_counted_where_few_pairs_are_matches_and_all_are_where_none_is() -> None:
    """100 pairs of matches above 0.8, and strangers below."""
    rows = np.random.default_rng(4).integers(0, 2**64, (300, 16), dtype=np.uint64)
    known = strangers_of([rows], "dice")
    assert known is not None
    score = np.concatenate([np.linspace(0.95, 0.8, 100), np.linspace(0.6, 0.51, 2000)])
    number = np.arange(len(score))
    pairs = Pairs(left=number, right=number, score=score)
    for chance, highest in ((np.repeat([1.0, 0.0], [100, 2000]), 0.6), (np.zeros(len(score)), 0.95)):
        mixture = Mixture(pairs=pairs, chance=chance)
        anchor = anchored(mixture, 0.51, known, 0.9)
        there = score >= anchor.score
        assert chance[there].mean() <= 0.1
        assert anchor.score < highest
        assert (np.diff(anchor.beyond[[1, 0, 2]]) >= 0).all()
        at = anchored(mixture, 0.51, known, 0.51)
        assert reaching(mixture, at).tolist() == [(1 - chance).sum()] * 3
