"""Diffusion: each bit shown is the exclusive or of t bits that the key chooses.

Armknecht, Heng and Schnell, "Strengthening privacy-preserving record linkage using diffusion", PoPETs 2023. Two rows
that agree in a share (1 + c) / 2 of their bits agree, once diffused, in (1 + c^t) / 2: near ones stay near, others
become as strangers. It protects only over filters that are half full: with a quarter of the bits set the exclusive or
is 0 more often than not and follows single bits, and known plaintext then tells most persons (SECURITY.md).
"""

from __future__ import annotations

from math import log

import numpy as np

from pplink.agreement.hardening import Diffusion
from pplink.encoders.hardening.choices import subsets
from pplink.encoders.hardening.packing import BitRows, Bits, by_bits
from pplink.errors import RefusedError

FILL = (0.45, 0.55)
"""Share of bits set on average over a dataset within which diffusion is used."""


def apply(rows: BitRows, way: Diffusion, key: bytes) -> BitRows:
    """(n, way.bits / 64). It protects rows that `check_fill` accepts."""
    taps = subsets(key, b"diffusion", way.bits, way.taps, rows.shape[1] * 64)

    def change(bits: Bits) -> Bits:
        shown = np.take(bits, taps[:, 0], axis=1)
        for turn in taps.T[1:]:
            shown ^= np.take(bits, turn, axis=1)
        return shown

    return by_bits(rows, way.bits, change)


def check_fill(rows: BitRows) -> None:
    """Raise RefusedError unless the mean share of bits set is within FILL. rows: (n, words); empty ones aside."""
    counts = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)
    if not counts.any():
        return
    fill = float(counts[counts > 0].mean()) / (64 * rows.shape[1])
    if not FILL[0] <= fill <= FILL[1]:
        more = log(0.5) / log(1 - min(fill, 0.99))
        raise RefusedError(
            f"filters are {fill:.1%} full on average; diffusion protects from {FILL[0]:.0%} to {FILL[1]:.0%}",
            "so it is with few persons, or with long or short names: agree on `--preset persons`, which shows nobody"
            f" an encoding, or on about {more:.2f} times as many hashes",
        )
