"""A few new rows against a large `pplink.Index`, beside anonlink's `dice_coefficient_accelerated`.

    python -m benchmarks.index_query [--rows 1000000] [--new 1000] [--threshold 0.8] [--repeats 5]

Persons as in `benchmarks.join_people`: skewed names, households that share surname and suburb, a tenth of
the new ones in the index too with slips; encoded as the preset `persons` says, 1,024 bits. The index is built, saved,
loaded by a process of its own, and asked there: all new rows at once, and each alone. anonlink, which keeps no
index, gets the same CLKs as bitarrays already made; the run fails unless both find the same pairs and scores. anonlink
runs on one thread, ours on one and on two. Of repeated times the median. Time of processor is what all threads of the
process used together: waiting for a processor that others use is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.join_people import sides
from benchmarks.report import write
from pplink import Index

ASK = """
import json, os, sys, time
import numpy as np
from pplink import Index
path, new, found, threshold, repeats = *sys.argv[1:4], float(sys.argv[4]), int(sys.argv[5])
rows = np.load(new)
Index.build(rows[:300]).query(rows[:10], threshold)  # compiles, at the first run ever

def timed(act):
    began, used = time.perf_counter(), time.process_time()
    result = act()
    return (time.perf_counter() - began, time.process_time() - used), result

def measured(threads):
    several = [timed(lambda: index.query(rows, threshold, threads=threads)) for _ in range(repeats)]
    single = [timed(lambda: index.query(rows[k : k + 1], threshold, threads=threads)) for k in range(len(rows))]
    pairs = several[0][1]
    np.savez(found, left=pairs.left, right=pairs.right, score=pairs.score)
    alone = [pair for k, (_, each) in enumerate(single) for pair in zip([k] * len(each), each.right)]
    if sorted(alone) != sorted(zip(pairs.left, pairs.right)):
        raise SystemExit("one at a time, other pairs are found")
    return {"several": [times for times, _ in several], "single": [times for times, _ in single]}

times, index = timed(lambda: Index.load(path))
answer = {"load": times[0], "two": measured(2)}
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
answer["one"] = measured(1)
few = Index.load(path)
few.query(rows[:1], threshold)
answer["add"] = timed(lambda: few.add(rows))[0][0]
answer["remove"] = timed(lambda: few.remove(np.arange(len(rows))))[0][0]
print(json.dumps(answer))
"""

COMPARE = """
import json, os, sys, time
import numpy as np
from anonlink.similarities import dice_coefficient_accelerated
from bitarray import bitarray
left, right, threshold, found, single = *sys.argv[1:3], float(sys.argv[3]), sys.argv[4], int(sys.argv[5])
os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
sides = []
for path in (left, right):
    sides.append([])
    for row in np.load(path):
        bits = bitarray()
        bits.frombytes(row.tobytes())
        sides[-1].append(bits)
began, used = time.perf_counter(), time.process_time()
scores, rows = dice_coefficient_accelerated(sides, threshold)
several = [(time.perf_counter() - began, time.process_time() - used)]
alone = []
for k in range(single):
    began, used = time.perf_counter(), time.process_time()
    dice_coefficient_accelerated([sides[0][k : k + 1], sides[1]], threshold)
    alone.append((time.perf_counter() - began, time.process_time() - used))
np.savez(found, left=np.array(rows[0], np.int64), right=np.array(rows[1], np.int64), score=np.array(scores))
print(json.dumps({"several": several, "single": alone}))
"""

SINGLE = 5
"""Rows that anonlink is asked for one at a time: each takes as long as the last."""


def asked(*arguments: object) -> dict[str, Any]:
    """What a process of its own measured with a saved index."""
    command = [sys.executable, "-c", ASK, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def equal(one: Path, two: Path) -> bool:
    """Whether both found the same pairs with the same scores, in the same order."""
    mine, theirs = np.load(one), np.load(two)
    return all(np.array_equal(mine[column], theirs[column]) for column in ("left", "right", "score"))


def measured(rows: int, new: int, threshold: float, repeats: int) -> dict[str, Any]:
    """All figures of a run."""
    left, right = sides(rows)
    chosen = np.sort(np.random.default_rng(3).choice(rows, min(new, rows), replace=False))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.save(folder / "all.npy", left)
        np.save(folder / "new.npy", right[chosen])
        Index.build(left[:300])  # compiles, at the first run ever
        began = time.perf_counter()
        index = Index.build(left)
        built = time.perf_counter()
        index.save(folder / "index")
        saved = time.perf_counter()
        del index
        ours = asked(folder / "index", folder / "new.npy", folder / "ours.npz", threshold, repeats)
        theirs = peers.run(
            COMPARE, folder / "new.npy", folder / "all.npy", threshold, folder / "theirs.npz", SINGLE
        )
        if not equal(folder / "ours.npz", folder / "theirs.npz"):
            raise SystemExit("pplink and anonlink do not find the same pairs")
        found = len(np.load(folder / "ours.npz")["score"])
        size = (folder / "index").stat().st_size
    return {
        "build": built - began,
        "save": saved - built,
        "size": size,
        "ours": ours,
        "theirs": theirs,
        "pairs": found,
    }


def tables(told: dict[str, Any], rows: int, new: int) -> dict[str, tuple[Any, Any]]:
    """What is shown."""
    ours, theirs = told["ours"], told["theirs"]

    lines = [
        _line("pplink.Index, 2 threads", ours["two"]),
        _line("pplink.Index, 1 thread", ours["one"]),
        _line("anonlink, 1 thread", theirs),
    ]
    asking = f"{new:,} new rows against {rows:,}: {told['pairs']:,} pairs, the same from both"
    headers = (
        "who",
        f"{new:,} rows at once, s",
        "of processor, s",
        "one row, median ms",
        "99th percentile ms",
        "of processor, median ms",
        "99th percentile ms of processor",
        "single rows",
    )
    keeping = [
        ["build", f"{told['build']:,.2f} s"],
        ["save", f"{told['save']:,.2f} s"],
        ["file", f"{told['size'] / 2**20:,.0f} MiB"],
        ["load, every byte verified", f"{ours['load']:,.2f} s"],
        [f"add {new:,} rows", f"{ours['add'] * 1000:,.1f} ms"],
        [f"remove {new:,} rows", f"{ours['remove'] * 1000:,.1f} ms"],
    ]
    return {asking: (headers, lines), "Keeping the index": (("what", "took"), keeping)}


def _line(name: str, told: dict[str, list[list[float]]]) -> list[str]:
    """A line of the first table."""
    several = np.median(told["several"], axis=0)
    half, most = np.percentile(told["single"], [50, 99], axis=0) * 1000
    figures = [f"{several[0]:,.3f}", f"{several[1]:,.3f}"]
    figures += [f"{half[0]:,.1f}", f"{most[0]:,.1f}", f"{half[1]:,.1f}", f"{most[1]:,.1f}"]
    return [name, *figures, f"{len(told['single']):,}"]


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=1_000)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args()
    before = os.getloadavg()[0]
    told = measured(wanted.rows, wanted.new, wanted.threshold, wanted.repeats)
    load = f"Load average of the machine before: {before:.1f}, after: {os.getloadavg()[0]:.1f}"
    load += f", with {os.cpu_count()} cores. Dice {wanted.threshold}."
    write("index_query", __doc__, tables(told, wanted.rows, wanted.new), [load])


if __name__ == "__main__":
    main()
