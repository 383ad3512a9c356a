"""blinded_broker's three roles on one core and on two, beside what two cores of this machine give at all.

    python -m benchmarks.two_cores [--rows 8192] [--window 4] [--repeats 3]

One thread runs all roles frame by frame; then a thread a role does, in one process: kernels and ciphers hold no lock,
and frames are handed over, not copied. The ceiling is a loop of a kernel over words in the first-level cache, in one
process and in two. All three are taken in turn, so that they see the same machine. Times are wall times.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import multiprocessing
import statistics
import time
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.protocols import one_process, people, roles
from benchmarks.role_threads import in_threads
from protocols.blinded_broker import Parameters
from protocols.primitives.planes import add

WORDS = 256
ROUNDS = 200_000


def spin(start: Any, out: Any) -> None:
    """Put the seconds that a kernel takes, in a process of its own."""
    left, target = np.ones((4, WORDS), np.uint64), np.zeros((4, WORDS), np.uint64)
    add(left, left, target)
    start.wait()
    began = time.perf_counter()
    for _ in range(ROUNDS):
        add(left, left, target)
    out.put(time.perf_counter() - began)


def kernel(processes: int) -> float:
    """Seconds of the slowest of so many processes that do the same at once."""
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(processes), context.Queue()
    running = [context.Process(target=spin, args=(start, out)) for _ in range(processes)]
    for process in running:
        process.start()
    seconds = max(out.get() for _ in running)
    for process in running:
        process.join()
    return float(seconds)


def main() -> None:
    """Measure in turn, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=8192)
    parser.add_argument("--window", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    alice = people(wanted.rows, 1024, 1)
    bob = people(wanted.rows, 1024, 2, alice)
    parameters = Parameters(
        bits=1024, threshold=Fraction(17, 20), quota=1 << 20, most_rows=wanted.rows, window=wanted.window
    )
    one_process(parameters, alice[:100], bob[:100])
    before, rows, gains = os.getloadavg()[0], [], []
    for _ in range(wanted.repeats):
        began = time.perf_counter()
        one_process(parameters, alice, bob)
        one = time.perf_counter() - began
        two = in_threads(roles(parameters, alice, bob))
        ceiling = 2 * kernel(1) / kernel(2)
        gains.append(one / two)
        rate = wanted.rows**2 / 1e6
        rows.append((f"{rate / one:.1f}", f"{rate / two:.1f}", f"{one / two:.2f}", f"{ceiling:.2f}"))
    columns = (
        "M pairs/s, one thread",
        "M pairs/s, a thread a role",
        "times one thread",
        "a kernel, two processes",
    )
    load = (
        f"Load of the machine before: {before:.1f}, after: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores."
    )
    note = f"{wanted.rows:,} x {wanted.rows:,} rows of 1,024 bits, threshold 17/20, window {wanted.window}. Median:"
    report.write(
        "two_cores", __doc__, {"In turn": (columns, rows)}, [f"{note} {statistics.median(gains):.2f}. {load}"]
    )


if __name__ == "__main__":
    main()
