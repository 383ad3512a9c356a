"""Precision and recall without truth, on lists whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pplink.evaluation.calibration.estimating import FEWEST, Estimate, estimate
from pplink.evaluation.calibration.mixture import BINS, shape_of, unmix
from pplink.evaluation.calibration.stating import strangers_of
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
        people = [made.people[unit] for unit in made.frames]
        self.right = people[0][self.kept.left] == people[1][self.kept.right]
        self.common = len(np.intersect1d(*people))

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
