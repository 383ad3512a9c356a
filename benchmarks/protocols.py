"""blinded_broker beside numpy's float64 matrix product of the same shape: time, bytes, rounds and memory by role.

The product alone is what any exact comparison of all pairs costs when nothing is hidden. All three roles run
in one process on one core, frame by frame, and then as three processes that talk over pipes.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import multiprocessing
import queue
import statistics
import threading
import time
from collections import Counter
from fractions import Fraction
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import report
from benchmarks.report import Table
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.loopback import run
from protocols.role import Frame, Role

NAMES = ("alice", "bob", "dealer")
Apart = dict[str, tuple[float, float, float]]
"""Seconds from greeting to result, MiB at most, and processor seconds, by role."""
BLAS_ROWS = 2048


def people(count: int, bits: int, seed: int, like: np.ndarray | None = None) -> np.ndarray:
    """(count, bits / 64) uint64, a third of the bits set; every 50th row resembles one of `like`."""
    dice = np.random.default_rng(seed)
    rows = np.packbits(dice.random((count, bits), np.float32) < 1 / 3, axis=1)
    if like is not None:
        flips = np.packbits(dice.random((count, bits), np.float32) < 0.06, axis=1)
        near = np.arange(0, min(count, len(like)), 50)
        rows[near] = like[near].view(np.uint8).reshape(len(near), -1) ^ flips[near]
    return rows.view(np.uint64)


def plain(alice: np.ndarray, bob: np.ndarray, threshold: Fraction) -> set[tuple[int, int]]:
    """The hits, from exact products in float32."""
    bits = [np.unpackbits(rows.view(np.uint8), axis=1).astype(np.float32) for rows in (alice, bob)]
    weights = [half.sum(1) for half in bits]
    found: set[tuple[int, int]] = set()
    for at in range(0, len(alice), 1024):
        common = bits[0][at : at + 1024] @ bits[1].T
        total = weights[0][at : at + 1024, None] + weights[1]
        hits = 2 * threshold.denominator * common.astype(np.int64) >= threshold.numerator * total.astype(
            np.int64
        )
        found |= {(i + at, j) for i, j in np.argwhere(hits & (total > 0)).tolist()}
    return found


def roles(parameters: Parameters, alice: np.ndarray, bob: np.ndarray) -> list[Role]:
    """Fresh roles, with fresh seeds."""
    session = os.urandom(32)
    common: list[dict[str, Any]] = [
        {"session": session, "parameters": parameters, "seed": os.urandom(32), "spent": set()} for _ in NAMES
    ]
    return [Alice(rows=alice, **common[0]), Bob(rows=bob, **common[1]), Dealer(**common[2])]


class Timed:
    """A role, with the processor time that it takes and the bytes that it sends."""

    def __init__(self, role: Role) -> None:
        self.role, self.name, self.seconds = role, role.name, 0.0
        self.sent: Counter[str] = Counter()

    def begin(self) -> list[Frame]:
        return self._timed(self.role.begin)

    def receive(self, sender: str, data: bytes) -> list[Frame]:
        return self._timed(lambda: self.role.receive(sender, data))

    def _timed(self, act: Any) -> list[Frame]:
        began = time.thread_time()
        frames: list[Frame] = act()
        self.seconds += time.thread_time() - began
        for frame in frames:
            self.sent[f"{frame.sender} to {frame.recipient}"] += len(frame.data)
        return frames

    @property
    def finished(self) -> bool:
        return self.role.finished


def blas(bits: int) -> float:
    """Processor nanoseconds a pair of one float64 product."""
    dice = np.random.default_rng(1)
    left, right = dice.random((BLAS_ROWS, bits)), dice.random((bits, BLAS_ROWS))
    began = time.thread_time()
    left @ right
    return (time.thread_time() - began) / BLAS_ROWS**2 * 1e9


def memory() -> float:
    """MiB that this process had at most."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def served(
    name: str, args: tuple[Any, ...], links: dict[str, Connection], out: Connection, start: Any
) -> None:
    """One role in a process of its own; a thread sends, so that two roles that send at once do not block."""
    parameters, alice, bob = args[:3]
    one_process(parameters, alice[:128], bob[:128])
    role = next(role for role in roles(parameters, alice, bob) if role.name == name)
    role.session = args[3]
    waiting: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()

    def post() -> None:
        while frame := waiting.get():
            links[frame.recipient].send_bytes(frame.data)

    poster = threading.Thread(target=post)
    poster.start()
    names = {id(link): peer for peer, link in links.items()}
    start.wait()
    used = time.process_time()
    began = time.perf_counter()
    for frame in role.begin():
        waiting.put(frame)
    while not role.finished:
        for link in wait(list(links.values())):
            sender = names[id(link)]
            try:
                data = link.recv_bytes()  # type: ignore[union-attr]
            except EOFError:  # its role has finished
                del links[sender]
                continue
            for frame in role.receive(sender, data):
                waiting.put(frame)
    waiting.put(None)
    poster.join()
    seconds = time.perf_counter() - began
    out.send((seconds, memory(), time.process_time() - used))
    out.close()


