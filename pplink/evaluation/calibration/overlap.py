"""Overlap: the threshold with the best F1, if so many of a list's persons are on another list too.

Pairs are gone through by falling score, as the greedy solver does. Of one-to-one pairs a true one is kept unless either
record was taken before, and so is a pair of strangers: where most records have found their partner, few are left that a
stranger could take. How many are is reckoned as if who has been taken said nothing of who is next: a mean-field
approximation of greedy matching (Karp and Sipser, "Maximum matchings in sparse random graphs", FOCS 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import numpy as np

from pplink.evaluation.calibration.nonmatches import Floats

NEARLY = 0.0005
"""F1 that is not minded: the lowest threshold is taken that costs no more. How many true pairs score low follows from
rates of mistakes, which are sooner thought too low, while strangers are counted."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Assignment = Literal["one-to-one", "many-to-many"]


class Best(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lowest threshold with nearly the best F1 that is expected, and what to expect there, after assignment."""

    threshold: Share
    precision: Share
    recall: Share
    lowest: bool
    """Whether it is the lowest of the thresholds known, so that a lower one may be as good or better."""


class Overlap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much two lists have in common, as assumed, and what follows from it."""

    share: Annotated[float, msgspec.Meta(gt=0, le=1)]
    """Of this list's records: those whose person is on the other list, on each if there are several."""
    assignment: Assignment
    best: Best | None
    """None: the lists are too short to recommend anything."""


def best_of(
    thresholds: Floats,
    false: Floats,
    missed: Floats,
    records: int,
    against: Sequence[int],
    overlap: float,
    assignment: Assignment,
) -> Best:
    """thresholds: (t,) rising; false: (t,) pairs of strangers at or above each, of all lists together; missed: (t,)
    share of true pairs below. records: of this list; against: of each other list, which has that share of them.
    """
    wrong, right, true = np.zeros(len(thresholds)), np.zeros(len(thresholds)), 0.0
    for size in against:
        common, strangers = min(overlap * records, float(size)), false * size / sum(against)
        true += common
        if assignment == "one-to-one":
            strangers, found = _single(strangers, 1 - missed, common, records, size)
        else:
            found = (1 - missed) * common
        wrong, right = wrong + strangers, right + found
    f1 = 2 * right / (wrong + right + true)
    at = int(np.argmax(f1 >= f1.max() - NEARLY))
    return Best(
        threshold=float(thresholds[at]),
        precision=float(right[at] / max(right[at] + wrong[at], 1e-9)),
        recall=float(right[at] / true),
        lowest=at == 0,
    )


def _single(
    strangers: Floats, reached: Floats, common: float, records: int, size: int
) -> tuple[Floats, Floats]:
    """(t,) each: pairs of strangers, and true pairs, that greedy assignment keeps at or above each threshold.

    strangers: (t,) at or above each before it; reached: (t,) share of the true pairs. common: true pairs there are.
    """
    wrong, right = np.zeros(len(strangers)), np.zeros(len(strangers))
    left = np.array([records, size], float)  # not taken yet
    spared = 1.0  # chance that strangers took neither record of a true pair
    some = found = 0.0
    before = np.zeros(2)
    for at in range(len(strangers))[::-1]:
        new = np.array([strangers[at], reached[at]]) - before
        before += new
        more = new[1] * common * spared
        left = np.maximum(left - more, 1e-9)
        few = left.min()
        taken = few * -np.expm1(-new[0] * left[0] / records * left[1] / size / few)
        spared *= np.prod(1 - taken / left)
        left = np.maximum(left - taken, 1e-9)
        some, found = some + taken, found + more
        wrong[at], right[at] = some, found
    return wrong, right
