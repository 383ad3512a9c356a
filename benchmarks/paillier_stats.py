"""Tables under encryption by `protocols.paillier_stats`, and a packed dot product beside phe used plainly.

    python -m benchmarks.paillier_stats [--cells 200] [--terms 56] [--repeats 3]

Two units' tables of made-up counts and one sum a cell, a key of 3,072 bits made for the run; all four roles in one
process on one core, frames encoded, checked and decoded, no network. The run fails unless the totals are right.
Dot product: one side's 20-bit numbers under encryption, the other's plain, the sum decrypted. Plainly: a cipher text a
number, `EncryptedNumber`'s own operators. Packed: several numbers a cipher text, multiplied by the other side's, packed
in reverse order, so that the dot product stands in the middle slot; the other slots hold sums that are nobody's
business, and get a mask. No protocol uses the dot product yet. Medians of the processor's seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import phe

from benchmarks.report import Table, write
from protocols.loopback import run
from protocols.paillier_stats import Broker, Keeper, Parameters, SecretKey, Unit
from protocols.primitives import paillier

NUMBER, HIDING = 20, 64
"""Bits of a number in the dot product, and by which a mask is longer than what it hides."""


def timed(role: Any, times: dict[str, float]) -> Any:
    """A role that notes how long it works."""
    for name in ("begin", "receive"):
        setattr(role, name, partial(_measured, getattr(role, name), role.name, times))
    return role


def _measured(act: Callable[..., Any], name: str, times: dict[str, float], *args: Any) -> Any:
    began = time.process_time()
    try:
        return act(*args)
    finally:
        times[name] = times.get(name, 0) + time.process_time() - began


def table(key: SecretKey, cells: int, number: int) -> tuple[dict[str, float], int]:
    """Seconds by role, and bytes, of one run."""
    parameters = Parameters(modulus=key.modulus, cells=cells, sums=1)
    dice = np.random.default_rng(number)
    tables = [(dice.integers(0, 40, (cells, 2))).tolist() for _ in range(2)]
    common: dict[str, Any] = {"session": bytes(32), "parameters": parameters}
    seeds = [bytes([number, place]).ljust(32) for place in range(4)]
    roles: list[Any] = [
        Unit(name, table=rows, seed=seed, spent=set(), **common)
        for name, rows, seed in zip(parameters.names, tables, seeds, strict=False)
    ]
    roles += [
        Keeper(key=key, seed=seeds[2], spent=set(), **common),
        Broker(seed=seeds[3], spent=set(), **common),
    ]
    times: dict[str, float] = {}
    size = sum(len(frame.data) for frame in run([timed(role, times) for role in roles]))
    shown = [
        (a[0] + b[0], a[1] + b[1]) if min(a[0], b[0]) >= 10 else None for a, b in zip(*tables, strict=True)
    ]
    if list(roles[0].result.cells) != shown:
        raise SystemExit("paillier_stats found other totals")
    return times, size


def plainly(key: SecretKey, left: list[int], right: list[int]) -> int:
    public = phe.PaillierPublicKey(key.modulus)
    total = sum(public.encrypt(x) * y for x, y in zip(left, right, strict=True))
    found: int = phe.PaillierPrivateKey(public, key.p, key.q).decrypt(total)
    return found


def packed(key: SecretKey, left: list[int], right: list[int]) -> int:
    n, seen = key.modulus, 2 * NUMBER + len(left).bit_length()
    width = seen + HIDING + 1
    slots = ((n.bit_length() - 1) // width + 1) // 2
    xs = paillier.pack(left, width, slots)
    random = paillier.nonces(bytes(31) + b"x", n, len(xs) + 1)
    sent = [paillier.encrypt(n, x, r) for x, r in zip(xs, random, strict=False)]
    short = -len(right) % slots
    rows = np.array(right + [0] * short, object).reshape(-1, slots)[:, ::-1].tolist()
    products = [
        paillier.times(n, x, paillier.pack(row, width, slots)[0]) for x, row in zip(sent, rows, strict=True)
    ]
    mask = [
        int.from_bytes(np.random.default_rng(s).bytes(16), "little") % (1 << width - 1)
        for s in range(2 * slots - 1)
    ]
    mask[slots - 1] = 0
    hiding = paillier.encrypt(n, paillier.pack(mask, width, 2 * slots - 1)[0], random[-1])
    plain = paillier.decrypt(key, paillier.total(n, [hiding, *products]))
    return paillier.unpack([plain], width, 2 * slots - 1, slots)[-1]


def seconds(act: Callable[[], int], expected: int) -> float:
    """Of the processor. Stops the benchmark if the result is wrong."""
    began = time.process_time()
    if act() != expected:
        raise SystemExit("another dot product")
    return time.process_time() - began


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--terms", type=int, default=56)
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    _, secret = phe.generate_paillier_keypair(n_length=3072)
    key = SecretKey(p=secret.p, q=secret.q)
    table(key, 2, 99)  # compiles, at the first run ever
    runs = [table(key, wanted.cells, number) for number in range(wanted.repeats)]
    roles = {name: float(np.median([times[name] for times, _ in runs])) for name in runs[0][0]}
    dice = np.random.default_rng(5)
    left, right = dice.integers(0, 1 << NUMBER, (2, wanted.terms)).tolist()
    expected = sum(x * y for x, y in zip(left, right, strict=True))
    ways = {"phe, plainly": plainly, "packed": packed}
    took = {
        name: float(
            np.median([seconds(partial(way, key, left, right), expected) for _ in range(wanted.repeats)])
        )
        for name, way in ways.items()
    }
    title = f"{wanted.cells} cells of a count and a sum, two units, threshold 10"
    tables = {
        title: by_role(roles, wanted.cells),
        f"Dot product of {wanted.terms} terms": by_way(took, wanted.terms),
    }
    note = f"All frames of a run: {runs[0][1] / wanted.cells:,.0f} bytes a cell."
    write("paillier_stats", __doc__, tables, [note])


def by_role(took: dict[str, float], cells: int) -> Table:
    """Processor seconds of each role, and of all."""
    lines = [*took.items(), ("all four", sum(took.values()))]
    rows = [[name, f"{spent:.2f}", f"{cells / spent:,.0f}"] for name, spent in lines]
    return ("role", "processor, s", "cells a second"), rows


def by_way(took: dict[str, float], terms: int) -> Table:
    """Processor seconds of each way to a dot product, and its rate beside that of phe."""
    rows = [
        [name, f"{spent:.2f}", f"{terms / spent:,.0f}", f"{took['phe, plainly'] / spent:.1f}"]
        for name, spent in took.items()
    ]
    return ("way", "processor, s", "terms a second", "times phe's rate"), rows


if __name__ == "__main__":
    main()
