"""False matches predicted between made-up lists of unlike persons, from either list and from both, and told after.

    python -m benchmarks.calibration_unlike [--draws 3] [--quick]

Each list takes persons of some cultures mostly, so that strangers within a list are more alike than those between two,
or the other way round; `alike`: both are drawn in the same way, `apart`: they have no person in common. Predicted: by
`pplink unit calibrate` of either list; the smaller of both; the square root of their product, which by Cauchy and
Schwarz would be the most to be expected if likeness were an inner product. Told after: what `pplink broker match`
states. All over the pairs of different persons at or above the threshold, before any assignment; thresholds from 0.5 in
steps of 0.025 as long as there are 5 or more such pairs. The median of these ratios, how many are within a factor of 2,
the lowest and the highest.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd

from benchmarks.calibration import FEWEST, stated_after
from benchmarks.encoding import encode_records, encoded, terms_of
from benchmarks.report import write
from pplink.agreement.model import Terms
from pplink.evaluation.calibration.stating import state, strangers_of
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join

ARAB = frozenset(("SY", "IQ", "EG", "MA", "DZ", "TN", "LB"))
SLAVIC = frozenset(("RU", "UA", "BG", "KZ", "BY"))
WESTERN = frozenset(("DE", "FR", "GB", "ES", "PL", "AT", "CH", "BE"))
WAYS = ("from left", "from right", "the smaller", "root of the product", "told after")
HEADERS = (
    "lists",
    "fields",
    "thresholds",
    *(f"{way}{more}" for way in WAYS for more in ("", ", within 2", ", range")),
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How two lists are drawn of the persons that there are."""

    name: str
    overlap: float
    """Of the lists before they are drawn from."""
    sizes: tuple[int, int]
    wanted: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    """Nationalities that each list prefers; none: all alike."""
    others: float = 0.1
    """How often others are taken for one of these."""


KINDS = (
    Kind(name="Arab, all", overlap=0.3, sizes=(500, 2200), wanted=(ARAB, frozenset()), others=0.05),
    Kind(name="Arab, Western", overlap=0.3, sizes=(500, 2200), wanted=(ARAB, WESTERN)),
    Kind(name="all, Slavic", overlap=0.3, sizes=(1500, 800), wanted=(frozenset(), SLAVIC)),
    Kind(name="Slavic, Arab", overlap=0.6, sizes=(900, 900), wanted=(SLAVIC, ARAB)),
    Kind(name="alike", overlap=0.3, sizes=(1500, 1500)),
    Kind(name="alike, apart", overlap=0.0, sizes=(1500, 1500)),
)
DRAWN = 6000
"""Persons on each list before it is drawn from."""


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one kind of lists, drawn once")
    wanted = parser.parse_args()
    kinds, draws = (KINDS[3:4], 1) if wanted.quick else (KINDS, wanted.draws)
    rows, every = [], []
    for preset in ("persons", "persons-crossborder"):
        for kind in kinds:
            found = [ratios for seed in range(21, 21 + draws) for ratios in measured(kind, preset, seed)]
            rows.append(line(kind.name, preset, found))
            every += found
    rows.append(line("all", "both", every))
    write("calibration_unlike", __doc__, {"Over the true number": (HEADERS, rows)})


def measured(kind: Kind, preset: str, seed: int) -> Iterator[list[float]]:
    """(WAYS,) over the true number, at each threshold that has one."""
    terms = terms_of(preset)
    rows, truth = drawn(kind, terms, seed)
    left, right = rows
    variants = terms.encoding.rows
    sizes = [len(side) // variants for side in rows]
    alone = [strangers_of([side], terms.measure, variants=variants) for side in rows]
    floor = max(0.5, *(each.known.floor for each in alone if each))
    found = threshold_join(left, right, floor, measure=terms.measure, max_pairs=None)
    pairs = found.of_records(variants)
    known = np.isin(pairs.left * sizes[1] + pairs.right, truth @ [sizes[1], 1])
    for threshold in np.arange(np.ceil(floor * 40) / 40, 0.9, 0.025).round(3).tolist():
        true = int(((pairs.score >= threshold) & ~known).sum())
        if true < FEWEST:
            return
        one, other = (told.false for each in alone if (told := state(each, threshold, sizes[0] * sizes[1])))
        after = stated_after(rows, pairs, terms, threshold)
        assert after is not None
        yield [told / true for told in (one, other, min(one, other), sqrt(one * other), after.false)]


def drawn(kind: Kind, terms: Terms, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Encodings of two lists, and (t, 2) rows of the persons on both."""
    made, rng = (
        make_lists(("left", "right"), DRAWN, overlap=kind.overlap, seed=seed),
        np.random.default_rng(seed),
    )
    rows, people = [], []
    for unit, size, wanted in zip(made.frames, kind.sizes, kind.wanted, strict=True):
        frame = made.frames[unit]
        liked = frame["nationality"].isin(wanted) | (not wanted)
        weight = np.where(liked, 1.0, kind.others)
        some = np.sort(rng.choice(len(frame), size, replace=False, p=weight / weight.sum()))
        rows.append(as_agreed(frame.iloc[some].reset_index(drop=True), terms, seed))
        people.append(made.people[unit][some])
    _, *both = np.intersect1d(people[0], people[1], return_indices=True)
    return rows, np.stack(both, axis=1)


def as_agreed(frame: pd.DataFrame, terms: Terms, seed: int) -> np.ndarray:
    """Encodings; with all aliases where the terms have variants, else with full dates alone."""
    if terms.encoding.rows == 1:
        full = frame["birth_date"].str.len() == 10
        return encoded(frame.assign(birth_date=frame["birth_date"].where(full, "")), terms, seed)
    names = (frame["name"] + ";" + frame["aliases"]).str.strip(";").str.split(";")
    table = frame.assign(name=names, record_id=frame.index.astype(str)).explode("name")
    return encode_records(table[["record_id", "name", "birth_date"]].reset_index(drop=True), terms, seed)


def line(name: str, preset: str, found: list[list[float]]) -> list[str]:
    """A row of the table."""
    cells = [name, preset, str(len(found))]
    for column in np.array(found).T:
        within = np.mean((column >= 0.5) & (column <= 2))
        cells += [f"{np.median(column):.2f}", f"{within:.0%}", f"{column.min():.2f} - {column.max():.2f}"]
    return cells


if __name__ == "__main__":
    main()
