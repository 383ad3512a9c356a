"""Private set intersection by `protocols.ecdh_psi`, beside openmined-psi and beside the bare multiplications of `rbcl`.

    python -m benchmarks.ecdh_psi [--items 10000] [--repeats 5]

Two lists of made-up document numbers, half of them common; one unit learns which. Both roles run in one process, frames
encoded, checked and decoded, no network; the run fails unless the result is right. openmined-psi (P-256, C++, one
thread) does the same in its own environment, its messages serialised and parsed. Each does four multiplications and two
hashings to the group an item. `rbcl` alone: as many of these in a loop, on as many threads. All of them take turns;
medians, of the wall and, as the machine is seldom idle, of the processor.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import rbcl

from benchmarks import peers
from benchmarks.report import Table, write
from protocols.ecdh_psi import Alice, Bob, Parameters
from protocols.loopback import run
from protocols.primitives import sodium

Times = list[tuple[float, float]]
"""Seconds of the wall and of the processor."""
THEIRS = """
import json, sys, time
import private_set_intersection.python as psi
count = int(sys.argv[1])
ours = [f"P{number:09d}" for number in range(count)]
theirs = [f"P{number:09d}" for number in range(count // 2, count + count // 2)]
began, worked = time.perf_counter(), time.process_time()
client, server = psi.client.CreateWithNewKey(True), psi.server.CreateWithNewKey(True)
setup = server.CreateSetupMessage(1e-9, count, theirs, psi.DataStructure.RAW).SerializeToString()
request = client.CreateRequest(ours).SerializeToString()
asked = psi.Request()
asked.ParseFromString(request)
response = server.ProcessRequest(asked).SerializeToString()
answered, listed = psi.Response(), psi.ServerSetup()
answered.ParseFromString(response)
listed.ParseFromString(setup)
found = client.GetIntersection(listed, answered)
seconds = (time.perf_counter() - began, time.process_time() - worked)
if sorted(found) != list(range(count // 2, count)):
    raise SystemExit("openmined-psi found another intersection")
print(json.dumps({"seconds": seconds, "bytes": len(setup) + len(request) + len(response)}))
"""


def document(number: int) -> bytes:
    return b"P%09d" % number


def timed(act: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the wall, seconds of the processor."""
    began, worked = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began, time.process_time() - worked


def ours(items: int, spread: Any, sizes: dict[str, int]) -> tuple[float, float]:
    """One run."""
    step = 1 << 10
    parameters = Parameters(reveal="alice", capacity=-(-items // step) * step, step=1, quota=items)
    lists = {Alice: range(items), Bob: range(items // 2, items + items // 2)}
    roles = [
        kind(
            session=bytes(32),
            parameters=parameters,
            items=[document(number) for number in numbers],
            seed=bytes(31) + kind.NAME[:1].encode(),
            spent=set(),
            spread=spread,
        )
        for kind, numbers in lists.items()
    ]
    seconds = timed(lambda: sizes.update(ours=sum(len(frame.data) for frame in run(roles))))
    if roles[0].result is None or roles[0].result.items != tuple(range(items // 2, items)):
        raise SystemExit("ecdh_psi found another intersection")
    return seconds


def bare(multiplications: int, hashings: int, pool: ThreadPoolExecutor, threads: int) -> tuple[float, float]:
    """As many operations by rbcl, shared by threads."""
    scalar, point = rbcl.crypto_core_ristretto255_scalar_random(), rbcl.crypto_core_ristretto255_random()
    wide = hashlib.sha512(b"x").digest()

    def share(_: int) -> None:
        for _ in range(multiplications // threads):
            rbcl.crypto_scalarmult_ristretto255(scalar, point)
        for _ in range(hashings // threads):
            rbcl.crypto_core_ristretto255_from_hash(wide)

    return timed(lambda: list(pool.map(share, range(threads))))


def measured(items: int, repeats: int) -> tuple[dict[str, Times], dict[str, int]]:
    """Seconds by what was done, and bytes."""
    times: dict[str, Times] = {}
    sizes: dict[str, int] = {}
    ours(100, map, sizes)  # compiles, at the first run ever
    peers.run(THEIRS, 100)
    for _ in range(repeats):
        for threads in (1, 2):
            with ThreadPoolExecutor(threads) as pool:
                spread = map if threads == 1 else pool.map
                times.setdefault(f"ecdh_psi {threads}", []).append(ours(items, spread, sizes))
                times.setdefault(f"mult {threads}", []).append(bare(4 * items, 0, pool, threads))
                times.setdefault(f"both {threads}", []).append(bare(4 * items, 2 * items, pool, threads))
        told = peers.run(THEIRS, items)
        times.setdefault("openmined", []).append(tuple(told["seconds"]))
        sizes["openmined"] = told["bytes"]
    return times, sizes


HEADERS = (
    "what",
    "wall, s",
    "processor, s",
    "multiplications a second",
    "processor, µs an item",
    "bytes an item",
)


def tables(times: dict[str, Times], sizes: dict[str, int], items: int) -> dict[str, Any]:
    """What is shown."""

    def line(name: str, key: str, size: str = "") -> list[str]:
        wall, worked = np.median(np.array(times[key]), axis=0)
        rate = f"{4 * items / wall:,.0f}"
        return [name, f"{wall:,.2f}", f"{worked:,.2f}", rate, f"{1e6 * worked / items:,.0f}", size]

    lines = []
    for threads, word in ((1, "1 thread"), (2, "2 threads")):
        lines += [
            line(f"ecdh_psi, {word}", f"ecdh_psi {threads}", f"{sizes['ours'] / items:,.0f}"),
            line(f"rbcl, multiplications alone, {word}", f"mult {threads}"),
            line(f"rbcl, multiplications and hashings, {word}", f"both {threads}"),
        ]
    lines.append(line("openmined-psi, 1 thread", "openmined", f"{sizes['openmined'] / items:,.0f}"))
    return {f"{items:,} items a side": (HEADERS, lines), "ecdh_psi's rate": rates(times)}


def rates(times: dict[str, Times]) -> Table:
    """Ours as a share of others', on one thread and on two."""

    def share(key: str, threads: int, column: int) -> str:
        """The median of the rounds' own ratios: what was beside each other met the same machine."""
        pairs = zip(times[key], times[f"ecdh_psi {threads}"], strict=True)
        return f"{np.median([theirs[column] / mine[column] for theirs, mine in pairs]):.2f}"

    columns = ("1 thread, wall", "1 thread, processor", "2 threads, wall", "2 threads, processor")
    return ("", *columns), [
        [what, *(share(key.format(threads), threads, column) for threads in (1, 2) for column in (0, 1))]
        for what, key in (
            ("of rbcl's rate, multiplications alone counted", "mult {}"),
            ("of rbcl's rate, hashings to the group counted too", "both {}"),
            ("of openmined-psi's rate on one thread", "openmined"),
        )
    ]


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args()
    before = os.getloadavg()[0]
    sodium.copied()  # takes away the file that rbcl left
    times, sizes = measured(wanted.items, wanted.repeats)
    load = f"Load average of the machine before: {before:.1f}, after: {os.getloadavg()[0]:.1f}"
    load += f", with {os.cpu_count()} cores."
    write("ecdh_psi", __doc__, tables(times, sizes, wanted.items), [load])


if __name__ == "__main__":
    main()
