"""Intervals of what `pplink broker match` states without truth, beside the truth, on FEBRL1-3 and made-up persons.

    python -m benchmarks.stated_intervals [--runs 100] [--quick]

Each run draws its own lists: every third run of FEBRL1-3 (`benchmarks.febrl.practice`), else of made-up persons: 300
to 4,000 records a list (of `persons-crossborder` at most 1,200), of all cultures or mostly of some, the same for both
lists or not; households, mistakes and blanks as often as usual, less or more often. 2 to 100 % of the records have
their person on the other list; the threshold is at most 0.08 from the preset's. The true precision is that of the run's
hits, the true recall that of all persons on both lists, false matches are pairs of strangers at or above the threshold
before assignment. An interval should have them in 95 % of runs. Width, off by: the median of the intervals' widths, and
of how far off the value stated is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from benchmarks import febrl
from benchmarks.calibration_unlike import ARAB, SLAVIC, WESTERN, as_agreed
from benchmarks.encoding import encode_table, terms_of
from benchmarks.report import write
from pplink.agreement.model import Terms
from pplink.evaluation.calibration.estimating import Estimate, estimate
from pplink.evaluation.calibration.stating import strangers_of
from pplink.evaluation.population import make_lists
from pplink.evaluation.population.habits import Habits
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

HEADERS = ("lists", "preset", "runs", "precision within", "width", "off by", "recall within", "width ", "off by ",
           "false matches within")  # fmt: skip
FIRST = 9000
"""Seed of the first run; the deviations in `misfit` are from runs before it."""
MIXED: frozenset[str] = frozenset()
CULTURES = (MIXED, MIXED, ARAB, SLAVIC, WESTERN)
MOST = {"persons-crossborder": 1200}
FEWEST = 5
"""Persons on both lists, and hits, without which a run is left out."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Two lists."""

    lists: str
    preset: str
    terms: Terms
    rows: tuple[np.ndarray, np.ndarray]
    truth: np.ndarray
    """(t, 2): row of left, row of right."""


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="six runs")
    wanted = parser.parse_args()
    found: dict[tuple[str, str], list[list[float]]] = {}
    for run in runs(6 if wanted.quick else wanted.runs):
        if (line := measured(run)) is not None:
            found.setdefault((run.lists, run.preset), []).append(line)
    every = [line for lines in found.values() for line in lines]
    rows = [_row(*key, lines) for key, lines in sorted(found.items())] + [_row("all", "all", every)]
    write("stated_intervals", __doc__, {"Runs whose truth is within the interval": (HEADERS, rows)})


def runs(number: int) -> Iterator[Run]:
    """Lists, by seed."""
    for seed in range(FIRST, FIRST + number):
        rng = np.random.default_rng(seed)
        yield _febrl(rng, seed) if seed % 3 == 0 else _made(rng, seed)


def _overlap(rng: np.random.Generator) -> float:
    return 1.0 if rng.random() < 0.2 else float(np.exp(rng.uniform(np.log(0.02), 0)))


def _terms(preset: str, rng: np.random.Generator) -> Terms:
    terms = terms_of(preset)
    return msgspec.structs.replace(terms, threshold=round(terms.threshold + rng.uniform(-0.08, 0.08), 3))


def _febrl(rng: np.random.Generator, seed: int) -> Run:
    preset = str(rng.choice(["persons", "persons-address"]))
    drawn = febrl.overlapping(febrl.practice(seed=seed), _overlap(rng), seed=seed)
    terms = _terms(preset, rng)
    frames = (frame.rename(columns=febrl.NAMES) for frame in (drawn.left, drawn.right))
    left, right = (encode_table(frame, terms, seed) for frame in frames)
    return Run(lists="FEBRL1-3", preset=preset, terms=terms, rows=(left, right), truth=drawn.truth)


def _made(rng: np.random.Generator, seed: int) -> Run:
    preset = str(rng.choice(["persons", "persons-address", "persons-crossborder"]))
    terms = _terms(preset, rng)
    sizes = np.exp(rng.uniform(np.log(300), np.log(4000), 2)).astype(int)
    sizes = np.minimum(sizes if rng.random() < 0.5 else sizes[0], MOST.get(preset, 4000)) * np.ones(2, int)
    liked = [CULTURES[place] for place in rng.integers(0, len(CULTURES), 2)]
    liked = liked if rng.random() < 0.4 else liked[:1] * 2
    drawn = int(sizes.max()) * (3 if any(liked) else 1)
    made = make_lists(("left", "right"), drawn, overlap=_overlap(rng), habits=_habits(rng), seed=seed)
    rows, people = [], []
    for unit, size, wanted in zip(made.frames, sizes, liked, strict=True):
        frame = made.frames[unit]
        weight = np.where(frame["nationality"].isin(wanted) | (not wanted), 1.0, 0.1)
        some = np.sort(rng.choice(len(frame), size, replace=False, p=weight / weight.sum()))
        rows.append(as_agreed(frame.iloc[some].reset_index(drop=True), terms, seed))
        people.append(made.people[unit][some])
    _, *both = np.intersect1d(*people, return_indices=True)
    return Run(
        lists="made up", preset=preset, terms=terms, rows=(rows[0], rows[1]), truth=np.stack(both, axis=1)
    )


def _habits(rng: np.random.Generator) -> Habits:
    """Mistakes as often as usual, a third as often, or nearly twice."""
    usual, times = Habits(), float(rng.choice([0.3, 1.0, 1.8]))
    return Habits(
        household=float(rng.choice([0.0, 0.4, 0.7])),
        missing={column: min(1.0, rate * times) for column, rate in usual.missing.items()},
        name_slip=usual.name_slip * times,
        place_slip=usual.place_slip * times,
        date_slip=usual.date_slip * times,
        swapped=usual.swapped * times,
        moved=usual.moved * times,
        second_name=usual.second_name * times,
    )


def measured(run: Run) -> list[float] | None:
    """Of precision and recall: whether the interval has it, its width, how far off the value is; of false matches
    whether. None: too little to tell."""
    terms, variants = run.terms, run.terms.encoding.rows
    left, right = run.rows
    pairs = threshold_join(left, right, terms.threshold, measure=terms.measure, max_pairs=None)
    pairs = pairs.of_records(variants)
    hits, width = assign(pairs), len(right) // variants
    strangers = strangers_of(run.rows, terms.measure, variants=variants)
    if min(len(run.truth), len(hits)) < FEWEST or strangers is None:
        return None
    told: Estimate | None = estimate(run.rows, {(0, 1): hits}, terms, strangers)
    if told is None:
        return None

    def true_of(some: Pairs) -> int:
        return int(np.isin(some.left * width + some.right, run.truth @ [width, 1]).sum())

    line = []
    for share, true in (
        (told.precision, true_of(hits) / len(hits)),
        (told.recall, true_of(hits) / len(run.truth)),
    ):
        within = share.low - 1e-9 <= true <= share.high + 1e-9
        line += [within, share.high - share.low, abs(share.value - true)]
    return [*line, told.false.low <= len(pairs) - true_of(pairs) <= told.false.high]


def _row(lists: str, preset: str, lines: list[list[float]]) -> list[str]:
    cells = [lists, preset, str(len(lines))]
    for place, column in enumerate(np.array(lines, float).T):
        share = place % 3 == 0
        cells.append(f"{np.mean(column):.0%}" if share else f"{np.median(column):.3f}")
    return cells


if __name__ == "__main__":
    main()
