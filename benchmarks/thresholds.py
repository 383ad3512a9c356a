"""Thresholds told without truth, beside the best there is: FEBRL1-3 and made-up persons, by overlap.

    python -m benchmarks.thresholds [--quick]

Overlap: the share of the records on each list whose person is on the other. Told after: what `pplink broker match` says
of all pairs' scores, and the precision and recall that it states at the threshold agreed. Told before:
`pplink unit calibrate --overlap` of the left list alone, by rates of mistakes as assumed if none are given, the true
overlap being known. One-to-one F1, greedy, at the threshold agreed, at those told, and at the best there is.
FEBRL1-3 is `benchmarks.febrl.practice`; dates of made-up persons are full or blank.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks import febrl
from benchmarks.calibration import Both, full
from benchmarks.encoding import encode_table, terms_of
from benchmarks.report import write
from pplink.agreement.model import Agreement, Terms
from pplink.evaluation.calibration.calibration import calibrate
from pplink.evaluation.calibration.estimating import Estimate, estimate
from pplink.evaluation.calibration.stating import strangers_of
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

HEADERS = ("lists", "preset", "overlap", "records", "F1 agreed", "best F1", "at", "F1 told after", "at ",
           "F1 told before", "at  ", "precision agreed", "stated", "recall agreed", "stated ")  # fmt: skip
OVERLAPS = (1.0, 0.6, 0.3, 0.03)
LOWEST = 0.35
"""Score from which up thresholds are looked at."""
MADE = 2500
"""Records of made-up lists."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One-to-one pairs, by falling score."""

    pairs: Pairs
    right: np.ndarray
    """(k,) bool."""
    true: int

    def at(self, threshold: float) -> tuple[float, float, float]:
        """Precision, recall, F1."""
        found = int(np.count_nonzero(self.pairs.score >= threshold))
        right = int(self.right[:found].sum())
        return right / max(found, 1), right / self.true, 2 * right / (found + self.true)

    def best(self) -> float:
        """The threshold that one would choose who knew the truth."""
        found = np.arange(1, len(self.right) + 1)
        return float(self.pairs.score[np.argmax(np.cumsum(self.right) / (found + self.true))])


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="FEBRL1-3 with four fields")
    quick = parser.parse_args().quick
    rows, losses, errors = [], [], []
    for both, preset, overlap in sources(quick):
        line, lost, wrong = measured(both, preset, overlap)
        rows.append(line)
        losses.append(lost)
        errors.append(wrong)
    (agreed, after, before), (precision, recall) = np.mean(losses, axis=0), np.mean(errors, axis=0)
    notes = [
        f"Of {len(rows)} two lists, F1 below the best there is, on average: {agreed:.4f} at the threshold agreed,"
        f" {after:.4f} at that told after, {before:.4f} at that told before.",
        f"What is stated at the threshold agreed is off by {precision:.4f} of precision and {recall:.4f} of recall.",
    ]
    write("thresholds", __doc__, {"F1 at thresholds told": (HEADERS, rows)}, notes)


def sources(quick: bool) -> Iterator[tuple[Both, str, float]]:
    """Lists, preset and overlap."""
    for overlap in OVERLAPS:
        drawn = febrl.overlapping(febrl.practice(), overlap, seed=1)
        left, right = (frame.rename(columns=febrl.NAMES) for frame in (drawn.left, drawn.right))
        for preset in ("persons",) if quick else ("persons", "persons-address"):
            yield Both(name="FEBRL1-3", left=left, right=right, truth=drawn.truth), preset, overlap
    for overlap in () if quick else OVERLAPS:
        yield _made(overlap), "persons", overlap


def _made(overlap: float) -> Both:
    made = make_lists(("left", "right"), MADE, overlap=overlap, seed=round(100 * overlap))
    frames = {unit: frame.assign(birth_date=full(frame["birth_date"])) for unit, frame in made.frames.items()}
    _, left, right = np.intersect1d(made.people["left"], made.people["right"], return_indices=True)
    return Both(name="made up", **frames, truth=np.stack((left, right), axis=1))


def measured(both: Both, preset: str, overlap: float) -> tuple[list[str], list[float], list[float]]:
    """A line of the table; F1 lost at each threshold told; what is stated is off by."""
    terms = terms_of(preset)
    rows = encode_table(both.left, terms, 0), encode_table(both.right, terms, 0)
    pairs = threshold_join(*rows, LOWEST, measure=terms.measure, strategy="exact", max_pairs=None)
    solved = assign(pairs)
    known = np.isin(solved.left * len(both.right) + solved.right, both.truth @ [len(both.right), 1])
    curve = Curve(pairs=solved, right=known, true=len(both.truth))
    told = after(rows, solved.at_least(terms.threshold), terms)
    asked = calibrate(both.left, Agreement(terms=terms), against=[len(both.right)], overlap=overlap)
    assert asked.recommended is not None
    thresholds = (terms.threshold, curve.best(), told.best, asked.recommended)
    agreed, best, later, sooner = (curve.at(threshold) for threshold in thresholds)
    f1 = [f"{figure:.4f}" for figure in (agreed[2], best[2], later[2], sooner[2])]
    at = [f"{threshold:.3f}" for threshold in thresholds[1:]]
    stated = (agreed[0], told.precision.value, agreed[1], told.recall.value)
    line = [both.name, preset, f"{overlap:.0%}", f"{len(both.left):,}", f1[0]]
    line += [cell for two in zip(f1[1:], at, strict=True) for cell in two]
    line += [f"{figure:.3f}" for figure in stated]
    losses = [best[2] - f1_there for f1_there in (agreed[2], later[2], sooner[2])]
    return line, losses, [abs(stated[0] - stated[1]), abs(stated[2] - stated[3])]


def after(rows: tuple[np.ndarray, np.ndarray], hits: Pairs, terms: Terms) -> Estimate:
    """What `pplink broker match` says. hits: one-to-one, at the threshold agreed."""
    strangers = strangers_of(rows, terms.measure)
    told = None if strangers is None else estimate(rows, {(0, 1): hits}, terms, strangers)
    assert told is not None
    return told


if __name__ == "__main__":
    main()