def three_processes(*args: Any) -> Apart:
    """Each role in a process of its own."""
    context = multiprocessing.get_context("spawn")
    links: dict[str, dict[str, Connection]] = {name: {} for name in NAMES}
    for n, left in enumerate(NAMES):
        for right in NAMES[n + 1 :]:
            links[left][right], links[right][left] = context.Pipe()
    session, found, processes, start = os.urandom(32), {}, [], context.Barrier(3)
    for name in NAMES:
        found[name], out = context.Pipe()
        process = context.Process(target=served, args=(name, (*args, session), links[name], out, start))
        process.start()
        processes.append(process)
        out.close()
    for ends in links.values():
        for end in ends.values():
            end.close()
    answers = {name: end.recv() for name, end in found.items()}
    for process in processes:
        process.join()
    return answers


def one_process(parameters: Parameters, alice: np.ndarray, bob: np.ndarray) -> tuple[list[Timed], float]:
    """Roles that ran, and processor nanoseconds a pair of all."""
    timed = [Timed(role) for role in roles(parameters, alice, bob)]
    run(timed, keep=False)  # type: ignore[arg-type]
    return timed, sum(role.seconds for role in timed) / (len(alice) * len(bob)) * 1e9


def aliases(persons: int, variants: int, bits: int, threshold: Fraction) -> list[tuple[str, str]]:
    """The same of persons with so many rows each, of which one pair suffices for a hit."""
    rows = persons * variants
    alice = people(rows, bits, 3)
    bob = people(rows, bits, 4, alice)
    parameters = Parameters(
        bits=bits, threshold=threshold, side=64, quota=1 << 16, most_rows=persons, alice_variants=variants,
        bob_variants=variants,
    )  # fmt: skip
    one_process(parameters, alice[: 2 * variants], bob[: 2 * variants])
    timed, nanoseconds = one_process(parameters, alice, bob)
    hits = timed[0].role.result  # type: ignore[attr-defined]
    truth = {(i // variants, j // variants) for i, j in plain(alice, bob, threshold)}
    if set(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True)) != truth:
        raise SystemExit("the hits of persons are not those of the plain computation")
    apart = three_processes(parameters, alice, bob)
    sent = sum(sum(role.sent.values()) for role in timed)
    return [
        ("pairs of persons, all compared with the plain computation", f"{persons**2:,}"),
        ("hits", f"{len(truth):,}"),
        ("all three roles, M pairs of rows/s, one core", f"{1e3 / nanoseconds:.1f}"),
        ("all three roles, pairs of persons/s, one core", f"{1e9 / nanoseconds / variants**2:,.0f}"),
        (
            "three processes, pairs of persons/s",
            f"{persons**2 / max(seconds for seconds, _, _ in apart.values()):,.0f}",
        ),
        ("bytes a pair of rows", f"{sent / rows**2:.2f}"),
        ("bytes a pair of persons", f"{sent / persons**2:,.0f}"),
        ("one-way trips a tile", f"{4 + len(parameters.levels)}"),
        ("MiB at most, in its own process", ", ".join(f"{name} {apart[name][1]:.0f}" for name in NAMES)),
    ]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=8192)
    parser.add_argument("--bits", type=int, default=1024)
    parser.add_argument("--threshold", type=Fraction, default=Fraction(17, 20))
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--persons", type=int, default=320, help="of 16 rows of 2,048 bits each")
    return parser.parse_args()


