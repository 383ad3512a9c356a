"""False matches and misses predicted on public sanctions lists, whose persons have aliases, beside those that are.

    python -m benchmarks.calibration_lists --data DIR

DIR as in crosslist; all names of a person on both lists, the preset `persons-crossborder`, pairs of persons scored by
their best variants, before any assignment. False matches: predicted by `pplink unit calibrate` from either list alone,
with the size of the other, and by what `pplink broker match` states, which has the pairs between both lists at that
threshold and below. Calibration takes the persons of the other list to be as alike as those of its own: between lists
of unlike persons it predicts too many from the list whose own are more alike. Misses: from the left list's own aliases
(`--from-aliases`), whose halves have no name in common, where real lists mostly share one: an upper end.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.calibration import stated_after
from benchmarks.crosslist import Draw, draws
from benchmarks.encoding import encode_records, terms_of
from benchmarks.report import write
from pplink.agreement.model import Agreement
from pplink.evaluation.calibration.calibration import calibrate
from pplink.join.api import threshold_join

HEADERS = ("lists", "half", "persons", "variants", "threshold", "false matches", "predicted from left", "from right",
           "stated after", "missed %", "predicted %")  # fmt: skip
THRESHOLDS = (0.6, 0.65, 0.7, 0.75)


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with tasks_*.csv.gz")
    rows: list[list[str]] = []
    seen: set[tuple[str, int]] = set()
    for draw in draws(min(parser.parse_args().data.glob("tasks_*.csv.gz")), ["all"]):
        if (draw.pair, draw.half) not in seen:
            seen.add((draw.pair, draw.half))
            rows += measured(draw)
    write("calibration_lists", __doc__, {"Predicted and true": (HEADERS, rows)})


def measured(draw: Draw) -> Iterator[list[str]]:
    """Lines of the table."""
    terms = terms_of("persons-crossborder")
    variants = terms.encoding.rows
    rows = [encode_records(side, terms, 0) for side in draw.sides]
    sizes = [len(side) // variants for side in rows]
    pairs = threshold_join(rows[0], rows[1], 0.5, measure=terms.measure, max_pairs=None).of_records(variants)
    known = np.isin(pairs.left * sizes[1] + pairs.right, draw.truth @ [sizes[1], 1])
    found = [
        calibrate(side, Agreement(terms=terms), against=[size], from_aliases=left)
        for side, size, left in zip(draw.sides, sizes[::-1], (True, False), strict=True)
    ]
    held = [f"{side.groupby('record_id').size().mean():.1f}" for side in draw.sides]
    for threshold in THRESHOLDS:
        at, points = pairs.score >= threshold, [each.at(threshold) for each in found]
        stated = stated_after(rows, pairs, terms, threshold)
        yield [
            draw.pair,
            str(draw.half),
            " x ".join(f"{size:,}" for size in sizes),
            " x ".join(held),
            f"{threshold:g}",
            f"{(at & ~known).sum():,}",
            *("too many" if point is None else f"{point.false:,.1f}" for point in points),
            "too many" if stated is None else f"{stated.false:,.1f}",
            f"{100 * (1 - (at & known).sum() / len(draw.truth)):.1f}",
            "" if points[0] is None else f"{100 * points[0].missed:.1f}",
        ]


if __name__ == "__main__":
    main()
