"""Labelled lists: figures that can be counted by hand, and those of the other counting functions."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.errors import DataError, UsageError
from pplink.evaluation import of_pairs
from pplink.evaluation.encoding import encoded, fields_of
from pplink.evaluation.labelled import Evaluation, evaluate
from pplink.evaluation.plots import draw_evaluation
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.solvers import assign

UNITS = ("north", "south", "west")


@pytest.fixture(scope="module")
def terms(proposed_agreement: Any) -> Any:
    return proposed_agreement().terms


@pytest.fixture(scope="module")
def frames() -> list[pd.DataFrame]:
    made = make_lists(UNITS, 300, overlap=0.5)
    return [made.frames[unit].assign(who=made.people[unit].astype(str)) for unit in UNITS]


@pytest.fixture(scope="module")
def found(frames: list[pd.DataFrame], terms: Any) -> Evaluation:
    return evaluate(frames, terms, "who")


def test_figures_are_those_of_each_couple_added_up(
    frames: list[pd.DataFrame], terms: Any, found: Evaluation
) -> None:
    rows = [encoded(fields_of(frame, terms), terms, 1)[0] for frame in frames]
    step = next(step for step in found.steps if step.threshold == terms.threshold)
    for solved, quality in ((False, step.pairs), (True, step.one_to_one)):
        said, right, true = 0, 0, 0
        for i, j in combinations(range(3), 2):
            pairs = threshold_join(rows[i], rows[j], terms.threshold)
            pairs = assign(pairs, solver=terms.solver) if solved else pairs
            left, right_ = frames[i]["who"].to_numpy(), frames[j]["who"].to_numpy()
            real = np.argwhere(left[:, None] == right_)
            one = of_pairs(np.stack((pairs.left, pairs.right), axis=1), real)
            said, right, true = said + one.found, right + one.right, true + one.true_pairs
        assert (quality.found, quality.right, quality.true_pairs) == (said, right, true)
    assert step.reduction == 1 - step.pairs.found / 270_000


def test_recall_falls_and_reduction_rises_with_the_threshold(found: Evaluation) -> None:
    recall, reduction = (
        [step.pairs.recall for step in found.steps],
        [step.reduction for step in found.steps],
    )
    assert recall == sorted(recall, reverse=True)
    assert reduction == sorted(reduction)
    assert found.steps[0].threshold < found.agreed < found.steps[-1].threshold
    assert found.best.one_to_one.f1 == max(step.one_to_one.f1 for step in found.steps)


def test_most_persons_are_found(found: Evaluation) -> None:
    assert found.best.one_to_one.f1 > 0.75
    assert found.clusters.f1 > 0.75
    assert 0 < found.whole.right <= found.whole.found


def test_an_empty_label_is_nobody_else(frames: list[pd.DataFrame], terms: Any) -> None:
    blank = evaluate([frame.assign(who="") for frame in frames[:2]], terms, "who")
    assert blank.steps[0].pairs.true_pairs == 0
    assert blank.steps[-1].pairs.right == 0


def test_lists_that_are_all_alike_are_all_found(frames: list[pd.DataFrame], terms: Any) -> None:
    twice = evaluate([frames[0], frames[0]], terms, "who")
    assert twice.steps[-1].one_to_one.recall > 0.99


def test_rows_without_an_id_are_left_out_and_an_id_is_one_persons(
    frames: list[pd.DataFrame], terms: Any
) -> None:
    some = frames[0].head(20).reset_index(drop=True)
    nameless = some.assign(record_id=some["record_id"].where(some.index > 1))
    assert evaluate([nameless, some], terms, "who").left_out == (2, 0)
    twice = some.assign(record_id=some["record_id"].where(some.index != 4, some["record_id"][2]))
    with pytest.raises(DataError, match="list 2: row 5: the record id of an earlier row"):
        evaluate([some, twice], terms, "who")


def test_it_can_be_written_and_drawn(found: Evaluation) -> None:
    told = found.to_json()
    assert told["steps"][0]["pairs"]["recall"] == found.steps[0].pairs.recall
    assert told["clusters"]["f1"] == found.clusters.f1
    pytest.importorskip("matplotlib")
    assert draw_evaluation(found, "png").startswith(b"\x89PNG")
    with pytest.raises(UsageError):
        draw_evaluation(found, "")


def test_one_list_cannot_be_evaluated(frames: list[pd.DataFrame], terms: Any) -> None:
    with pytest.raises(UsageError):
        evaluate(frames[:1], terms, "who")


@pytest.mark.parametrize("missing", ["who", "place", "record_id"])
def test_a_list_without_a_column_it_needs_is_refused(
    frames: list[pd.DataFrame], terms: Any, missing: str
) -> None:
    with pytest.raises(DataError):
        evaluate([frames[0], frames[1].drop(columns=missing)], terms, "who")


def test_of_an_agreement_on_keys_nothing_is_estimated(proposed_agreement):
    terms = proposed_agreement("documents-exact").terms
    frame = pd.DataFrame({"record_id": ["1"], "document": "", "phone": "", "name": "Li", "birth_date": ""})
    with pytest.raises(UsageError, match="ecdh_psi, which compares no encodings"):
        fields_of(frame, terms)
