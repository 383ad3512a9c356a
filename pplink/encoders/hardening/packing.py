"""Packing: rows of words to bytes of 0 and 1 and back, a block at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

BitRows = npt.NDArray[np.uint64]
Bits = npt.NDArray[np.uint8]

BLOCK = 2048
"""Rows a time; their bits fill 2 to 16 MiB."""


def by_bits(rows: BitRows, width: int, change: Callable[[Bits], Bits]) -> BitRows:
    """(n, width / 64): the rows after `change`, which has (k, bits) of 0 and 1 and gives (k, width) of the same.

    Bit i of a row is bit i % 64, from the lowest, of word i // 64.
    """
    shown = np.empty((len(rows), width // 64), np.uint64)
    for start in range(0, len(rows), BLOCK):
        plain = np.ascontiguousarray(rows[start : start + BLOCK], "<u8").view(np.uint8)
        changed = change(np.unpackbits(plain, axis=1, bitorder="little"))
        packed = np.packbits(np.ascontiguousarray(changed), axis=1, bitorder="little")
        shown[start : start + BLOCK] = np.ascontiguousarray(packed).view("<u8")
    return shown
