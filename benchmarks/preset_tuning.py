"""How the numbers of the presets were chosen: on FEBRL1, 2 and 3, never on FEBRL4.

    python -m benchmarks.preset_tuning [--preset persons] [--quick]

Two lists with at most one record of a person in each (febrl.practice), one-to-one greedy, mean F1 over two
secrets at each threshold from 0.6 to 0.85.
The presets have the highest F1 of these tables.
Candidates differ in hashes and weights; fields not named weigh 1.
FEBRL4 was looked at with the presets as they are, and once with other weights for persons-address: 5, 5, 6, 4, 3, 9 and
9 bits a token at threshold 0.62, the best of 20 on FEBRL1-3's originals against one duplicate each beside as many
persons who are on one list only. Over six secrets F1 was 0.9987 to 0.9990, no better than the preset's: it stayed.
"""

from __future__ import annotations

import argparse

import msgspec
import numpy as np

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.report import write
from pplink.agreement.model import Terms
from pplink.evaluation import of_pairs
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

THRESHOLDS = (0.6, 0.62, 0.64, 0.65, 0.66, 0.675, 0.7, 0.725, 0.75, 0.8, 0.85)
SHORT, LONG = {"birth_date": 1.5}, {"place": 0.75}
WHOLE_SHORT = {**SHORT, "house_number": 1.5, "postcode": 1.5}
WHOLE_LONG = {**LONG, "street": 0.75}
WHOLE_TWICE = {"house_number": 2.0, "postcode": 2.0}
CANDIDATES: dict[str, list[tuple[int, dict[str, float]]]] = {
    "persons": [
        (10, {}),
        (20, {}),
        (30, {}),
        (10, SHORT),
        (12, SHORT),
        (16, SHORT),
        (20, SHORT),
        (20, SHORT | LONG),
        (22, SHORT | LONG),
        (20, {"birth_date": 2.0}),
    ],
    "persons-address": [
        (8, {}),
        (12, {}),
        (16, {}),
        (12, SHORT),
        (12, SHORT | WHOLE_LONG),
        (5, SHORT | WHOLE_TWICE),
        (6, SHORT | WHOLE_TWICE),
        (6, {"birth_date": 2.0} | WHOLE_TWICE),
        (8, WHOLE_SHORT | WHOLE_LONG),
        (10, WHOLE_SHORT | WHOLE_LONG),
        (12, WHOLE_SHORT | WHOLE_LONG),
        (14, WHOLE_SHORT | WHOLE_LONG),
    ],
}


def candidate(terms: Terms, hashes: int, weights: dict[str, float]) -> Terms:
    """The preset's terms with other numbers."""
    fields = [msgspec.structs.replace(field, weight=weights.get(field.name, 1.0)) for field in terms.fields]
    encoding = msgspec.structs.replace(terms.encoding, hashes=hashes)
    return msgspec.structs.replace(terms, fields=tuple(fields), encoding=encoding)


def figures(lists: febrl.Lists, terms: Terms, secrets: int) -> tuple[float, list[float]]:
    """The share of bits set, and F1 at each threshold."""
    fills, rows = [], []
    for secret in range(secrets):
        left, right = encoded(lists.left, terms, secret), encoded(lists.right, terms, secret)
        fills.append(float(np.bitwise_count(np.concatenate((left, right))).mean() / 64))
        pairs = threshold_join(left, right, THRESHOLDS[0], max_pairs=None)
        rows.append([_f1(pairs, threshold, lists.truth) for threshold in THRESHOLDS])
    return float(np.mean(fills)), np.mean(rows, axis=0).tolist()


def _f1(pairs: Pairs, threshold: float, truth: np.ndarray) -> float:
    kept = assign(above(pairs, threshold))
    return of_pairs(np.stack((kept.left, kept.right), axis=1), truth).f1


def above(pairs: Pairs, threshold: float) -> Pairs:
    """Those at or above the threshold, of more."""
    kept = int(np.count_nonzero(pairs.score >= threshold))  # they fall
    return Pairs(left=pairs.left[:kept], right=pairs.right[:kept], score=pairs.score[:kept])


def main() -> None:
    """Every candidate's row, a preset after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--preset", choices=CANDIDATES, action="append")
    parser.add_argument("--quick", action="store_true", help="one secret, and the preset's neighbours only")
    wanted = parser.parse_args()
    lists = febrl.practice()
    tables = {}
    for preset in wanted.preset or CANDIDATES:
        rows = []
        for hashes, weights in CANDIDATES[preset][-3 if wanted.quick else 0 :]:
            fill, f1 = figures(lists, candidate(terms_of(preset), hashes, weights), 1 if wanted.quick else 2)
            named = ", ".join(f"{field} {weight:g}" for field, weight in weights.items()) or "all 1"
            rows.append([str(hashes), named, f"{fill:.2f}", *(f"{value:.4f}" for value in f1)])
        tables[preset] = (["hashes", "weights", "fill", *(f"{t:g}" for t in THRESHOLDS)], rows)
    write("preset_tuning", __doc__, tables)


if __name__ == "__main__":
    main()
