"""Blocked sessions of blinded_broker: time, memory and recall at a given length beside all pairs; what counts tell.

Two lists of made-up persons with slips, encoded by the preset `persons`. All three roles run in one process, each in a
thread of its own, frame by frame. The recall is that against the exact join of all pairs.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import math
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.join_people import sides
from benchmarks.protocols import memory, people, plain, roles
from pplink.agreement.model import Blocking
from pplink.agreement.quota import usual_quota
from pplink.join.api import threshold_join
from pplink.session.blinded_broker import MORE
from pplink.session.blinded_terms import SIDE
from pplink.session.blocking.counts import noised, true_counts
from pplink.session.blocking.filling import Blocks
from pplink.session.blocking.keys import Keys, bins_of
from pplink.session.blocking.layout import Layout
from pplink.session.blocking.noise import two_sided
from pplink.session.blocking.shape import COSTS, Shape, shape_of, share
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.primitives.stream import Stream
from protocols.role import Frame, Role

ALL = 8192
"""Rows a side of the smaller run from which all pairs are extrapolated."""
TRIALS = 20_000
"""Times that one of two persons is told from the counts."""
PLACES = 1 << 21
"""Pairs in the runs from which costs by rows in a block are told."""


def threads(parties: list[Role]) -> tuple[float, float]:
    """Run roles to the end, each in a thread: seconds, and processor seconds of all. What a role raises is raised."""
    post: dict[str, queue.SimpleQueue[Frame | None]] = {role.name: queue.SimpleQueue() for role in parties}
    began, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(len(parties)) as pool:
        for done in [pool.submit(_one, role, post) for role in parties]:
            done.result()
    return time.perf_counter() - began, time.process_time() - used


def _one(role: Role, post: dict[str, queue.SimpleQueue[Frame | None]]) -> None:
    try:
        sends = role.begin()
        while True:
            for frame in sends:
                post[frame.recipient].put(frame)
            if role.finished or (came := post[role.name].get()) is None:
                return
            sends = role.receive(came.sender, came.data)
    except BaseException:
        for each in post.values():
            each.put(None)
        raise


@dataclass(frozen=True)
class Given:
    """A filling that is what it is."""

    places: np.ndarray

    def tell(self) -> np.ndarray:
        return np.zeros(0, np.uint64)

    def fill(self, _: np.ndarray) -> np.ndarray:
        return self.places


def parties_of(parameters: Parameters, rows: list[np.ndarray], fillings: list[Any]) -> list[Role]:
    """Fresh roles, with fresh seeds."""
    session = os.urandom(32)
    common: list[dict[str, Any]] = [
        {"session": session, "parameters": parameters, "seed": os.urandom(32), "spent": set()}
        for _ in range(3)
    ]
    return [
        Alice(rows=rows[0], filling=fillings[0], **common[0]),
        Bob(rows=rows[1], filling=fillings[1], **common[1]),
        Dealer(**common[2]),
    ]


def blocked(rows: list[np.ndarray], shape: Shape) -> tuple[Layout, list[Blocks], float]:
    """How two lists are blocked, and the seconds that this takes both units."""
    began = time.perf_counter()
    keys = Keys(orders=os.urandom(32), bins=os.urandom(32), own=b"")
    bins = [bins_of(side, keys, shape) for side in rows]
    streams = [Stream(os.urandom(32)) for _ in rows]
    told = [
        noised(true_counts(each, shape), shape, stream, len(each))
        for each, stream in zip(bins, streams, strict=True)
    ]
    layout = Layout(shape=shape, counts=(told[0], told[1]), sizes=(len(rows[0]), len(rows[1])))
    fillings = [Blocks(layout=layout, unit=unit, bins=bins[unit], stream=streams[unit]) for unit in (0, 1)]
    return layout, fillings, time.perf_counter() - began


def parameters_of(layout: Layout, threshold: Fraction) -> Parameters:
    """As sessions have them."""
    shape, quota = layout.shape, usual_quota(min(layout.sizes))
    return Parameters(
        bits=1024, threshold=threshold, most_rows=max(layout.sizes), quota=quota, scores=True,
        layout="paired", side=shape.side, batch=max(1, SIDE**2 // shape.side**2), pairs=layout.pairs,
        openings=quota * (shape.bands + MORE),
    )  # fmt: skip


def all_pairs(threshold: Fraction) -> tuple[float, float]:
    """Seconds and processor seconds a pair of a smaller run of all pairs, the second of two."""
    alice = people(ALL, 1024, 1)
    bob = people(ALL, 1024, 2, alice)
    parameters = Parameters(bits=1024, threshold=threshold, side=SIDE, quota=1 << 20, most_rows=ALL)
    threads(roles(parameters, alice[:100], bob[:100]))
    parties = roles(parameters, alice, bob)
    seconds, used = threads(parties)
    hits = parties[0].result  # type: ignore[attr-defined]
    if set(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True)) != plain(alice, bob, threshold):
        raise SystemExit("the hits are not those of the plain computation")
    return seconds / ALL**2, used / ALL**2


def costs(threshold: Fraction) -> list[tuple[str, str, str]]:
    """By rows in a block: what a pair costs, in processor time of all roles on one core."""
    rows = [people(4096, 1024, seed) for seed in (1, 2)]
    common: dict[str, Any] = {"bits": 1024, "threshold": threshold, "quota": 2000, "most_rows": 4096}
    whole = Parameters(side=SIDE, **common)
    few = [side[: 2 * SIDE] for side in rows]
    first = min(threads(parties_of(whole, few, [None, None]))[1] for _ in range(3)) / (4 * SIDE**2)
    found = [("all", SIDE, first), *(("paired", side, _paired(common, rows, side)) for side in COSTS)]
    return [
        (f"{layout}, {side:,}", f"{each * 1e9:.1f}", f"{each / first:.2f}") for layout, side, each in found
    ]


def _paired(common: dict[str, Any], rows: list[np.ndarray], side: int) -> float:
    """Processor seconds a pair where blocks of so many rows are paired, in the best of three runs."""
    pairs, dice = max(1, PLACES // side**2), np.random.default_rng(side)
    parameters = Parameters(
        side=side, layout="paired", pairs=pairs, batch=max(1, SIDE**2 // side**2), openings=4000, **common
    )
    seconds = []
    for _ in range(3):
        fillings = [Given(dice.integers(0, len(rows[0]), pairs * side)) for _ in rows]
        seconds.append(threads(parties_of(parameters, rows, fillings))[1])
    return min(seconds) / (pairs * side**2)


def told_apart(shape: Shape) -> float:
    """How often the likelier of two persons, by the noised counts, is the one in the list, all other records known and
    no two bins the same: the best that a unit can do (Neyman and Pearson 1933)."""
    words = Stream(os.urandom(32)).words(0, 2 * TRIALS * 2 * shape.bands)
    noise = two_sided(words, shape.scale).reshape(TRIALS, 2, shape.bands)
    # the bins of the one who is there have one row more than without, those of the other none
    there, other = np.abs(noise[:, 0] + 1), np.abs(noise[:, 1] - 1)
    likelier = (there - np.abs(noise[:, 0])) + (other - np.abs(noise[:, 1]))
    total = likelier.sum(axis=1)
    return float(np.mean(total > 0) + np.mean(total == 0) / 2)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threshold", type=Fraction, default=Fraction(17, 20))
    parser.add_argument("--recall", type=float, default=0.99)
    parser.add_argument("--epsilon", type=float, default=1.0)
    parser.add_argument("--costs", action="store_true", help="only what a pair costs by rows in a block")
    return parser.parse_args()


def described(layout: Layout, shape: Shape, size: tuple[int, int]) -> list[tuple[str, str]]:
    """How lists are blocked, and what that costs beside all pairs."""
    pairs = size[0] * size[1]
    return [
        (
            "blocks",
            f"{shape.bands} bands of {shape.bins:,} bins, keys of {shape.sampled} minima, blocks of {shape.side}",
        ),
        ("noise and shift on a count", f"scale {float(shape.scale):g}, shift {shape.shift}"),
        ("pairs of blocks, with stash and dummies", f"{layout.pairs:,}"),
        ("pairs compared, all pairs being 1", f"{layout.pairs * shape.side**2 / pairs:.3f}"),
        ("told beforehand: cost, all pairs being 1", f"{shape.cost(size) / pairs:.3f}"),
        ("told once counts are known", f"{share(layout.pairs, shape.side, size):.3f}"),
    ]


def found_of_true(rows: list[np.ndarray], threshold: Fraction, hits: Any) -> list[tuple[str, str]]:
    """Hits beside those of the exact join. Raises SystemExit for one that is none."""
    exact = threshold_join(rows[0], rows[1], float(threshold))
    truth = set(zip(exact.left.tolist(), exact.right.tolist(), strict=True))
    found = set(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True))
    if not found <= truth:
        raise SystemExit("a hit that is none")
    return [
        ("pairs at or above the threshold, by the exact join", f"{len(truth):,}"),
        (
            "of these found: measured recall",
            f"{len(found) / max(1, len(truth)):.5f} ({len(truth - found):,} missed)",
        ),
        ("hits that the exact join has not", "0"),
    ]


def main() -> None:
    wanted = arguments()
    if wanted.costs:
        for line in costs(wanted.threshold):
            print(*line, sep="\t")
        return
    report.write(
        f"blocking-{wanted.rows}",
        __doc__,
        {"Blocked": (("what", "figure"), measured(wanted))},
        [
            f"{wanted.rows:,} x {wanted.rows:,} persons, threshold {wanted.threshold}, recall {wanted.recall:g}. The"
            " session layer's seals, digests and files are not in it.",
            f"Load when it ended: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        ],
    )


def measured(wanted: argparse.Namespace) -> list[tuple[str, str]]:
    """What blocking takes and finds, beside all pairs."""
    size = (wanted.rows, wanted.rows)
    agreed = Blocking(recall=wanted.recall, epsilon=wanted.epsilon)
    shape = shape_of(agreed, float(wanted.threshold), size)
    if shape is None:
        raise SystemExit("no shape")
    each, each_used = all_pairs(wanted.threshold)
    rows = list(sides(wanted.rows))
    layout, fillings, made = blocked(rows, shape)
    parties = parties_of(parameters_of(layout, wanted.threshold), rows, fillings)
    seconds, used = threads(parties)
    most = memory()
    pairs = wanted.rows**2
    return [
        *described(layout, shape, size),
        ("seconds to key, count and lay out, both units", f"{made:.1f}"),
        ("seconds of the session's roles", f"{seconds:.0f}"),
        ("processor seconds of the session's roles, all three", f"{used:.0f}"),
        (f"all pairs: seconds, EXTRAPOLATED from {ALL:,} x {ALL:,} in the same run", f"{each * pairs:.0f}"),
        ("all pairs: processor seconds, EXTRAPOLATED likewise", f"{each_used * pairs:.0f}"),
        ("processor seconds, those of all pairs (extrapolated) being 1", f"{used / (each_used * pairs):.3f}"),
        ("MiB at most, all three roles and both lists in one process", f"{most:.0f}"),
        *found_of_true(rows, wanted.threshold, parties[0].result),  # type: ignore[attr-defined]
        (
            f"one of two persons told from the counts (epsilon {wanted.epsilon:g}, everyone else known)",
            f"{told_apart(shape):.1%} right; guessing 50 %, bound {1 / (1 + math.exp(-wanted.epsilon)):.1%}",
        ),
    ]


if __name__ == "__main__":
    main()
