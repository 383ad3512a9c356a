"""Comparisons per second of `pplink.threshold_join` by measure, beside Dice on the same rows and scaled by width.

    python -m benchmarks.join_measures [--rows 20000] [--repeats 3]

Persons as in join_throughput, half of the right ones left ones too, encoded by presets: `persons` (1,024 bits, a third
full), `persons-shown` (diffused, 4,096 bits, half full), and by MinHash in place of its filters. Every pair is
compared, all cores, best of the repeats. Minhash at 2 t - 1 asks for exactly the pairs of hamming at t. "At Dice's
speed": time of Dice on `persons`, times bits / 1,024, over the time taken; 1 or more is as fast or faster.  Time goes
with the bits that are set, which half-full rows have more of, and with how few pairs a low threshold lets one leave
early.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import msgspec
import numpy as np
import pandas as pd

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.join_throughput import persons
from benchmarks.report import write
from pplink.agreement.hardening import MinHash
from pplink.agreement.model import Terms
from pplink.join.api import threshold_join

HEADERS = (
    "rows of",
    "bits",
    "measure",
    "threshold",
    "pairs",
    "seconds",
    "million comparisons / s",
    "at Dice's speed",
)


def cases() -> Iterator[tuple[str, Terms, str, float]]:
    """(what, how it is encoded, measure, threshold)."""
    plain, shown = terms_of("persons"), terms_of("persons-shown")
    yield "persons", plain, "dice", 0.65
    yield "persons", plain, "hamming", 0.85
    for measure in ("dice", "hamming"):
        yield "persons-shown", shown, measure, 0.535
    hashed = msgspec.structs.replace(plain.encoding, hashes=2, floor=26, hardening=(MinHash(bits=4096),))
    for measure, threshold in (("dice", 0.7), ("hamming", 0.7), ("minhash", 0.4)):
        yield (
            "MinHash",
            msgspec.structs.replace(plain, fields=shown.fields, encoding=hashed, measure="minhash"),
            measure,
            threshold,
        )


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    frames = [_frame(texts) for texts in persons(wanted.rows, 1)]
    rows: dict[str, list[np.ndarray]] = {}
    lines, base = [], 0.0
    for name, terms, measure, threshold in cases():
        if name not in rows:
            rows[name] = [encoded(frame, terms, 1) for frame in frames]
        left, right = rows[name]
        seconds, pairs = _timed(left, right, measure, threshold, wanted.repeats)
        bits = 64 * left.shape[1]
        base = base or seconds
        rate = wanted.rows**2 / seconds / 1e6
        told = (f"{bits:,}", measure, f"{threshold:g}", f"{pairs:,}", f"{seconds:.3f}", f"{rate:,.0f}")
        lines.append((name, *told, f"{base * bits / 1024 / seconds:.2f}"))
    write("join_measures", __doc__, {f"{wanted.rows:,} x {wanted.rows:,} rows": (HEADERS, lines)})


def _timed(
    left: np.ndarray, right: np.ndarray, measure: str, threshold: float, repeats: int
) -> tuple[float, int]:
    """The best of so many calls, after one that compiles; pairs found."""
    best, found = float("inf"), 0
    threshold_join(left[:500], right[:500], threshold, measure=measure)
    for _ in range(repeats):
        began = time.perf_counter()
        found = len(threshold_join(left, right, threshold, measure=measure, strategy="exact"))
        best = min(best, time.perf_counter() - began)
    return best, found


def _frame(texts: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(texts, columns=list(febrl.FOUR))
    days = pd.to_datetime(frame["date_of_birth"], format="%Y%m%d", errors="coerce").notna()
    return frame.assign(
        date_of_birth=frame["date_of_birth"].where(days, ""), record_id=frame.index.astype(str)
    )


if __name__ == "__main__":
    main()
