"""Slices: rows sorted by bits set, and the same rows on their side, a tile at a time."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.backends.bits import LANES
from pplink.join.measures import Ints
from pplink.join.rows import BitRows, Counts

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

TILE = 64 * LANES
"""Rows of a tile: one vector of a column."""
TILES = 4
"""Tiles turned in one go: less than a millisecond, so that threads end together."""
SAMPLE = 1024
"""Rows looked at to tell rare columns from common ones."""


class Side(NamedTuple):
    """One dataset, made ready; rows without a bit set are left out. All columns are in one new order."""

    rows: BitRows
    """(n, words) in order of bits set."""
    counts: Counts
    """(n,) bits set in each, rising."""
    origin: Ints
    """(n,) which row it was."""
    slices: Words
    """(tiles, bits + 1, LANES): for each tile and column, a set bit for each row that lacks it, and past
    the last row. The column after the last has no bit set: it fills up a group of columns."""


def rare_first(left: BitRows, right: BitRows) -> Ints:
    """(bits,) int64: each column's new place, the columns that fewest rows have first.

    A probe's rare bits are what a stranger lacks most likely, so looking at them first ends a
    comparison soonest.
    """
    return placed(densities(left, right))


def densities(left: BitRows, right: BitRows) -> Floats:
    """(bits,) float64: the share of rows that have each column's bit, told from a sample.

    It decides speed alone, so a sample is enough.
    """
    result, sides = np.zeros(64 * left.shape[1]), [rows for rows in (left, right) if len(rows)]
    for rows in sides:
        sample = np.ascontiguousarray(rows[:: -(-len(rows) // SAMPLE)])
        bits = np.unpackbits(sample.astype("<u8", copy=False).view(np.uint8), axis=1, bitorder="little")
        result += bits.sum(axis=0, dtype=np.uint32) / (len(sample) * len(sides))
    return result


def placed(weight: Floats) -> Ints:
    """(bits,) int64: each column's new place, by rising weight."""
    place = np.empty(len(weight), np.int64)
    place[np.argsort(weight, kind="stable")] = np.arange(len(weight))
    return place


def prepare(rows: BitRows, counts: Counts, place: Ints, executor: Executor) -> Side:
    """Rows (n, words) sorted by bits set, each column put in its place, and turned on their side; empty rows are left
    out. counts: (n,) bits set. place: (bits,) where each column goes."""
    origin = np.argsort(counts.astype(np.uint16), kind="stable")  # so short, they are sorted by radix
    origin = origin[np.searchsorted(counts[origin], 1) :]
    slices = _aligned((-(-len(origin) // TILE), len(place) + 1, LANES))
    turned = _aligned((len(origin), rows.shape[1]))

    def turn(first: int) -> None:
        last = min(first + TILES, len(slices))
        _turn(rows, origin, place, slices[first:last], turned, first * TILE)

    for _ in executor.map(turn, range(0, len(slices), TILES)):
        pass
    return Side(turned, counts[origin], origin, slices)


def _aligned(shape: tuple[int, ...]) -> Words:
    """Words that begin on a cache line, so that no vector straddles two."""
    size = int(np.prod(shape))
    room = np.empty(size + 8, np.uint64)
    skipped = -(room.ctypes.data // 8) % 8
    return room[skipped : skipped + size].reshape(shape)


@kernel
def _turn(rows: BitRows, origin: Ints, place: Ints, slices: Words, turned: BitRows, first: int) -> None:
    """Fill slices, which begin with row `first`, and these rows of turned; 64 by 64 bits at a time."""
    square = np.empty(64, np.uint64)
    for block in range(slices.shape[0] * slices.shape[2]):
        tile, lane, begin = block // slices.shape[2], block % slices.shape[2], first + 64 * block
        height = max(0, min(64, origin.shape[0] - begin))
        for word in range(rows.shape[1]):
            square[height:] = 0
            for row in range(height):
                square[row] = rows[origin[begin + row], word]
            transpose(square)
            for column in range(64):
                slices[tile, place[64 * word + column], lane] = ~square[column]
        slices[tile, place.shape[0], lane] = 0
        for word in range(rows.shape[1]):
            for column in range(64):
                square[column] = ~slices[tile, 64 * word + column, lane]
            transpose(square)
            for row in range(height):
                turned[begin + row, word] = square[row]


@kernel
def transpose(square: Words) -> None:
    """Bit c of word r becomes bit r of word c. Warren, "Hacker's Delight" (2nd ed., 2012), section 7-3."""
    width, mask = 32, np.uint64(0x00000000FFFFFFFF)
    while width:
        shift = np.uint64(width)
        row = 0
        while row < 64:
            swap = ((square[row] >> shift) ^ square[row + width]) & mask
            square[row] ^= swap << shift
            square[row + width] ^= swap
            row = (row + width + 1) & ~width
        width >>= 1
        mask ^= mask << np.uint64(width)
