from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from pplink.errors import DataError, RefusedError, UsageError
from pplink.evaluation.calibration.calibration import Calibration, calibrate
from pplink.evaluation.calibration.mistakes import Mistakes
from pplink.evaluation.calibration.plot import draw
from pplink.evaluation.population import make_lists


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return make_lists(("north",), 2000).frames["north"]


@pytest.fixture(scope="module")
def agreement(proposed_agreement: Any) -> Any:
    return proposed_agreement()


@pytest.fixture(scope="module")
def found(people: pd.DataFrame, agreement: Any) -> Calibration:
    return calibrate(people, agreement, against=[2000, 500], at_most=20, recall=0.95)


def test_false_matches_fall_and_misses_rise_with_the_threshold(found: Calibration) -> None:
    false, missed = ([getattr(point, name) for point in found.points] for name in ("false", "missed"))
    assert false == sorted(false, reverse=True)
    assert missed == sorted(missed)
    assert false[0] > 1000
    assert missed[0] < 0.02 < missed[-1]
    for point in found.points:
        assert point.false_low <= point.false <= point.false_high
        assert point.missed_low <= point.missed <= point.missed_high
    assert found.points[-1].extrapolated
    assert not found.points[0].extrapolated


def test_recommended_thresholds_keep_what_they_promise_and_are_the_best_that_do(found: Calibration) -> None:
    points = {point.threshold: at for at, point in enumerate(found.points)}
    assert found.few_false is not None
    assert found.few_missed is not None
    few, near = points[found.few_false], points[found.few_missed]
    assert found.points[few].false <= 20 < found.points[few - 1].false
    assert found.points[near].missed <= 0.05 < found.points[near + 1].missed


def test_the_same_arguments_give_the_same_bytes(
    people: pd.DataFrame, agreement: Any, found: Calibration
) -> None:
    again = calibrate(people, agreement, against=[2000, 500], at_most=20, recall=0.95)
    assert again.to_bytes() == found.to_bytes()


def test_the_patch_sets_the_threshold(found: Calibration, agreement: Any) -> None:
    assert found.patch()[-1] == {"op": "replace", "path": "/terms/threshold", "value": found.few_false}
    assert found.agreement == agreement.id
    assert json.loads(found.to_bytes())["against"] == [2000, 500]


def test_clean_partners_are_hardly_missed(people: pd.DataFrame, agreement: Any) -> None:
    clean = calibrate(people, agreement, mistakes=Mistakes(slips=0, missing=0, swapped=0))
    assert clean.points[-1].missed < 0.01
    assert clean.against == (clean.records,)


def test_a_person_twice_is_told(people: pd.DataFrame, agreement: Any, found: Calibration) -> None:
    twice = people.head(50).assign(record_id=[f"again-{i}" for i in range(50)])
    more = calibrate(pd.concat([people, twice]), agreement)
    assert more.near_duplicates == found.near_duplicates + 50


def test_no_threshold_gives_the_impossible(people: pd.DataFrame, agreement: Any) -> None:
    many = calibrate(people, agreement, against=[10**15], at_most=1e-9)
    assert many.few_false is None
    assert many.patch() == []


@pytest.mark.parametrize(
    "options",
    [
        {"against": [0]},
        {"at_most": 0},
        {"at_most": -1.0},
        {"recall": 0.0},
        {"recall": 1.5},
        {"recall": float("nan")},
    ],
)
def test_what_cannot_be_is_refused(people: pd.DataFrame, agreement: Any, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        calibrate(people, agreement, **options)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_list_too_short_is_refused(people: pd.DataFrame, agreement: Any, rows: int) -> None:
    with pytest.raises(DataError):
        calibrate(people.head(rows), agreement)


def test_a_list_without_the_fields_is_refused(people: pd.DataFrame, agreement: Any) -> None:
    with pytest.raises(DataError):
        calibrate(people.drop(columns="place"), agreement)


def test_it_is_drawn(found: Calibration) -> None:
    pytest.importorskip("matplotlib")
    assert draw(found, "svg", 0.66).lstrip().startswith(b"<?xml")
    assert draw(found, "png").startswith(b"\x89PNG")
    with pytest.raises(UsageError):
        draw(found, "exe")


def test_a_list_of_fewer_than_fifty_records_recommends_nothing(people: pd.DataFrame, agreement: Any) -> None:
    assert calibrate(people[:60], agreement, at_most=20).few_false is not None
    assert calibrate(people[:40], agreement, at_most=20).few_false is None


def test_copies_with_mistakes_need_not_be_as_full_as_what_is_shown(
    people: pd.DataFrame, proposed_agreement: Any
) -> None:
    shown, many = proposed_agreement("persons-shown"), Mistakes(missing=0.5)
    found = calibrate(people[:300], shown, mistakes=many)
    assert found.points[0].missed < 1
    with pytest.raises(RefusedError, match="full on average"):
        calibrate(people[:300].assign(family_name=""), shown)
