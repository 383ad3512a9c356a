"""Rule 90: each bit becomes the exclusive or of its two neighbours, the ends being neighbours too.

Schnell and Borgs, "Hardening encrypted patient names against cryptographic attacks using cellular automata", ICDMW
2018.
"""

from __future__ import annotations

import numpy as np

from pplink.agreement.hardening import Rule90
from pplink.encoders.hardening.packing import BitRows

ONE, LAST = np.uint64(1), np.uint64(63)


def apply(rows: BitRows, way: Rule90, key: bytes) -> BitRows:
    """(n, words): one step of the automaton. No key: positions are secret already."""
    del way, key
    above = (rows << ONE) | (np.roll(rows, 1, axis=1) >> LAST)
    below = (rows >> ONE) | (np.roll(rows, -1, axis=1) << LAST)
    found: BitRows = np.bitwise_xor(above, below, dtype=np.uint64)
    return found
