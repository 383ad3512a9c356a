"""How the numbers of the presets were chosen: on FEBRL1, 2 and 3, never on FEBRL4.

    python -m benchmarks.preset_tuning [--preset persons] [--quick]

Two lists with at most one record of a person in each (febrl.practice), dealt out three times, each time encoded
under another secret: mean F1 at each threshold, of every pair and one-to-one (greedy). Candidates differ in the kind of
the birth date, in whether bits are a token's (of `day`, a share's) or a value's, in the width, and in the bits of each
field in the preset's order. The last is the preset.
The presets have about the highest F1 of these tables; of candidates with as much, the one with fewer bits.
Those of persons-address are the best of 45 drawn about the ones before (50 50 70 45 50 30 50 at 0.62), then of six on
five deals: as good where 3 % of the records have their person on the other list, better where more have.
Thresholds: `persons` where F1 of every pair is highest, since one-to-one a lower one gains 0.001 here, and loses 0.03
at 3 %; `persons-address` where one-to-one is.
By overlap: the presets as they are, on as many of the same records as make that share, once a deal.
FEBRL4 was looked at with the presets as they are, with those before them, and once with other weights for
persons-address, which were not taken.
Presets need a name (`needs`), as do all rows; that costs one-to-one 0.0008.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from msgspec import UNSET
from msgspec.structs import replace

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.report import write
from pplink.agreement.field import Kind
from pplink.agreement.model import Terms
from pplink.agreement.preset import VALUED
from pplink.evaluation import of_pairs
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

THRESHOLDS = (0.59, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.675, 0.7, 0.725, 0.75, 0.8, 0.85)
DECISIONS = ("every pair", "one-to-one")
LOWER = (0.52, 0.54, 0.56, 0.58)
OVERLAPS = (1.0, 0.3, 0.03)
"""Shares of the records on each list whose person is on the other."""


@dataclass(frozen=True)
class Candidate:
    """What a preset might be."""

    born: Kind
    bits_of: Literal["token", "value"]
    bits: tuple[int, ...]
    """Of each field of the preset, in order."""
    width: int = 1024

    def terms(self, preset: Terms) -> Terms:
        """The preset's terms with other numbers."""
        fields = [
            replace(
                field,
                kind=self.born if field.name == "birth_date" else field.kind,
                weight=bits / VALUED,
                bits_of="value" if self.bits_of == "value" else UNSET,
            )
            for field, bits in zip(preset.fields, self.bits, strict=True)
        ]
        encoding = replace(preset.encoding, hashes=VALUED, bits=self.width)
        return replace(preset, fields=tuple(fields), encoding=encoding)


CANDIDATES: dict[str, list[Candidate]] = {
    "persons": [
        Candidate("date", "token", (10, 10, 15, 10)),
        Candidate("day", "token", (10, 10, 5, 10)),
        Candidate("date", "value", (85, 85, 140, 90)),
        Candidate("day", "value", (60, 60, 100, 65)),
        Candidate("day", "value", (110, 110, 180, 115)),
        Candidate("day", "value", (85, 85, 110, 90)),
        Candidate("day", "value", (85, 85, 170, 90)),
        Candidate("day", "value", (85, 85, 140, 70)),
        Candidate("day", "value", (85, 85, 140, 110)),
        Candidate("day", "value", (85, 85, 140, 90), 2048),
        Candidate("day", "value", (85, 85, 140, 90)),
    ],
    "persons-address": [
        Candidate("date", "token", (5, 5, 8, 5, 5, 10, 10)),
        Candidate("day", "value", (65, 65, 90, 60, 65, 40, 65)),
        Candidate("day", "value", (50, 50, 70, 45, 50, 40, 50)),
        Candidate("day", "value", (50, 50, 70, 45, 50, 20, 50)),
        Candidate("day", "value", (50, 50, 90, 45, 50, 30, 50)),
        Candidate("day", "value", (50, 50, 70, 45, 50, 30, 35)),
        Candidate("day", "value", (50, 50, 70, 45, 50, 30, 50)),
        Candidate("day", "value", (60, 60, 75, 50, 60, 55, 70)),
        Candidate("day", "value", (50, 50, 70, 55, 60, 40, 60)),
        Candidate("day", "value", (45, 45, 70, 55, 60, 30, 55)),
    ],
}
"""The last is the preset."""


