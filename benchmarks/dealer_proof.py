"""What the dealer's proof costs in blinded_broker: the same run with 1 set a tile (nothing proven), 2, 3 and 4.

    python -m benchmarks.dealer_proof [--rows 3072] [--repeats 3]

All three roles run in one process, frame by frame, the runs of one repeat one after the other; times are processor
times. Hits of each are compared with the plain computation.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
from collections import Counter
from fractions import Fraction

import numpy as np

from benchmarks import report
from benchmarks.protocols import NAMES, Timed, one_process, people, plain
from protocols.blinded_broker import Parameters

SETS = (1, 2, 3, 4)


def parameters(sets: int, rows: int, bits: int, threshold: Fraction) -> Parameters:
    """Of a run; window as sessions have it."""
    return Parameters(
        bits=bits, threshold=threshold, quota=1 << 20, most_rows=rows, sets=sets, window=4 if sets > 1 else 2
    )


def measured(
    rows: int, bits: int, threshold: Fraction, repeats: int
) -> dict[int, list[tuple[list[Timed], float]]]:
    """By sets: the roles that ran, and processor nanoseconds a pair, of each repeat."""
    alice = people(rows, bits, 1)
    bob = people(rows, bits, 2, alice)
    truth = plain(alice, bob, threshold)
    found: dict[int, list[tuple[list[Timed], float]]] = {sets: [] for sets in SETS}
    for repeat in range(repeats + 1):
        for sets in SETS:
            some = slice(128 if repeat == 0 else rows)  # the first time kernels compile
            timed, nanoseconds = one_process(parameters(sets, rows, bits, threshold), alice[some], bob[some])
            if repeat == 0:
                continue
            hits = timed[0].role.result  # type: ignore[attr-defined]
            if set(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True)) != truth:
                raise SystemExit("the hits are not those of the plain computation")
            found[sets].append((timed, nanoseconds))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=3072)
    parser.add_argument("--bits", type=int, default=1024)
    parser.add_argument("--threshold", type=Fraction, default=Fraction(17, 20))
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    found, pairs = measured(**vars(wanted)), wanted.rows**2
    rows = []
    for sets, runs in found.items():
        ratios = [run[1] / base[1] for run, base in zip(runs, found[1], strict=True)]
        sent: Counter[str] = sum((role.sent for role in runs[0][0]), Counter())
        by_role = [
            np.median([timed[n].seconds for timed, _ in runs]) / pairs * 1e9 for n in range(len(NAMES))
        ]
        rows.append(
            (
                f"{sets}",
                f"{1 - 1 / sets:.0%}",
                f"{1e3 / statistics.median(each for _, each in runs):.1f}",
                f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                *(f"{each:.0f}" for each in by_role),
                f"{sum(sent.values()) / pairs:.2f}",
                "6" if sets == 1 else "13",
            )
        )
    headers = (
        "sets", "a wrong tile is found", "M pairs/s, one core", "times without (least to most)", "ns a pair, alice",
        "bob", "dealer", "bytes a pair, all links", "one-way trips a tile, with asking",
    )  # fmt: skip
    report.write(
        "dealer_proof",
        __doc__,
        {"blinded_broker": (headers, rows)},
        [
            f"{wanted.rows:,} x {wanted.rows:,} rows of {wanted.bits:,} bits, threshold {wanted.threshold},"
            f" {wanted.repeats} repeats, medians. Load when it ended: {os.getloadavg()[0]:.1f} on"
            f" {os.cpu_count()} cores."
        ],
    )


if __name__ == "__main__":
    main()
