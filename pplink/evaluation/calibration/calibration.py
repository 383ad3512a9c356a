"""Calibration: false matches and misses expected at each threshold, and the thresholds that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np
from scipy import special

from pplink import canonical
from pplink.agreement.model import Agreement, Terms
from pplink.canonical import Json
from pplink.encoders.variants import Spread, gathered
from pplink.errors import UsageError
from pplink.evaluation.calibration import nonmatches
from pplink.evaluation.calibration.aliases import of_aliases
from pplink.evaluation.calibration.mistakes import Mistakes, mistaken
from pplink.evaluation.calibration.nonmatches import Floats
from pplink.evaluation.calibration.overlap import Assignment, Overlap, best_of
from pplink.evaluation.calibration.tail import LEVEL, Expected, tail_of
from pplink.evaluation.encoding import encoded, fields_of, records_of, variants_of
from pplink.join.measures import score_rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

STEP = 0.005
"""Between thresholds."""
FEWEST = 50
"""Records whose pairs say enough to recommend a threshold."""
NEAR = 0.95
"""Two records of one list that score so much may well be one person."""

Count = Annotated[float, msgspec.Meta(ge=0, le=1e24)]
Size = Annotated[int, msgspec.Meta(ge=1, le=1 << 40)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Point(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One threshold."""

    threshold: Share
    false: Count
    """Expected pairs of strangers at or above it, before any assignment."""
    false_low: Count
    false_high: Count
    """Interval of 95 %."""
    missed: Share
    """Expected share of true pairs below it."""
    missed_low: Share
    missed_high: Share
    extrapolated: bool
    """Whether too few pairs of this list reached it to be counted."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list says of an agreement's thresholds; see FORMAT.md."""

    format: Literal["pplink-calibration/1"] = "pplink-calibration/1"
    agreement: str
    """Its id."""
    measure: str
    records: Size
    """Of the list, that can be used."""
    compared: int
    """Of those, compared among themselves."""
    against: Annotated[tuple[Size, ...], msgspec.Meta(min_length=1)]
    """Sizes of the other lists that false matches are predicted for."""
    slips: Share
    missing: Share
    swapped: Share
    """The rates of mistakes that misses follow from, unless `aliases` is there."""
    aliases: Annotated[int, msgspec.Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET
    """Records of the list whose own variants misses follow from; absent: rates."""
    other: Size | msgspec.UnsetType = msgspec.UNSET
    """Records of another unit's list, whose report false matches follow from too, see `combining`; absent: this list
    alone."""
    near_duplicates: int
    """Pairs of this list that score NEAR or more: if they are one person twice, false matches are overrated."""
    points: tuple[Point, ...]
    """By rising threshold."""
    few_false: float | None
    """Lowest threshold with at most `at_most` expected false matches; None: none of the points, or fewer than FEWEST
    records."""
    at_most: Count
    few_missed: float | None
    """Highest threshold with at least `recall` of the true pairs; None: none of the points."""
    recall: Share
    overlap: Overlap | msgspec.UnsetType = msgspec.UNSET
    """Absent: how much the lists have in common was not said."""

    def to_json(self) -> dict[str, Json]:
        """As it stands in a file."""
        return dict(msgspec.to_builtins(self))

    def to_bytes(self) -> bytes:
        """RFC 8785 form."""
        return canonical.to_bytes(self.to_json())

    def at(self, threshold: float) -> Point | None:
        """The point nearest to a threshold from below, which promises no less than it; None below all of them."""
        lower = [point for point in self.points if point.threshold <= threshold + 1e-9]
        return lower[-1] if lower else None

    @property
    def recommended(self) -> float | None:
        """The threshold with the best F1, if it was said how much the lists have in common; else that with few false
        matches; None for none."""
        if not self.overlap:
            return self.few_false
        return None if self.overlap.best is None else self.overlap.best.threshold

    def patch(self) -> list[Json]:
        """What would give an agreement the threshold recommended: JSON Patch, RFC 6902; empty for none."""
        if self.recommended is None:
            return []
        return [
            {"op": "test", "path": "/terms/measure", "value": self.measure},
            {"op": "replace", "path": "/terms/threshold", "value": self.recommended},
        ]

    def overlapping(self, share: float, assignment: Assignment) -> Calibration:
        """The same, with the threshold that has the best F1 if that share of the records has its person on the other
        list. Nothing is recommended by fewer than FEWEST records, unless another unit's report counts."""
        columns = ("threshold", "false", "missed")
        thresholds, false, missed = (np.array([getattr(at, name) for at in self.points]) for name in columns)
        best = best_of(thresholds, false, missed, self.records, self.against, share, assignment)
        enough = self.records >= FEWEST or self.other
        found = Overlap(share=share, assignment=assignment, best=best if enough else None)
        return msgspec.structs.replace(self, overlap=found)


def calibrate(
    frame: pd.DataFrame | pa.Table,
    agreement: Agreement,
    *,
    against: Sequence[int] = (),
    mistakes: Mistakes | None = None,
    from_aliases: bool = False,
    at_most: float = 1.0,
    recall: float = 0.99,
    overlap: float | None = None,
    columns: Mapping[str, str] | None = None,
    sample: int = nonmatches.SAMPLE,
    seed: int = 1,
) -> Calibration:
    """What thresholds would cost, told from one unit's list without duplicates; needs no keys and no signatures.

    against: sizes of the other lists, this one's if none are given, each compared with this list; persons on them are
    taken to be as alike as on this one. mistakes: how two records of one person differ; from_aliases: as the variants
    of records of this list do, see `aliases`. overlap: share of these records whose person is on the other list, on
    each of several. Raises DataError for a list that breaks the agreement or is too short,
    UsageError for sizes, rates or shares that cannot be.
    """
    wrong, terms = mistakes or Mistakes(), agreement.terms
    _check(against, at_most, recall, overlap)
    table, rows, record = _usable(fields_of(frame, terms, columns), terms, seed)
    known = nonmatches.compare(rows, terms.measure, record=record, sample=sample, seed=seed)
    records = len(np.unique(record))
    tail, sizes = tail_of(known), tuple(against) or (records,)
    thresholds = np.round(np.arange(ceil(known.floor / STEP), round(1 / STEP) + 1) * STEP, 6)
    false = tail.expected(thresholds, float(records) * sum(sizes))
    scores = (
        of_aliases(table, terms, sample, seed)
        if from_aliases
        else _of_pairs(table, terms, rows, wrong, sample, seed)
    )
    missed = _missed(np.sort(scores), thresholds)
    points = tuple(_points(thresholds, false, missed, tail.counted_to))
    found = Calibration(
        agreement=agreement.id,
        measure=terms.measure,
        records=records,
        compared=known.records,
        against=sizes,
        slips=wrong.slips,
        missing=wrong.missing,
        swapped=wrong.swapped,
        aliases=len(scores) if from_aliases else msgspec.UNSET,
        near_duplicates=int((known.scores >= NEAR).sum()),
        points=points,
        few_false=_lowest(points, at_most) if records >= FEWEST else None,
        at_most=at_most,
        few_missed=_highest(points, recall),
        recall=recall,
    )
    return found if overlap is None else found.overlapping(overlap, terms.assignment)


def _usable(table: Any, terms: Terms, seed: int) -> tuple[Any, Any, Any]:
    """The rows of a table from `fields_of` that can be used: the table of them, their encodings, whose they are."""
    rows, good = encoded(table, terms, seed)
    return table.filter(good), rows[good], records_of(table)[good]


def _lowest(points: Sequence[Point], at_most: float) -> float | None:
    """The lowest threshold with so few false matches; None for none."""
    return next((each.threshold for each in points if each.false <= at_most), None)


def _highest(points: Sequence[Point], recall: float) -> float | None:
    """The highest threshold that so many of the true pairs reach; None for none."""
    return next((each.threshold for each in reversed(points) if 1 - each.missed >= recall), None)


def _of_pairs(table: Any, terms: Terms, rows: Any, wrong: Mistakes, sample: int, seed: int) -> Floats:
    """(k,) scores of records beside themselves with mistakes; 0 where one of the two says nothing."""
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(rows))[:sample])
    copies = _again(table.take(some), terms, wrong, rng)
    second, good = encoded(copies, terms, seed, protecting=False)
    return np.where(good, score_rows(rows[some], second, terms.measure), 0.0)


