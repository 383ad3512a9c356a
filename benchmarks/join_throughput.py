"""Comparisons per second of `pplink.threshold_join`, beside anonlink's `dice_coefficient_accelerated`.

    python -m benchmarks.join_throughput [--rows 20000] [--threshold 0.8] [--repeats 3]

Persons have four fields whose values are drawn by their frequency in FEBRL4 (given name, surname, date of
birth, suburb). Half of the right persons are left persons too, a quarter of their fields with one letter
changed. clkhash, not pplink, turns them into CLKs: 1,024 bits, bigrams, 10 bits a bigram. Both joins get
the same CLKs, and the run fails unless both find the same pairs. What is timed is the call: for anonlink
with bitarrays already made, for pplink with everything it does to get ready, once the code is compiled.
"One core" means that the process is held to one core by the operating system. What two cores of this machine give at
all is measured beside it: a bare kernel in one process and in two.
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import febrl, peers
from benchmarks.report import keep
from benchmarks.two_cores import kernel
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs

BITS = 1024
CALLS = 5
"""Of ours, where anonlink is called once: a call takes a tenth of a second."""

ENCODE = """
import csv, json, sys
import numpy as np
from clkhash.clk import generate_clks
from clkhash.comparators import NgramComparison
from clkhash.field_formats import BitsPerTokenStrategy, FieldHashingProperties, StringSpec
from clkhash.schema import Schema
how = FieldHashingProperties(comparator=NgramComparison(2), strategy=BitsPerTokenStrategy(10))
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(source, newline="") as file:
        rows = list(csv.reader(file))
    schema = Schema([StringSpec(str(k), how) for k in range(len(rows[0]))], 1024)
    clks = generate_clks(rows, schema, "secret", validate=False, max_workers=1)
    np.save(target, np.frombuffer(b"".join(clk.tobytes() for clk in clks), np.uint64).reshape(len(rows), -1))
print(json.dumps({}))
"""

COMPARE = """
import json, os, sys, time
import numpy as np
from anonlink.similarities import dice_coefficient_accelerated
from bitarray import bitarray
left, right, threshold, found, core = sys.argv[1:]
os.sched_setaffinity(0, {int(core)})
sides = []
for path in (left, right):
    sides.append([])
    for row in np.load(path):
        bits = bitarray()
        bits.frombytes(row.tobytes())
        sides[-1].append(bits)
began = time.perf_counter()
scores, rows = dice_coefficient_accelerated(sides, float(threshold))
seconds = time.perf_counter() - began
np.savez(found, left=np.array(rows[0], np.int64), right=np.array(rows[1], np.int64), score=np.array(scores))
print(json.dumps({"seconds": seconds}))
"""


def persons(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two lists of (rows, fields) texts."""
    rng = np.random.default_rng(seed)
    known = febrl.febrl4().left[list(febrl.FOUR)]
    drawn = [rng.choice(known[field].to_numpy(str), 2 * rows).astype("U64") for field in febrl.FOUR]
    left, right = np.split(np.stack(drawn, axis=1), 2)
    right[: rows // 2] = left[: rows // 2]
    for row, field in np.argwhere(rng.random((rows // 2, len(febrl.FOUR))) < 0.25):
        text = right[row, field]
        if text:
            at = rng.integers(len(text))
            right[row, field] = text[:at] + rng.choice(list("abcdefghijklmnopqrstuvwxyz")) + text[at + 1 :]
    return left, right[rng.permutation(rows)]


def encoded(folder: Path, rows: int) -> list[Path]:
    """Two files of CLKs by clkhash."""
    arguments: list[Path] = []
    for name, people in zip(("left", "right"), persons(rows, seed=1), strict=True):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(people)
        arguments += [folder / f"{name}.csv", folder / f"{name}.npy"]
    peers.run(ENCODE, *arguments)
    return arguments[1::2]


def ours(left: np.ndarray, right: np.ndarray, threshold: float, cores: set[int]) -> tuple[float, Pairs]:
    """Seconds, the median of some calls on these cores, and pairs.

    The first call does not count: a process that was just let onto a second core is moved there late.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    seconds = []
    try:
        for _ in range(1 + CALLS):
            began = time.perf_counter()
            pairs = threshold_join(left, right, threshold, threads=len(cores))
            seconds.append(time.perf_counter() - began)
        return float(np.median(seconds[1:])), pairs
    finally:
        os.sched_setaffinity(0, before)


def equal(pairs: Pairs, found: Path) -> bool:
    """Whether anonlink found the same pairs with the same scores, in the same order."""
    theirs = np.load(found)
    return all(
        np.array_equal(getattr(pairs, column), theirs[column]) for column in ("left", "right", "score")
    )


def measured(rows: int, threshold: float, repeats: int) -> dict[str, Any]:
    """Rates in million comparisons a second, each the median of its repeats, taken in turns."""
    cores = sorted(os.sched_getaffinity(0))
    seconds: dict[str, list[float]] = {"anonlink": [], "pplink": [], "pplink, two cores": []}
    ceilings = []
    with tempfile.TemporaryDirectory() as place:
        files = encoded(Path(place), rows)
        left, right = (np.load(file) for file in files)
        threshold_join(left[:10], right[:10], threshold)  # compiles, at the first run ever
        for _ in range(repeats):
            found = Path(place) / "found.npz"
            theirs = peers.run(COMPARE, *files, threshold, found, cores[0])
            seconds["anonlink"].append(theirs["seconds"])
            taken, pairs = ours(left, right, threshold, set(cores[:1]))
            seconds["pplink"].append(taken)
            if not equal(pairs, found):
                raise SystemExit("pplink and anonlink do not find the same pairs")
            if len(cores) > 1:
                seconds["pplink, two cores"].append(ours(left, right, threshold, set(cores[:2]))[0])
                ceilings.append(2 * kernel(1) / kernel(2))
        fill = float(np.mean([np.bitwise_count(side).sum() / side.size / 64 for side in (left, right)]))
    rates = {name: rows * rows / float(np.median(some)) / 1e6 for name, some in seconds.items() if some}
    return {"rows": rows, "bits": BITS, "fill": fill, "threshold": threshold, "pairs": len(pairs),
            "repeats": repeats, "million comparisons per second": rates,
            "times one process of a bare kernel in two": ceilings}  # fmt: skip


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    result = measured(wanted.rows, wanted.threshold, wanted.repeats)
    rates = result["million comparisons per second"]
    print(
        f"{result['rows']:,} x {result['rows']:,} CLKs of {BITS:,} bits, {result['fill']:.0%} set, Dice",
        end=" ",
    )
    print(f"{result['threshold']}: the same {result['pairs']:,} pairs and scores from both")
    for name, rate in rates.items():
        print(f"{name:20} {rate:8,.0f} million comparisons/s")
    result["times anonlink on one core"] = rates["pplink"] / rates["anonlink"]
    print(f"pplink is {result['times anonlink on one core']:.1f} times anonlink on one core", end="")
    if "pplink, two cores" in rates:
        result["times one core on two"] = rates["pplink, two cores"] / rates["pplink"]
        ceilings = result["times one process of a bare kernel in two"]
        print(f", and {result['times one core on two']:.2f} times itself on two", end="")
        print(f" (two processes of a bare kernel {min(ceilings):.2f} to {max(ceilings):.2f})", end="")
    print(f"; medians of {result['repeats']}")
    keep("join_throughput", result)


if __name__ == "__main__":
    main()
