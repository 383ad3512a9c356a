"""The join by tables beside the exact one and beside anonlink, on the same lists, with the recall that came true.

    python -m benchmarks.join_recall [--rows 200000] [--threshold 0.8] [--recall 0.9 0.99 0.999]

Persons as in `benchmarks.join_people`, encoded as the preset `persons` says, 1,024 bits. Recall is told by the exact
join's pairs, all of them; "at the threshold" are those within 0.02 of it, where the stated recall is to hold. Our joins
run on one thread, as anonlink does. anonlink's `dice_coefficient_accelerated` compares the first left rows with all
right rows, about 8 seconds' worth, and the whole is reckoned from that.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.join_people import sides
from benchmarks.join_throughput import COMPARE
from benchmarks.report import write
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.join.report import Report

NEAR = 0.02
PART = 10**9
"""Comparisons that anonlink is given."""
HEADERS = ("join", "s", "times anonlink", "tables", "pairs", "recall", "recall at the threshold")


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--recall", type=float, nargs="+", default=[0.9, 0.99, 0.999])
    wanted = parser.parse_args()
    left, right = sides(wanted.rows)
    for strategy in ("exact", "lsh"):  # compiles, at the first run ever
        threshold_join(left[:500], right[:500], wanted.threshold, strategy=strategy)
    peer = anonlink(left, right, wanted.threshold)
    seconds, exact, _ = timed(left, right, wanted.threshold, "exact", 1.0)
    table = [
        ["anonlink", f"{peer:,.1f}", "1", "", "", "", ""],
        ["pplink, every pair", f"{seconds:,.1f}", f"{peer / seconds:,.0f}", "", f"{len(exact):,}", "1", "1"],
    ]
    for recall in wanted.recall:
        seconds, found, report = timed(left, right, wanted.threshold, "lsh", recall)
        have = np.isin(keys(exact, right), keys(found, right))
        near = exact.score < wanted.threshold + NEAR
        table.append(
            [f"pplink, tables for {recall:g}", f"{seconds:,.1f}", f"{peer / seconds:,.0f}", f"{report.tables:,}",
             f"{len(found):,}", f"{have.mean():.4f}", f"{have[near].mean():.4f} of {near.sum():,}"]
        )  # fmt: skip
    title = f"{wanted.rows:,} x {wanted.rows:,}, Dice {wanted.threshold:g}, one thread"
    write("join_recall", __doc__, {title: (HEADERS, table)})


def timed(
    left: np.ndarray, right: np.ndarray, threshold: float, strategy: str, recall: float
) -> tuple[float, Pairs, Report]:
    """Seconds, pairs, and what the join says of itself."""
    reports: list[Report] = []
    began = time.perf_counter()
    pairs = threshold_join(
        left, right, threshold, strategy=strategy, recall=recall, threads=1, report=reports.append
    )
    return time.perf_counter() - began, pairs, reports[0]


def anonlink(left: np.ndarray, right: np.ndarray, threshold: float) -> float:
    """Seconds for all pairs, from a part of them."""
    some = max(1, min(len(left), PART // len(right)))
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / name for name in ("left.npy", "right.npy")]
        for path, rows in zip(files, (left[:some], right), strict=True):
            np.save(path, rows)
        core = min(os.sched_getaffinity(0))
        taken = peers.run(COMPARE, *files, threshold, Path(place) / "found.npz", core)["seconds"]
    return float(taken) * len(left) / some


def keys(pairs: Pairs, right: np.ndarray) -> np.ndarray:
    """A number for each pair."""
    return pairs.left * len(right) + pairs.right


if __name__ == "__main__":
    main()
