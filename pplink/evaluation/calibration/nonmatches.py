"""Non-matches: scores of records that are not one person; in a list without duplicates, those of every two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pplink.errors import DataError, RefusedError
from pplink.join.api import self_join
from pplink.join.measures import score_rows
from pplink.join.pairs import Pairs

BitRows = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SAMPLE = 20_000
"""Records of a list that are compared among themselves, unless told otherwise: 200 million pairs."""
WANTED = 200_000
"""Pairs whose scores are kept: the highest, about so many."""
LOOKED_AT = 1 << 18
"""Pairs drawn at random to find the score that WANTED pairs reach."""
STEP = Fraction(1, 1000)


@dataclass(frozen=True, kw_only=True, eq=False)
class NonMatches:
    """Of one list, or of several added up."""

    records: int
    """Compared among themselves, list by list."""
    pairs: int
    """Of them, compared."""
    floor: float
    """Lowest score that is known; 3 decimals."""
    scores: Floats
    """All scores at or above the floor, rising."""
    left: Ints
    right: Ints
    """(k,) each, which records the scores are of; numbered through, so that lists stay apart."""


def compare(
    rows: BitRows, measure: str, *, record: Ints | None = None, sample: int = SAMPLE, seed: int = 0
) -> NonMatches:
    """Scores of a list without duplicates, (n, words). Empty rows match nothing and do not count.

    record: (n,), which record each row is of, if rows are variants: two records score as the best of theirs do. sample:
    so many rows, of records drawn at random, stand for a longer list. Raises DataError for fewer than 3 records.
    """
    rng = np.random.default_rng(seed)
    some = rows.any(axis=1)
    rows, whose = rows[some], np.arange(len(rows)) if record is None else record
    whose = np.unique(whose[some], return_inverse=True)[1]
    records = int(whose.max()) + 1 if len(whose) else 0
    if len(rows) > sample:
        kept = rng.permutation(records)[: max(3, records * sample // len(rows))]
        chosen = np.isin(whose, kept)
        rows, whose, records = rows[chosen], np.unique(whose[chosen], return_inverse=True)[1], len(kept)
    if records < 3:
        raise DataError("fewer than 3 records can be compared", "calibrate with a longer list")
    floor, found = _highest(rows, measure, _floor(rows, measure, len(rows) * (len(rows) - 1) // 2, rng))
    best = _of_records(found, whose, records) if len(rows) > records else found
    return _nonmatches(records, records * (records - 1) // 2, floor, best.score, best.left, best.right)


def _of_records(found: Pairs, whose: Ints, records: int) -> Pairs:
    """Pairs of rows as pairs of records: the highest score of each, and none of a record with itself."""
    one, other = whose[found.left], whose[found.right]
    keys = np.minimum(one, other) * records + np.maximum(one, other)
    first = np.sort(np.unique(keys, return_index=True)[1])  # scores fall
    first = first[one[first] != other[first]]
    return Pairs(left=one[first], right=other[first], score=found.score[first])


def together(lists: Sequence[NonMatches]) -> NonMatches:
    """Several lists' as one, from the highest of their floors."""
    floor = max(each.floor for each in lists)
    begins = np.cumsum([0, *(each.records for each in lists)])
    columns = []
    for name, shifts in (("scores", [0] * len(lists)), ("left", begins[:-1]), ("right", begins[:-1])):
        parts = zip(lists, shifts, strict=True)
        columns.append(np.concatenate([getattr(each, name)[each.scores >= floor] + by for each, by in parts]))
    return _nonmatches(int(begins[-1]), sum(each.pairs for each in lists), floor, *columns)


def _nonmatches(
    records: int, pairs: int, floor: float, scores: Floats, left: Ints, right: Ints
) -> NonMatches:
    order = np.argsort(scores, kind="stable")
    return NonMatches(
        records=records, pairs=pairs, floor=floor, scores=scores[order], left=left[order], right=right[order]
    )


def _floor(rows: BitRows, measure: str, pairs: int, rng: np.random.Generator) -> Fraction:
    """A score that about WANTED pairs reach, as random pairs tell; all of a short list's."""
    if pairs <= WANTED:
        return STEP
    left = rng.integers(0, len(rows), LOOKED_AT)
    right = (left + rng.integers(1, len(rows), LOOKED_AT)) % len(rows)
    parts = zip(np.split(left, 64), np.split(right, 64), strict=True)
    scores = np.concatenate([score_rows(rows[some], rows[others], measure) for some, others in parts])
    reached = float(np.quantile(scores, 1 - WANTED / pairs))
    return max(Fraction(int(reached / STEP)) * STEP, STEP)


def _highest(rows: BitRows, measure: str, floor: Fraction) -> tuple[float, Pairs]:
    """The pairs at or above the floor, or above a higher one if they are far more than expected."""
    while True:
        try:
            return float(floor), self_join(
                rows, floor, measure=measure, strategy="exact", max_pairs=10 * WANTED
            )
        except RefusedError:
            if floor + 20 * STEP > 1:
                raise
            floor += 20 * STEP