def figures(
    lists: Sequence[febrl.Lists], terms: Terms, thresholds: Sequence[float]
) -> tuple[float, np.ndarray]:
    """The share of bits set, and F1 by decision and threshold: means over the two lists, each under its own secret."""
    fills, rows = [], []
    for secret, each in enumerate(lists):
        left, right = encoded(each.left, terms, secret), encoded(each.right, terms, secret)
        fills.append(float(np.bitwise_count(np.concatenate((left, right))).mean() / 64))
        pairs = threshold_join(left, right, thresholds[0], max_pairs=None)
        found = [pairs.at_least(threshold) for threshold in thresholds]
        rows.append([[_f1(some, each.truth) for some in kept] for kept in (found, map(assign, found))])
    return float(np.mean(fills)), np.mean(rows, axis=0)


def by_candidate(
    deals: Sequence[febrl.Lists], preset: Terms, candidates: Sequence[Candidate]
) -> list[list[str]]:
    """A line for each candidate and decision."""
    lines = []
    for each in candidates:
        fill, f1 = figures(deals, each.terms(preset), THRESHOLDS)
        what = [each.born, each.bits_of, " ".join(map(str, each.bits)), f"{each.width:,}", f"{fill:.2f}"]
        lines += [[*what, *line] for line in _decided(f1)]
    return lines


def by_overlap(deals: Sequence[febrl.Lists], terms: Terms) -> list[list[str]]:
    """Of a preset as it is: a line for each overlap and decision; who is on one list alone is drawn at random."""
    lines = []
    for share in OVERLAPS:
        drawn = [febrl.overlapping(lists, share, seed=seed) for seed, lists in enumerate(deals)]
        f1 = figures(drawn, terms, LOWER + THRESHOLDS)[1]
        size = f"{len(drawn[0].left):,} x {len(drawn[0].right):,}, {len(drawn[0].truth):,} true"
        lines += [[f"{share:.0%}", size, *line] for line in _decided(f1)]
    return lines


def _decided(f1: np.ndarray) -> list[list[str]]:
    """A line for each decision: its name, and F1 at each threshold. f1: (decisions, thresholds)."""
    return [
        [decision, *(f"{value:.4f}" for value in line)]
        for decision, line in zip(DECISIONS, f1.tolist(), strict=True)
    ]


def _f1(pairs: Pairs, truth: np.ndarray) -> float:
    return of_pairs(np.stack((pairs.left, pairs.right), axis=1), truth).f1


def main() -> None:
    """Every candidate's row, a preset after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--preset", choices=CANDIDATES, action="append")
    parser.add_argument("--quick", action="store_true", help="one deal, and the preset's neighbours only")
    wanted = parser.parse_args()
    deals = [febrl.practice(seed=seed) for seed in range(1, 2 if wanted.quick else 4)]
    tables = {}
    for preset in wanted.preset or CANDIDATES:
        chosen = CANDIDATES[preset][-3 if wanted.quick else 0 :]
        headers = ["date", "bits of a", "bits", "width", "fill", "decision", *(f"{t:g}" for t in THRESHOLDS)]
        tables[preset] = (headers, by_candidate(deals, terms_of(preset), chosen))
        headers = ["overlap", "lists", "decision", *(f"{t:g}" for t in LOWER + THRESHOLDS)]
        tables[f"{preset}, by overlap"] = (headers, by_overlap(deals, terms_of(preset)))
    write("preset_tuning", __doc__, tables)


if __name__ == "__main__":
    main()
