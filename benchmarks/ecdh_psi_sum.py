"""Sums over common keys by `protocols.ecdh_psi_sum`, beside phe used plainly for the holder's numbers.

    python -m benchmarks.ecdh_psi_sum [--items 300] [--repeats 3]

Two lists of made-up document numbers, half of them common, one number to each of Bob's; both learn the sum. Both roles
in one process on one core, frames encoded, checked and decoded, no network; the run fails unless size and sum are
right. A key of 3,072 bits made for the run. phe plainly: `PaillierPublicKey.encrypt` of each number, as anybody without
the secret key would; nothing is intersected. Medians of the processor's seconds.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import numpy as np
import phe

from benchmarks.paillier_stats import timed
from benchmarks.report import write
from protocols.ecdh_psi_sum import Alice, Bob, Parameters, SecretKey
from protocols.loopback import run


def once(key: SecretKey, items: int, number: int) -> tuple[dict[str, float], int]:
    """Processor seconds by role, and bytes, of one run."""
    agreed = Parameters(modulus=key.modulus, reveal="both", least=1, step=items, capacity=items)
    dice = np.random.default_rng(number)
    keys = [b"AB%07d" % each for each in dice.permutation(10 * items)[: items + items // 2].tolist()]
    numbers = dice.integers(0, 1 << 32, items).tolist()
    alice, bob = keys[:items], [(item, (n,)) for item, n in zip(keys[items // 2 :], numbers, strict=False)]

    def common(place: int) -> dict[str, Any]:
        return {
            "session": bytes(32),
            "parameters": agreed,
            "seed": bytes([number, place]).ljust(32),
            "spent": set(),
        }

    roles: list[Any] = [Alice(items=alice, **common(0)), Bob(items=bob, key=key, **common(1))]
    times: dict[str, float] = {}
    size = sum(len(frame.data) for frame in run([timed(role, times) for role in roles]))
    had = set(alice)
    due = [numbers[0] for item, numbers in bob if item in had]
    if any((role.result.size, role.result.sums) != (len(due), (sum(due),)) for role in roles):
        raise SystemExit("ecdh_psi_sum found another sum")
    return times, size


def plainly(key: SecretKey, items: int) -> float:
    """Processor seconds of encrypting so many numbers with phe's own operators."""
    public = phe.PaillierPublicKey(key.modulus)
    numbers = np.random.default_rng(items).integers(0, 1 << 32, items).tolist()
    began = time.process_time()
    for number in numbers:
        public.encrypt(number)
    return time.process_time() - began


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    before = os.getloadavg()[0]
    _, secret = phe.generate_paillier_keypair(n_length=3072)
    key = SecretKey(p=int(secret.p), q=int(secret.q))
    once(key, 2, 99)
    runs = [once(key, wanted.items, number) for number in range(wanted.repeats)]
    peer = float(np.median([plainly(key, wanted.items) for _ in range(wanted.repeats)]))
    roles = {name: float(np.median([times[name] for times, _ in runs])) for name in ("alice", "bob")}
    roles["both"] = sum(roles.values())
    roles["phe plainly, encryption alone"] = peer
    rows = [[name, f"{spent:.2f}", f"{spent / wanted.items * 1e3:.2f}"] for name, spent in roles.items()]
    title = f"{wanted.items:,} keys at either unit, half of them common, a number to each"
    write(
        "ecdh_psi_sum",
        __doc__,
        {title: (("who", "processor, s", "ms a key"), rows)},
        [
            f"All frames of a run: {runs[0][1] / wanted.items:,.0f} bytes a key of either unit.",
            f"Load average of the machine before: {before:.1f}, after: {os.getloadavg()[0]:.1f},"
            f" with {os.cpu_count()} cores.",
        ],
    )


if __name__ == "__main__":
    main()
