"""Combining: false matches between two lists, predicted from what each says of itself.

How often strangers of two lists reach a score is an inner product of who is on them, as far as likeness is one: so by
Cauchy and Schwarz at most about the square root of the product of how often strangers within either do. It is about the
smaller of the two where each list has many persons of whom the other has few, for these add little, and nearer the root
where one list's persons are a part of the other's (benchmarks/calibration_unlike).
"""

from __future__ import annotations

from math import sqrt

import msgspec

from pplink.errors import AgreementError, DataError, UsageError
from pplink.evaluation.calibration.calibration import Calibration, Point
from pplink.evaluation.calibration.stating import FEWEST

REPORT = 1 << 24
"""Bytes of a report, at most."""


def read(data: bytes) -> Calibration:
    """Another unit's report. Raises DataError."""
    try:
        return msgspec.json.decode(data, type=Calibration)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise DataError(
            "the other unit's report is no calibration",
            "ask for the file that its `pplink unit calibrate -o FILE` writes",
        ) from None


def combined(own: Calibration, other: Calibration) -> Calibration:
    """`own`, with false matches as both lists predict them: at each threshold the smaller number; the interval goes
    from the lower low end to the root of the product of the high ends, or the smaller's if that is higher.

    own: against one list, the other's. Points are those that both have. Of fewer than FEWEST records what own predicts
    does not count. Raises AgreementError for reports of different agreements, UsageError if own is against several
    lists, DataError if the other list is so short or no points are left.
    """
    if own.agreement != other.agreement:
        raise AgreementError(
            f"the other unit's report is of agreement {other.agreement[:16]}..., this one of {own.agreement[:16]}...",
            "both units calibrate with the same agreement's file",
        )
    if len(own.against) != 1:
        raise UsageError("another unit's report is for one other list", "give --against once, or not at all")
    if other.compared < FEWEST:
        raise DataError(
            f"the other unit's list has {other.compared} records, fewer than {FEWEST}, and so tells too little",
            "calibrate by this list alone",
        )
    scale = own.records * own.against[0] / (other.records * sum(other.against))
    points = tuple(
        _both(point, at, scale, short=own.compared < FEWEST)
        for point in own.points
        if (at := other.at(point.threshold)) is not None
    )
    if not points:
        raise DataError("the two reports have no threshold in common")
    found = msgspec.structs.replace(
        own,
        points=points,
        other=other.records,
        few_false=next((each.threshold for each in points if each.false <= own.at_most), None),
    )
    return found.overlapping(own.overlap.share, own.overlap.assignment) if own.overlap else found


def _both(own: Point, other: Point, scale: float, *, short: bool) -> Point:
    """other: in its own comparisons, of which so many times as many are predicted for. short: own does not count."""
    theirs = msgspec.structs.replace(
        own,
        false=other.false * scale,
        false_low=other.false_low * scale,
        false_high=other.false_high * scale,
        extrapolated=other.extrapolated,
    )
    if short:
        return theirs
    smaller = min(own, theirs, key=lambda point: point.false)
    return msgspec.structs.replace(
        smaller,
        false_low=min(own.false_low, theirs.false_low),
        false_high=max(smaller.false_high, sqrt(own.false_high * theirs.false_high)),
    )
