"""False matches predicted from one list's encodings, beside those that a run then has, on FEBRL and on made-up persons.

    python -m benchmarks.calibration [--quick]

Predicted: `pplink unit calibrate` on the left list alone (of it, 1,000 records, to see what extrapolation is worth, or
all), and what `pplink broker match` states of both lists' encodings. True: pairs of different persons at or above the
threshold between the lists, before any assignment. FEBRL4's right list is the left one with errors; FEBRL1-3 is
`benchmarks.febrl.practice`; made-up persons have households, who share family name and address. Misses are predicted
from rates of mistakes that somebody must know: for FEBRL 0.2 slips and 0.1 missing, a guess made once and for all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import pandas as pd

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.report import write
from pplink.agreement.model import Agreement, Terms
from pplink.evaluation.calibration.calibration import Calibration, calibrate
from pplink.evaluation.calibration.estimating import estimate
from pplink.evaluation.calibration.mistakes import Mistakes
from pplink.evaluation.calibration.stating import Stated, state, strangers_of
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

HEADERS = ("lists", "fields", "threshold", "true false matches", "predicted from left", "95 %", "from 1,000 of left",
           "95 % ", "stated after", "95 %  ", "misses %", "predicted %")  # fmt: skip
KNOWN = {"FEBRL4": Mistakes(slips=0.2, missing=0.1), "FEBRL1-3": Mistakes(slips=0.2, missing=0.1)}
FEWEST = 5
"""True false matches below which a ratio means nothing."""


@dataclass(frozen=True, kw_only=True)
class Both:
    """Two lists and the truth between them."""

    name: str
    left: pd.DataFrame
    right: pd.DataFrame
    """Columns as the presets have them."""
    truth: np.ndarray
    """(t, 2): row of left, row of right."""


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="FEBRL4 with four fields alone")
    quick = parser.parse_args().quick
    rows, ratios = [], []
    for both in sources(quick):
        for preset in ("persons",) if quick else ("persons", "persons-address"):
            found = measured(both, preset)
            rows += [line for line, _ in found]
            ratios += [ratio for _, ratio in found if ratio is not None]
    within = sum(0.5 <= ratio <= 2 for ratio in ratios)
    note = (
        f"Of {len(ratios)} thresholds with {FEWEST} or more true false matches, the number predicted from the left list"
        f" is within a factor of 2 at {within}; predicted / true goes from {min(ratios):.2f} to {max(ratios):.2f}."
    )
    write("calibration", __doc__, {"False matches, predicted and true": (HEADERS, rows)}, [note])


def sources(quick: bool) -> Iterator[Both]:
    """The lists to be measured on."""
    yield _febrl("FEBRL4", febrl.febrl4())
    if not quick:
        yield _febrl("FEBRL1-3", febrl.practice())
        made = make_lists(("left", "right"), 10_000, overlap=0.1, seed=7)
        sides = {
            unit: frame.assign(birth_date=full(frame["birth_date"])) for unit, frame in made.frames.items()
        }
        _, left, right = np.intersect1d(made.people["left"], made.people["right"], return_indices=True)
        yield Both(name="made up", **sides, truth=np.stack((left, right), axis=1))


def measured(both: Both, preset: str) -> list[tuple[list[str], float | None]]:
    """Lines of the table, and predicted / true where that means something."""
    terms = terms_of(preset)
    mistakes = KNOWN.get(both.name)
    size = len(both.right)
    whole = _calibrated(both.left, terms, size, mistakes, 20_000)
    part = _calibrated(both.left, terms, size, mistakes, 1_000)
    left, right = rows = [encoded(frame, terms, 7) for frame in (both.left, both.right)]
    lowest = max(whole.points[0].threshold, 0.5)
    pairs = threshold_join(left, right, lowest, measure=terms.measure)
    known = np.isin(pairs.left * size + pairs.right, both.truth @ [size, 1])
    lines = []
    for threshold in np.round(np.arange(0.5, 0.96, 0.05), 2).tolist():
        strangers = int(((pairs.score >= threshold) & ~known).sum())
        missed = 1 - int(((pairs.score >= threshold) & known).sum()) / len(both.truth)
        if threshold >= lowest and (strangers or threshold <= 0.8):
            lines.append(_line(both, preset, threshold, strangers, missed, whole, part, rows, pairs, terms))
    return lines


def _line(
    both: Both,
    preset: str,
    threshold: float,
    strangers: int,
    missed: float,
    whole: Calibration,
    part: Calibration,
    rows: list[np.ndarray],
    pairs: Pairs,
    terms: Terms,
) -> tuple[list[str], float | None]:
    point, less = whole.at(threshold), part.at(threshold)
    assert point is not None
    assert less is not None
    stated = stated_after(rows, pairs, terms, threshold)
    told = (
        ("too many", "")
        if stated is None
        else (f"{stated.false:,.1f}", f"{stated.low:,.1f} - {stated.high:,.1f}")
    )
    line = [
        both.name,
        preset,
        f"{threshold:.2f}",
        f"{strangers:,}",
        f"{point.false:,.1f}",
        f"{point.false_low:,.1f} - {point.false_high:,.1f}",
        f"{less.false:,.1f}",
        f"{less.false_low:,.1f} - {less.false_high:,.1f}",
        *told,
        f"{100 * missed:.1f}",
        f"{100 * point.missed:.1f}" if both.name in KNOWN else "",
    ]
    return line, point.false / strangers if strangers >= FEWEST else None


def stated_after(rows: list[np.ndarray], pairs: Pairs, terms: Terms, threshold: float) -> Stated | None:
    """What `pplink broker match` would say at a threshold. pairs: of persons, at or above it among others."""
    terms = msgspec.structs.replace(terms, threshold=threshold)
    variants = terms.encoding.rows
    strangers = strangers_of(rows, terms.measure, variants=variants)
    hits = assign(pairs.at_least(threshold))
    told = None if strangers is None else estimate(rows, {(0, 1): hits}, terms, strangers)
    comparisons = len(rows[0]) * len(rows[1]) // variants**2
    return state(strangers, threshold, comparisons) if told is None else told.false


def _calibrated(
    frame: pd.DataFrame, terms: Terms, against: int, mistakes: Mistakes | None, sample: int
) -> Calibration:
    return calibrate(frame, Agreement(terms=terms), against=[against], mistakes=mistakes, sample=sample)


def _febrl(name: str, lists: febrl.Lists) -> Both:
    left, right = (frame.rename(columns=febrl.NAMES) for frame in (lists.left, lists.right))
    return Both(name=name, left=left, right=right, truth=lists.truth)


def full(dates: pd.Series) -> pd.Series:
    """Full dates alone: the presets' kind of field takes no others."""
    return dates.where(dates.str.len() == 10, "")


if __name__ == "__main__":
    main()
