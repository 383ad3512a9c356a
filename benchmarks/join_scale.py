"""Time, peak memory and recall of `pplink.threshold_join` on long lists, as it plans by itself.

    python -m benchmarks.join_scale [--rows 10000 100000 1000000] [--threshold 0.8] [--sample 20000]

Persons as in `benchmarks.join_people`: skewed names, households that share surname and suburb, a tenth of
the right list in the left list too with slips; encoded as the preset `persons` says, 1,024 bits. Each join
runs in a process of its own, on two threads; its peak is what the kernel says of it (maximum resident set
size), rows and pairs included. Recall: the join's pairs among those of `sample` left rows drawn at random,
each compared exactly with all right rows; of them, those within 0.03 of the threshold are shown too, as
near ones are what tables miss first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.join_people import sides
from benchmarks.report import RESULTS, write
from pplink.join.api import explain, threshold_join
from pplink.join.pairs import Pairs

NEAR = 0.03
THREADS = 2
JOIN = """
import json, sys, time
import numpy as np
from pplink.join.api import threshold_join
folder, threshold, threads = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
left, right = np.load(folder + "/left.npy"), np.load(folder + "/right.npy")
for strategy in ("exact", "lsh"):  # compiles, at the first run ever
    threshold_join(left[:500], right[:500], threshold, strategy=strategy)
reports = []
began = time.perf_counter()
pairs = threshold_join(left, right, threshold, threads=threads, report=reports.append)
seconds = time.perf_counter() - began
np.savez(folder + "/pairs.npz", left=pairs.left, right=pairs.right, score=pairs.score)
done = reports[0]
print(json.dumps({"seconds": seconds, "tables": done.tables, "comparisons": done.comparisons,
                  "cut": done.cut_comparisons}))
"""


def joined(folder: Path, threshold: float) -> dict[str, Any]:
    """What a process of its own found, and needed."""
    command = [sys.executable, "-c", JOIN, str(folder), str(threshold), str(THREADS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the join ended with {process.returncode}")
    result: dict[str, Any] = json.loads(told)
    return result | {"peak": used.ru_maxrss * 1024}


def recall(
    left: np.ndarray, right: np.ndarray, threshold: float, found: Pairs, sample: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(found, in all) of sampled rows' pairs; the same of those near the threshold."""
    rows = np.sort(np.random.default_rng(9).choice(len(left), min(sample, len(left)), replace=False))
    wanted = threshold_join(left[rows], right, threshold, strategy="exact")
    known = np.sort(found.left * len(right) + found.right)
    keys = rows[wanted.left] * len(right) + wanted.right
    have = known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    near = wanted.score < threshold + NEAR
    return (int(have.sum()), len(have)), (int(have[near].sum()), int(near.sum()))


def measured(rows: int, threshold: float, sample: int) -> list[str]:
    """A line of the table."""
    left, right = sides(rows)
    plan = explain(left, right, threshold, threads=THREADS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.save(folder / "left.npy", left)
        np.save(folder / "right.npy", right)
        done = joined(folder, threshold)
        with np.load(folder / "pairs.npz") as file:
            pairs = Pairs(left=file["left"], right=file["right"], score=file["score"])
    every, near = recall(left, right, threshold, pairs, sample)
    return [
        f"{rows:,}",
        "every pair" if plan.exact else f"{done['tables']:,} tables",
        f"{done['seconds']:,.1f}",
        f"{plan.seconds:,.1f}",
        f"{plan.seconds_exact:,.1f}",
        f"{done['peak'] / 2**20:,.0f}",
        f"{len(pairs):,}",
        f"{every[0]:,} of {every[1]:,}",
        f"{near[0]:,} of {near[1]:,}",
        f"{done['cut']:,}",
    ]


HEADERS = ("rows a side", "compared", "s", "s planned", "s planned if exact", "peak MiB", "pairs",
           "sampled pairs found", "of them near", "comparisons cut")  # fmt: skip


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--sample", type=int, default=20_000)
    parser.add_argument("--add", action="store_true", help="keep the table's other rows, measured before")
    parser.add_argument("--note", default="", help="said of the machine, such as who else used it")
    wanted = parser.parse_args()
    table = [measured(rows, wanted.threshold, wanted.sample) for rows in wanted.rows]
    title = f"Dice {wanted.threshold}, recall 0.999 asked for, {THREADS} threads"
    if wanted.add:
        table = _with_others(table, title)
    write("join_scale", __doc__, {title: (HEADERS, table)}, [wanted.note] if wanted.note else [])


def _with_others(table: list[list[str]], title: str) -> list[list[str]]:
    """And the rows of other sizes that the results hold."""
    held = json.loads((RESULTS / "join_scale.json").read_text())[title]
    sizes = {row[0] for row in table}
    others = [[row[header] for header in HEADERS] for row in held if row[HEADERS[0]] not in sizes]
    return sorted(table + others, key=lambda row: int(row[0].replace(",", "")))


if __name__ == "__main__":
    main()
