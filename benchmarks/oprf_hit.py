"""One person against a list, by `protocols.oprf_hit`, beside the multiplications that it is made of.

    python -m benchmarks.oprf_hit [--entries 1000000] [--queries 1000] [--keys 8] [--threads 2]

A list of made-up document numbers is prepared with verifiable keys, a filter of it made and read, and queries asked
one after the other, every tenth of them about somebody on the list; the run fails unless the answers are right. A query
is timed from the call that asks to the answer: both roles in one process, frames encoded and decoded, no network. The
peer is what the same number of group operations take when `rbcl` is called directly, in the same run. Times are of the
wall and of the processor.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import rbcl

from benchmarks.report import write
from protocols.oprf_hit import Asker, Holder, Parameters, Purpose, Query, key_pair, prepared
from protocols.primitives import sodium
from protocols.role import Frame

SEED = bytes(range(32))
PURPOSE = Purpose(case="2026/0001", basis="Art. 9")
STEP = 1 << 16


def document(number: int) -> bytes:
    return b"P%09d" % number


def timed(act: Any) -> tuple[float, float, Any]:
    """Seconds of the wall, seconds of the processor, result."""
    began, worked = time.perf_counter(), time.process_time()
    result = act()
    return time.perf_counter() - began, time.process_time() - worked, result


def passed(roles: dict[str, Any], frames: list[Frame]) -> int:
    """Deliver frames until none is left: bytes that went."""
    under_way, size = list(frames), 0
    for frame in under_way:
        size += len(frame.data)
        under_way.extend(roles[frame.recipient].receive(frame.sender, frame.data))
    return size


def raw(keys: int, repeats: int = 200) -> list[float]:
    """Seconds that the group operations of a query take with rbcl alone."""
    scalar, point = rbcl.crypto_core_ristretto255_scalar_random(), rbcl.crypto_core_ristretto255_random()
    wide = hashlib.sha512(b"x").digest()

    def query() -> None:
        for _ in range(6 * keys + 7):  # asker 4 keys + 4, holder 2 keys + 3
            rbcl.crypto_scalarmult_ristretto255(scalar, point)
        for _ in range(keys):
            rbcl.crypto_core_ristretto255_from_hash(wide)

    return [timed(query)[0] for _ in range(repeats)]


def measured(entries: int, queries: int, keys: int, threads: int) -> dict[str, Any]:
    """Times of each part; raises SystemExit if an answer is wrong."""
    secret, public = key_pair(SEED, b"", True)
    capacity = -(-(entries + 1000) // STEP) * STEP
    parameters = Parameters(public_key=public, capacity=capacity, step=STEP, keys=keys, quota=queries + 5)
    with ThreadPoolExecutor(threads) as pool:
        prepare = timed(lambda: prepared([document(n) for n in range(entries)], secret, spread=pool.map))
    common: dict[str, Any] = {"session": bytes(32), "parameters": parameters}
    asker = Asker(stay=True, seed=bytes(32), spent=set(), **common)
    holder = Holder(watchlist=prepare[2], seed=bytes(32), spent=set(), **common)
    roles = {"asker": asker, "holder": holder}
    sizes: dict[str, int] = {}
    begin = timed(lambda: sizes.update(filter=passed(roles, [*asker.begin(), *holder.begin()])))
    for _ in range(5):  # not counted
        passed(roles, asker.ask(Query(keys=(b"warm",), purpose=PURPOSE)))
    dice = np.random.default_rng(1)
    found: list[tuple[float, float, Any]] = []
    for number in range(queries):
        listed = number % 10 == 0  # one query in ten is a hit
        query = _query(int(dice.integers(entries)) if listed else entries + 10**8, entries, keys)
        found.append(timed(lambda query=query: sizes.update(query=passed(roles, asker.ask(query)))))
        if asker.answers[-1] != (listed, *[False] * (keys - 1)):
            raise SystemExit("a query was answered wrongly")
    new = [document(10**8 + 10**7 + n) for n in range(10)]
    old = [document(n) for n in range(5)]
    update = timed(lambda: passed(roles, holder.update(add=new, remove=old)))
    return {
        "prepare": prepare, "begin": begin, "queries": found, "sizes": sizes,
        "update": update, "bits": parameters.bits, "raw": raw(keys),
    }  # fmt: skip


def _query(first: int, entries: int, keys: int) -> Query:
    """Of so many keys, all but the first of nobody on a list of so many entries."""
    return Query(keys=tuple(document(first + n * entries) for n in range(keys)), purpose=PURPOSE)


def tables(told: dict[str, Any], entries: int, keys: int, threads: int) -> dict[str, Any]:
    """What is shown."""

    def line(name: str, seconds: list[float]) -> list[str]:
        half, most = np.percentile(seconds, [50, 99]) * 1000
        return [name, f"{half:,.1f}", f"{most:,.1f}", f"{max(seconds) * 1000:,.1f}", f"{len(seconds):,}"]

    walls, works = ([query[n] for query in told["queries"]] for n in (0, 1))
    half = float(np.median(told["raw"])) / float(np.median(walls))
    lines = [
        line("both roles, wall", walls),
        line("both roles, processor", works),
        line("rbcl alone, the same group operations", told["raw"]),
    ]
    sizes = told["sizes"]
    once = [
        [
            f"prepare the list, {threads} threads",
            f"{told['prepare'][0]:,.1f} s",
            f"{told['prepare'][1]:,.1f} s",
        ],
        ["make, send and read the filter", f"{told['begin'][0]:,.2f} s", f"{told['begin'][1]:,.2f} s"],
        ["change 15 entries, both roles", f"{told['update'][0]:,.2f} s", f"{told['update'][1]:,.2f} s"],
        [
            "filter",
            f"{sizes['filter'] / 2**20:,.2f} MiB",
            f"{8 * sizes['filter'] / entries:,.1f} bits an entry",
        ],
        ["a query and its answer", f"{sizes['query']:,} bytes", ""],
        ["rbcl's time of ours, medians", f"{half:.2f}", ""],
    ]
    title = f"A query of {keys} keys against {entries:,} entries, ms"
    return {
        title: (("what", "median", "99th percentile", "slowest", "queries"), lines),
        "Once": (("what", "wall", "processor"), once),
    }


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--keys", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args()
    before = os.getloadavg()[0]
    sodium.copied()  # takes away the file that rbcl left
    told = measured(wanted.entries, wanted.queries, wanted.keys, wanted.threads)
    load = f"Load average of the machine before: {before:.1f}, after: {os.getloadavg()[0]:.1f}"
    load += f", with {os.cpu_count()} cores."
    write("oprf_hit", __doc__, tables(told, wanted.entries, wanted.keys, wanted.threads), [load])


if __name__ == "__main__":
    main()
