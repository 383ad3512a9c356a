"""BLIP: each bit is turned over with a small chance, anew at every encoding.

Alaggan, Gambs and Kermarrec, "BLIP: non-interactive differentially-private similarity computation on Bloom filters",
SSS 2012. What its differential privacy says and does not: `epsilon`. Whoever sees several encodings of one list
averages the noise away, so hand out one.
"""

from __future__ import annotations

import os
from math import log

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from pplink.agreement.hardening import Blip
from pplink.encoders.hardening.packing import BitRows, Bits, by_bits

STEPS = 1 << 16
"""A chance is kept to the nearest multiple of 1 / STEPS."""


def epsilon(flip: float, bits: int) -> float:
    """The epsilon of two inputs whose filters differ in at most so many bits: bits times log((1 - flip) / flip).

    For one token more or less, so many bits are its hashes. For one person or another, they are up to all bits of the
    filter: with 1,024 bits and a flip of 0.05 that is 3,015, a promise of nothing.
    """
    return bits * log((1 - flip) / flip)


def apply(rows: BitRows, way: Blip, key: bytes) -> BitRows:
    """(n, words). key: not used; the noise is fresh from the system, and nobody can take it out again."""
    del key
    noise = Cipher(ChaCha20(os.urandom(32), os.urandom(16)), mode=None).encryptor()
    bar = round(way.flip * STEPS)

    def change(bits: Bits) -> Bits:
        drawn = np.frombuffer(noise.update(bytes(2 * bits.size)), np.uint16).reshape(bits.shape)
        found: Bits = bits ^ (drawn < bar)
        return found

    return by_bits(rows, 64 * rows.shape[1], change)
