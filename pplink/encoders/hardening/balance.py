"""Balance: the filter and its complement, in a secret order, so that every record sets exactly half of its bits.

Schnell and Borgs, "Randomized response and balanced Bloom filters for privacy preserving record linkage", ICDMW 2016.
It hides how full a filter is, so how long names are; who is like whom it leaves as it was.
"""

from __future__ import annotations

import numpy as np

from pplink.agreement.hardening import Balance
from pplink.encoders.hardening.choices import order
from pplink.encoders.hardening.packing import BitRows, by_bits


def apply(rows: BitRows, way: Balance, key: bytes) -> BitRows:
    """(n, twice the words)."""
    width = way.width(64 * rows.shape[1])
    place = order(key, b"balance", width)
    return by_bits(rows, width, lambda bits: np.concatenate((bits, 1 - bits), axis=1)[:, place])