class Repeated(NamedTuple):
    """What some runs in one process took, beside a product of matrices before and after each."""

    roles: list[Timed]
    """Of the last run."""
    products: list[float]
    totals: list[float]
    """Nanoseconds a pair each."""

    def summary(self) -> list[tuple[str, str]]:
        ratios = [product / total for product, total in zip(self.products, self.totals, strict=True)]
        return [
            ("numpy float64 product, M pairs/s, one core", f"{1e3 / statistics.median(self.products):.1f}"),
            ("all three roles, M pairs/s, one core", f"{1e3 / statistics.median(self.totals):.1f}"),
            (
                "ratio, median (least to most) of runs",
                f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            ),
        ]


def repeated(
    repeats: int, parameters: Parameters, alice: np.ndarray, bob: np.ndarray, truth: set[tuple[int, int]]
) -> Repeated:
    """Raises SystemExit if the hits are not the true ones."""
    one_process(parameters, alice[:128], bob[:128])
    timed: list[Timed] = []
    products, totals = [], []
    for _ in range(repeats):
        before = blas(parameters.bits)
        timed, nanoseconds = one_process(parameters, alice, bob)
        products.append((before + blas(parameters.bits)) / 2)
        totals.append(nanoseconds)
        hits = timed[0].role.result  # type: ignore[attr-defined]
        if set(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True)) != truth:
            raise SystemExit("the hits are not those of the plain computation")
    return Repeated(timed, products, totals)


def apart_summary(apart: Apart, pairs: int, nanoseconds: float) -> list[tuple[str, str]]:
    """Of three processes; nanoseconds: a pair in one."""
    wall = max(seconds for seconds, _, _ in apart.values())
    used = sum(used for _, _, used in apart.values())
    return [
        ("three processes, M pairs/s", f"{pairs / wall / 1e6:.1f}"),
        ("three processes, times one core", f"{pairs / wall / 1e6 / (1e3 / nanoseconds):.2f}"),
        ("three processes, seconds", f"{wall:.1f}"),
        ("three processes, processor ns a pair", f"{used / pairs * 1e9:.1f}"),
    ]


def main() -> None:
    wanted = arguments()
    notes = [
        f"{wanted.rows:,} x {wanted.rows:,} rows of {wanted.bits:,} bits, threshold {wanted.threshold}, "
        f"tiles of {wanted.side}. Times on one core are processor times, the product's taken before and "
        "after each run. The session layer's seals and digests are not in it."
    ]
    tables: dict[str, Table] = measured(wanted)
    tables["Persons of 16 rows of 2,048 bits, threshold 3/4"] = (
        ("what", "figure"),
        aliases(wanted.persons, 16, 2048, Fraction(3, 4)),
    )
    notes.append(f"Load when it ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    report.write("protocols", __doc__, tables, notes)


def measured(wanted: argparse.Namespace) -> dict[str, Table]:
    """Runs in one process, compared with the plain computation, and one in three."""
    alice = people(wanted.rows, wanted.bits, 1)
    bob = people(wanted.rows, wanted.bits, 2, alice)
    pairs = wanted.rows**2
    parameters = Parameters(
        bits=wanted.bits, threshold=wanted.threshold, side=wanted.side, quota=1 << 20, most_rows=wanted.rows
    )
    truth = plain(alice, bob, wanted.threshold)
    runs = repeated(wanted.repeats, parameters, alice, bob, truth)
    apart = three_processes(parameters, alice, bob)
    summary = [
        ("pairs, all compared with the plain computation", f"{pairs:,}"),
        ("hits", f"{len(truth):,}"),
        ("mismatches", "0"),
        *runs.summary(),
        *apart_summary(apart, pairs, statistics.median(runs.totals)),
        ("rounds a tile", "3 (four one-way trips)"),
    ]
    by_role = [
        (role.name, f"{role.seconds / pairs * 1e9:.1f}", f"{apart[role.name][1]:.0f}") for role in runs.roles
    ]
    return {
        "blinded_broker": (("what", "figure"), summary),
        "By role": (("role", "processor ns a pair", "MiB at most, in its own process"), by_role),
        "Bytes a pair": (("link", "bytes"), sent_by_link(runs, pairs)),
    }


def sent_by_link(runs: Repeated, pairs: int) -> list[tuple[str, str]]:
    """Bytes a pair on each link, and on all."""
    sent: Counter[str] = sum((role.sent for role in runs.roles), Counter())
    links = [(link, f"{size / pairs:.2f}") for link, size in sorted(sent.items())]
    return [*links, ("all", f"{sum(sent.values()) / pairs:.2f}")]


if __name__ == "__main__":
    main()