def _again(table: Any, terms: Terms, wrong: Mistakes, rng: np.random.Generator) -> Any:
    """A table from `fields_of` as another unit might have it, every value with its own mistakes."""
    parts = variants_of(table, terms) if terms.encoding.united else None
    return mistaken(table, terms, wrong, rng) if parts is None else _regathered(parts, terms, wrong, rng)


def _regathered(parts: Spread, terms: Terms, wrong: Mistakes, rng: np.random.Generator) -> Any:
    names = [field.name for field in terms.fields]
    copy = mistaken(parts.table, terms, wrong, rng)
    return gathered(copy.select(["record_id", *names]))


def _missed(scores: Floats, thresholds: Floats) -> Expected:
    """Shares below each threshold, with exact intervals (Clopper and Pearson, Biometrika 26, 1934)."""
    count, size = np.searchsorted(scores, thresholds, side="left"), len(scores)
    edge = (1 - LEVEL) / 2
    low = np.where(count > 0, special.betaincinv(np.maximum(count, 1), size - count + 1, edge), 0.0)
    high = np.where(count < size, special.betaincinv(count + 1, np.maximum(size - count, 1), 1 - edge), 1.0)
    return Expected(count / size, low, high)


def _points(thresholds: Floats, false: Expected, missed: Expected, counted_to: float) -> list[Point]:
    return [
        Point(
            threshold=float(threshold),
            false=float(false.value[at]),
            false_low=float(false.low[at]),
            false_high=float(false.high[at]),
            missed=float(missed.value[at]),
            missed_low=float(missed.low[at]),
            missed_high=float(missed.high[at]),
            extrapolated=bool(threshold > counted_to),
        )
        for at, threshold in enumerate(thresholds)
    ]


def _check(against: Sequence[int], at_most: float, recall: float, overlap: float | None) -> None:
    if any(size < 1 for size in against):
        raise UsageError("another list has no records")
    if not at_most > 0:
        raise UsageError("the number of false matches allowed is not above 0", "0 cannot be promised")
    if not 0 < recall <= 1:
        raise UsageError("recall is not a share above 0 and up to 1")
    if overlap is not None and not 0 < overlap <= 1:
        raise UsageError("overlap is not a share above 0 and up to 1")
