"""Keys: rows that agree on sampled bits get equal keys, and are brought together by sorting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.backends.slices import Words, transpose
from pplink.join.measures import Ints

Keyed = npt.NDArray[np.uint64]
"""A key in the upper 32 bits, a row's position in the lower 32."""

DIGIT = 2048
"""Keys a sorting pass tells apart: as many places to write to as a cache holds."""


@kernel
def keyed(slices: Words, chosen: Ints, first: int, last: int, width: int) -> Keyed:
    """Rows [first, last) with keys of `width` bits, in order of position.

    slices: as in `Side`; chosen: (K,) int64 columns. Up to 64 columns are looked at together, for 64 rows
    at a time. Different bits may give equal keys, which costs a comparison and no more.
    """
    result = np.empty(last - first, np.uint64)
    square, mixed = np.empty(64, np.uint64), np.empty(64, np.uint64)
    lanes = slices.shape[2]
    for block in range(first // 64, (last + 63) // 64):
        mixed[:] = 0
        for begin in range(0, chosen.shape[0], 64):
            size = min(64, chosen.shape[0] - begin)
            for at in range(size):
                square[at] = slices[block // lanes, chosen[begin + at], block % lanes]
            square[size:] = 0
            transpose(square)
            for row in range(64):
                mixed[row] = (mixed[row] ^ square[row]) * np.uint64(0x9E3779B97F4A7C15)
                mixed[row] ^= mixed[row] >> np.uint64(32)
        for row in range(max(0, first - 64 * block), min(64, last - 64 * block)):
            # the golden ratio spreads keys: Knuth, "The Art of Computer Programming" 3, section 6.4
            spread = (mixed[row] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - width)
            position = 64 * block + row
            result[position - first] = spread << np.uint64(32) | np.uint64(position)
    return result


@kernel
def by_key(rows: Keyed, width: int) -> Keyed:
    """The same sorted by key, and equal keys by position; least digit first."""
    spare = np.empty_like(rows)
    ends = np.empty(DIGIT + 1, np.int64)
    for shift in range(32, 32 + width, 11):
        ends[:] = 0
        for row in rows:
            ends[((row >> np.uint64(shift)) & np.uint64(DIGIT - 1)) + np.uint64(1)] += 1
        for digit in range(DIGIT):
            ends[digit + 1] += ends[digit]
        for row in rows:
            digit = (row >> np.uint64(shift)) & np.uint64(DIGIT - 1)
            spare[ends[digit]] = row
            ends[digit] += 1
        rows, spare = spare, rows
    return rows


@kernel
def runs(left: Keyed, right: Keyed) -> npt.NDArray[np.uint32]:
    """(n, 4) uint32: for each key on both sides, where its left rows begin and end, and its right rows."""
    result = np.empty((min(left.shape[0], right.shape[0]), 4), np.uint32)
    size, i, j = 0, 0, 0
    while i < left.shape[0] and j < right.shape[0]:
        one, two = left[i] >> np.uint64(32), right[j] >> np.uint64(32)
        if one < two:
            i += 1
        elif two < one:
            j += 1
        else:
            result[size, 0], result[size, 2] = i, j
            while i < left.shape[0] and left[i] >> np.uint64(32) == one:
                i += 1
            while j < right.shape[0] and right[j] >> np.uint64(32) == one:
                j += 1
            result[size, 1], result[size, 3] = i, j
            size += 1
    return result[:size].copy()
