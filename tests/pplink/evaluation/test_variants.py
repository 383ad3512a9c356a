"""Lists with several names a person: counted by record, and no record is a stranger to itself."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.encoders.pipeline import encode
from pplink.encoders.pipeline import fields_of as columns_of
from pplink.encoders.risk import digest_of
from pplink.evaluation.attacks.suite import assess
from pplink.evaluation.calibration.calibration import calibrate
from pplink.evaluation.calibration.nonmatches import compare
from pplink.evaluation.calibration.stating import state, strangers_of
from pplink.evaluation.encoding import encoded, fields_of, records_of
from pplink.evaluation.labelled import evaluate
from pplink.evaluation.population import make_lists
from pplink.join.api import self_join


@pytest.fixture(scope="module")
def terms(proposed_agreement: Any) -> Any:
    return proposed_agreement("persons-crossborder").terms


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    """Two lists; a third of the persons have a second name, very near the first."""
    made = make_lists(("north", "south"), 150, overlap=0.5)
    found = []
    for unit, frame in made.frames.items():
        twice = frame["name"] + ";" + frame["name"] + " Junior"
        name = frame["name"].where(np.arange(150) % 3 > 0, twice)
        found.append(frame.assign(name=name, who=made.people[unit].astype(str)))
    return found


def test_two_records_score_as_their_best_variants_and_none_with_itself(frames: Any, terms: Any) -> None:
    table = fields_of(frames[0], terms)
    rows, good = encoded(table, terms, 1)
    record = records_of(table)
    assert good.all()
    assert len(rows) > len(np.unique(record))
    known = compare(rows, terms.measure, record=record)
    pairs = self_join(rows, 0.001, measure=terms.measure)
    best: dict[tuple[int, int], float] = {}
    for left, right, score in zip(pairs.left, pairs.right, pairs.score, strict=True):
        one, other = sorted((int(record[left]), int(record[right])))
        if one != other:
            best[one, other] = max(best.get((one, other), 0.0), float(score))
    assert np.allclose(known.scores, sorted(score for score in best.values() if score >= known.floor))
    assert known.pairs == sum(1 for _ in combinations(range(known.records), 2))


def test_a_broker_does_not_take_a_persons_own_names_for_strangers(
    frames: Any, rings: Any, signed_agreement: Any
) -> None:
    agreement = signed_agreement("persons-crossborder")
    lists = [
        encode(frame, agreement, rings[unit], ignore_extra=True).encoding
        for unit, frame in zip(("north", "south"), frames, strict=True)
    ]
    variants = agreement.terms.encoding.rows
    assert all(len(rows) == 150 * variants for rows in lists)
    told = state(strangers_of(lists, "dice", variants=variants), 0.9, 150 * 150)
    naive = state(strangers_of(lists, "dice"), 0.9, (150 * variants) ** 2)
    assert told is not None
    assert naive is not None
    assert told.false < 5
    assert naive.false > 10 * told.false


def test_it_is_calibrated_and_evaluated_by_record(frames: Any, terms: Any, proposed_agreement: Any) -> None:
    found = calibrate(frames[0], proposed_agreement("persons-crossborder"))
    assert found.records == found.compared == 150
    measured = evaluate(frames, terms, "who")
    assert measured.records == (150, 150)
    assert measured.steps[0].pairs.true_pairs == 75
    assert measured.best.one_to_one.f1 > 0.7


def test_whoever_tells_one_name_tells_the_person(frames: Any, terms: Any, proposed_agreement: Any) -> None:
    agreement = proposed_agreement("persons-crossborder")
    report = assess(frames[0], agreement, sample=60)
    assert report.list == digest_of(columns_of(frames[0], terms, None, True))
    assert report.records == 150
    assert next(each for each in report.attacks if each.name.startswith("dictionary")).share > 0.95
