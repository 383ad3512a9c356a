"""False matches predicted from two lists' reports."""

from __future__ import annotations

from math import sqrt
from typing import Any

import msgspec
import pytest

from pplink.errors import AgreementError, DataError, UsageError
from pplink.evaluation.calibration.calibration import Calibration, Point, calibrate
from pplink.evaluation.calibration.combining import combined, read
from pplink.evaluation.population import make_lists


def point(threshold: float, false: float, *, extrapolated: bool = False) -> Point:
    return Point(
        threshold=threshold,
        false=false,
        false_low=false / 2,
        false_high=false * 3,
        missed=threshold / 10,
        missed_low=0,
        missed_high=1,
        extrapolated=extrapolated,
    )


def report(records: int, against: int, points: list[Point], agreement: str = "a" * 64) -> Calibration:
    return Calibration(
        agreement=agreement,
        measure="dice",
        records=records,
        compared=records,
        against=(against,),
        slips=0.1,
        missing=0.1,
        swapped=0.1,
        near_duplicates=0,
        points=tuple(points),
        few_false=None,
        at_most=1.0,
        few_missed=0.5,
        recall=0.99,
    )


OWN = report(100, 1000, [point(0.5, 80), point(0.6, 8), point(0.7, 0.5)])
OTHER = report(
    1000, 50, [point(0.55, 10), point(0.6, 9, extrapolated=True), point(0.7, 0.1, extrapolated=True)]
)
"""Half as many comparisons as OWN's."""


def test_the_smaller_number_is_taken_and_the_root_of_the_product_bounds_it() -> None:
    found = combined(OWN, OTHER)
    assert [each.threshold for each in found.points] == [0.6, 0.7]
    assert [each.false for each in found.points] == pytest.approx([8, 0.2])
    assert [each.false_low for each in found.points] == pytest.approx([4, 0.1])
    assert [each.false_high for each in found.points] == pytest.approx(
        [sqrt(24 * 54), sqrt(1.5 * 0.6)], rel=1e-9
    )
    assert [each.extrapolated for each in found.points] == [False, True]
    assert [each.missed for each in found.points] == pytest.approx([0.06, 0.07])
    assert (found.few_false, found.other, found.against) == (0.7, 1000, (1000,))
    assert read(found.to_bytes()) == found


def test_either_unit_foretells_the_same() -> None:
    theirs = report(1000, 100, [point(0.6, 18), point(0.7, 0.2)])
    turned = combined(theirs, OWN)
    for threshold in (0.6, 0.7):
        one, other = combined(OWN, OTHER).at(threshold), turned.at(threshold)
        assert one is not None
        assert other is not None
        assert one.false == pytest.approx(other.false)
        assert one.false_high == pytest.approx(other.false_high)


def test_of_a_short_list_only_what_the_other_foretells_counts() -> None:
    found = combined(msgspec.structs.replace(OWN, compared=99), OTHER)
    assert [each.false for each in found.points] == pytest.approx([18, 0.2])
    assert [each.false_high for each in found.points] == pytest.approx([54, 0.6])
    with pytest.raises(DataError, match="has 99 records, fewer than 100"):
        combined(OWN, msgspec.structs.replace(OTHER, compared=99))


def test_reports_that_do_not_fit_are_refused() -> None:
    with pytest.raises(AgreementError, match="is of agreement bbbb"):
        combined(OWN, msgspec.structs.replace(OTHER, agreement="b" * 64))
    with pytest.raises(UsageError, match="one other list"):
        combined(msgspec.structs.replace(OWN, against=(10, 20)), OTHER)
    with pytest.raises(DataError, match="no threshold in common"):
        combined(OWN, msgspec.structs.replace(OTHER, points=(point(0.9, 1),)))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 5000, b"\xff", OWN.to_bytes().replace(b'"records":100', b'"records":0')]
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match="no calibration"):
        read(data)


def test_a_list_of_persons_who_are_all_alike_no_longer_foretells_too_many(proposed_agreement: Any) -> None:
    """One list has one family name, the other all."""
    agreement = proposed_agreement("persons")
    names = ["record_id", *(field.name for field in agreement.terms.fields)]
    frame = make_lists(("north",), 600, seed=3).frames["north"][names]
    common = frame["family_name"].iloc[0]
    reports = [
        calibrate(each, agreement, against=[600], columns=None)
        for each in (frame.assign(family_name=common), frame)
    ]
    found, alone = combined(*reports).at(0.6), reports[0].at(0.6)
    assert found is not None
    assert alone is not None
    assert found.false < alone.false / 2
