"""The threshold with the best F1 of an assumed overlap, beside what greedy assignment does of made-up scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pplink.errors import UsageError
from pplink.evaluation.calibration.calibration import Calibration, calibrate
from pplink.evaluation.calibration.combining import combined
from pplink.evaluation.calibration.overlap import Best, best_of
from pplink.evaluation.population import make_lists
from pplink.join.pairs import Pairs
from pplink.solvers import assign

RECORDS = 1000
STRANGERS = 8000
THRESHOLDS = np.round(np.arange(0.4, 1.0001, 0.005), 3)


def scores(rng: np.random.Generator, size: int) -> tuple[Any, Any]:
    """Of strangers, 8 a record, and of true pairs: these overlap."""
    return 0.4 + rng.exponential(0.06, STRANGERS), np.minimum(rng.normal(0.75, 0.12, size), 1.0)


def simulated(overlap: float, assignment: str) -> tuple[float, Any, Any]:
    """The best F1 of pairs drawn at random; precision and recall by threshold."""
    rng, common = np.random.default_rng(3), round(overlap * RECORDS)
    false, true = scores(rng, common)
    rows = np.arange(common)
    left, right = rng.integers(0, RECORDS, (2, STRANGERS))
    apart = (left != right) | (left >= common)
    pairs = Pairs.ordered(
        np.append(rows, left[apart]),
        np.append(rows, right[apart]),
        np.append(true, np.minimum(false[apart], 1)),
    )
    first = np.unique(pairs.left * RECORDS + pairs.right, return_index=True)[1]
    some = np.sort(first)
    pairs = Pairs(left=pairs.left[some], right=pairs.right[some], score=pairs.score[some])
    kept = pairs if assignment == "many-to-many" else assign(pairs)
    good = (kept.left == kept.right) & (kept.left < common)
    found = np.array([(kept.score >= at).sum() for at in THRESHOLDS])
    right_ones = np.array([good[kept.score >= at].sum() for at in THRESHOLDS])
    f1 = 2 * right_ones / (found + common)
    return float(f1.max()), f1, right_ones / np.maximum(found, 1)


def told(overlap: float, assignment: Any) -> Best:
    rng = np.random.default_rng(4)
    false, true = scores(rng, 100_000)
    above = (false[:, None] >= THRESHOLDS).sum(axis=0).astype(float)
    missed = (true[:, None] < THRESHOLDS).mean(axis=0)
    return best_of(THRESHOLDS, above, missed, RECORDS, [RECORDS], overlap, assignment)


@pytest.mark.parametrize("assignment", ["one-to-one", "many-to-many"])
@pytest.mark.parametrize("overlap", [1.0, 0.6, 0.3])
def test_the_threshold_is_as_good_as_the_best_there_is_and_precision_is_told(
    overlap: float, assignment: str
) -> None:
    best, f1, precision = simulated(overlap, assignment)
    found = told(overlap, assignment)
    at = int(np.argmin(np.abs(THRESHOLDS - found.threshold)))
    assert f1[at] > best - 0.015
    assert abs(precision[at] - found.precision) < 0.02


def test_the_more_persons_two_lists_share_the_lower_the_threshold_one_to_one() -> None:
    lowest = [told(overlap, "one-to-one").threshold for overlap in (1.0, 0.6, 0.3, 0.03)]
    assert lowest == sorted(lowest)
    assert lowest[0] < lowest[-1] - 0.2
    assert told(1.0, "one-to-one").threshold < told(1.0, "many-to-many").threshold - 0.1


def test_no_more_are_found_than_there_are_on_the_shorter_list() -> None:
    found = best_of(
        np.array([0.5, 0.9]), np.array([1e6, 0.0]), np.array([0.0, 0.9]), 1000, [10], 1.0, "one-to-one"
    )
    assert found.precision <= 1
    assert found.recall <= 1
    both = best_of(np.array([0.5]), np.array([4.0]), np.array([0.0]), 1000, [10, 30], 1.0, "many-to-many")
    assert both.precision == pytest.approx(40 / 44)
    assert both.lowest


@pytest.fixture(scope="module")
def agreement(proposed_agreement: Any) -> Any:
    return proposed_agreement()


@pytest.fixture(scope="module")
def found(agreement: Any) -> Calibration:
    return calibrate(make_lists(("north",), 400).frames["north"], agreement, overlap=1.0)


def test_the_best_threshold_is_what_is_recommended(found: Calibration, agreement: Any) -> None:
    assert found.overlap
    assert found.overlap.best is not None
    assert found.few_false is not None
    assert found.overlap.best.threshold < found.few_false
    assert found.patch()[-1]["value"] == found.overlap.best.threshold  # type: ignore[index,call-overload]
    few = calibrate(make_lists(("north",), 400).frames["north"], agreement)
    assert few.recommended == few.few_false == found.few_false
    assert "overlap" not in few.to_json()


def test_of_two_lists_it_follows_from_the_false_matches_of_both(found: Calibration, agreement: Any) -> None:
    alike = make_lists(("north",), 400).frames["north"].assign(family_name="Smith")
    own = calibrate(alike, agreement, overlap=1.0, against=[found.records])
    both = combined(own, found)
    assert own.overlap
    assert both.overlap
    assert own.overlap.best is not None
    assert both.overlap.best is not None
    assert both.overlap.best.precision > own.overlap.best.precision or (
        both.overlap.best.threshold < own.overlap.best.threshold
    )


def test_short_lists_recommend_nothing(agreement: Any) -> None:
    short = calibrate(make_lists(("north",), 40).frames["north"], agreement, overlap=0.5)
    assert short.overlap
    assert short.overlap.best is None
    assert short.patch() == []


@pytest.mark.parametrize("overlap", [0.0, -0.1, 1.1, float("nan")])
def test_an_overlap_that_cannot_be_is_refused(overlap: float, agreement: Any) -> None:
    with pytest.raises(UsageError):
        calibrate(make_lists(("north",), 40).frames["north"], agreement, overlap=overlap)
