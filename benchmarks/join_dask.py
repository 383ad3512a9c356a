"""What a cluster costs: `pplink.threshold_join` with backend dask beside threads, on one machine.

    python -m benchmarks.join_dask [--rows 200000] [--threshold 0.8] [--repeats 3]

Persons as in `benchmarks.join_people`, 1,024 bits, every pair compared. Two worker processes of one thread each,
beside two threads of one process, in turns; seconds are medians. "cluster up": it has joined before, and the rows are
new to it: they are made ready, written to its store, read and verified by each worker, and compared within the time.
"from nothing": the cluster is started and stopped within the time too, and its processes load Dask, NumPy and compiled
kernels. Threads are timed while no cluster runs. CPU seconds are those of this process and all that it started; they
tell more than the clock where the machine was shared. All pairs and scores are compared byte by byte.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable

import numpy as np
import psutil

from benchmarks.join_people import sides
from benchmarks.report import write
from pplink.join.api import threshold_join
from pplink.join.backends.distributed import Dask
from pplink.join.pairs import Pairs

THREADS = 2
WARM = 60_000
"""Rows joined first on a cluster that is up: enough for both workers to load their kernels."""


def used() -> float:
    """CPU seconds of this process and of all that it started, ended or not."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    running = (child.cpu_times() for child in psutil.Process().children(recursive=True))
    ended = sum(each.ru_utime + each.ru_stime for each in both)
    return ended + float(sum(each.user + each.system for each in running))


def timed(work: Callable[[], Pairs], wanted: Pairs | None) -> tuple[float, float, Pairs]:
    """Seconds by the clock, CPU seconds, and what was found: the same bytes as what was wanted."""
    began, before = time.perf_counter(), used()
    found = work()
    taken = time.perf_counter() - began, used() - before
    for column in ("left", "right", "score") if wanted is not None else ():
        if getattr(found, column).tobytes() != getattr(wanted, column).tobytes():
            raise SystemExit("the backends do not find the same pairs")
    return *taken, found


def measured(rows: int, threshold: float, repeats: int) -> list[list[str]]:
    """Lines of the table."""
    left, right = sides(rows)

    def join(backend: str | Dask) -> Pairs:
        return threshold_join(left, right, threshold, strategy="exact", threads=THREADS, backend=backend)

    threshold_join(left[:500], right[:500], threshold, strategy="exact")  # compiles, at the first run ever
    wall: dict[str, list[float]] = {"threads": [], "dask, cluster up": [], "dask, from nothing": []}
    cpu: dict[str, list[float]] = {name: [] for name in wall}
    wanted = None

    def keep(name: str, backend: str | Dask) -> None:
        nonlocal wanted
        seconds, core, found = timed(lambda: join(backend), wanted)
        wanted = found
        wall[name].append(seconds)
        cpu[name].append(core)

    for _ in range(repeats):
        keep("threads", "cpu")
        with Dask() as cluster:
            threshold_join(
                right[:WARM], left[:WARM], threshold, strategy="exact", threads=THREADS, backend=cluster
            )
            keep("dask, cluster up", cluster)
        keep("dask, from nothing", "dask")
    return [
        [
            name,
            *(f"{np.median(kind[name]):,.1f}" for kind in (wall, cpu)),
            *(f"{np.median(kind[name]) / np.median(kind['threads']) - 1:+.0%}" for kind in (wall, cpu)),
            f"{min(wall[name]):,.1f} to {max(wall[name]):,.1f}",
        ]
        for name in wall
    ]


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    load = os.getloadavg()[0]
    table = measured(wanted.rows, wanted.threshold, wanted.repeats)
    title = f"{wanted.rows:,} x {wanted.rows:,}, Dice {wanted.threshold}, {THREADS} threads or workers"
    headers = ("backend", "s", "CPU s", "more s than threads", "more CPU s", "s from to")
    note = f"Load average {load:.1f} when it began and {os.getloadavg()[0]:.1f} when it ended."
    write("join_dask", __doc__, {title: (headers, table)}, [note])


if __name__ == "__main__":
    main()
