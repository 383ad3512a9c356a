"""XOR-fold: one half of the filter on the other.

Schnell and Borgs, "XOR-folding for Bloom filter-based encryptions for privacy-preserving record linkage", German Record
Linkage Center working paper, 2016. A bit shown no longer says that a token is there; similarities suffer.
"""

from __future__ import annotations

import numpy as np

from pplink.agreement.hardening import XorFold
from pplink.encoders.hardening.packing import BitRows


def apply(rows: BitRows, way: XorFold, key: bytes) -> BitRows:
    """(n, half the words)."""
    del way, key
    half = rows.shape[1] // 2
    return np.ascontiguousarray(rows[:, :half] ^ rows[:, half:])
