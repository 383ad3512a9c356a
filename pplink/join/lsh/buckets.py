"""Buckets: rows with equal keys, each pair compared in full and given by the first table that has it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.backends.bits import popcount, prefetch
from pplink.join.backends.sweep import Matches
from pplink.join.lsh.first import Table, keep_first
from pplink.join.measures import Ints
from pplink.join.rows import BitRows

Order = npt.NDArray[np.uint32]
Runs = npt.NDArray[np.uint32]

TILE = 128
"""Right rows copied together, to be compared with all left rows of the bucket."""
HEAD = 8
"""Words compared before asking whether the rest could still suffice; a row has as many at least."""
AHEAD = 8
"""Rows asked of memory before they are needed."""


class Half(NamedTuple):
    """One side of a table."""

    rows: BitRows
    """(n, words), sorted by bits set; as in `Side`."""
    order: Order
    """Positions of rows, sorted by key."""


class Tile(NamedTuple):
    """Right rows of a bucket, next to each other."""

    rows: BitRows
    rest: Ints
    """Bits set beyond the head."""
    ones: Ints
    """Bits set."""


@kernel
def compare(
    left: Half, right: Half, table: Table, runs: Runs, cursor: Ints, effort: int, out: Matches
) -> int:
    """Compare from the cursor on, until all runs are done, `out` is full or the effort spent; matches.

    runs: as in `keys`. cursor: (4,) int64: run, right row in it where a tile begins, left row in it,
    comparisons so far. out: room for TILE matches at least.
    """
    words = right.rows.shape[1]
    tile = Tile(
        np.zeros((TILE, max(HEAD, words)), np.uint64), np.zeros(TILE, np.int64), np.empty(TILE, np.int64)
    )
    found, end = 0, cursor[3] + effort
    while cursor[0] < runs.shape[0] and cursor[3] < end:
        run = cursor[0]
        begin, first = np.int64(runs[run, 2]) + cursor[1], np.int64(runs[run, 0]) + cursor[2]
        size, last = min(np.int64(runs[run, 3]) - begin, TILE), int(runs[run, 1])
        _gather(right.rows, right.order, begin, size, tile.rows, tile.rest, tile.ones)
        at, met = _meet(
            left.rows, left.order, first, last, right.order, begin, size,
            tile.rows, tile.rest, tile.ones, table.reach, table.product,
            found, out.probe, out.partner, out.common,
        )  # fmt: skip
        cursor[3] += (at - first) * size
        found = keep_first(left.rows, right.rows, table, found, met, out)
        if at < last:
            cursor[2] += at - first
            return found
        cursor[1], cursor[2] = cursor[1] + TILE, 0
        if begin + size == np.int64(runs[run, 3]):
            cursor[0], cursor[1] = run + 1, 0
    return found


@kernel
def _gather(
    rows: BitRows, order: Order, begin: int, size: int, tile: BitRows, rest: Ints, ones: Ints
) -> None:
    """Copy rows into a tile. Their bits are counted anew: cheaper than one more place in memory to go to."""
    for at in range(size):
        position = order[begin + at]
        prefetch(rows, order[min(begin + at + AHEAD, order.shape[0] - 1)])
        head, more = 0, 0
        for word in range(rows.shape[1]):
            value = rows[position, word]
            tile[at, word] = value
            if word < HEAD:
                head += popcount(value)
            else:
                more += popcount(value)
        rest[at], ones[at] = more, head + more


@kernel
def _meet(
    rows: BitRows, order: Order, first: int, last: int, partners: Order, begin: int, size: int,
    tile: BitRows, rest: Ints, ones: Ints, reach: Ints, product: bool,
    found: int, probe_out: Ints, partner_out: Ints, common_out: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Compare left rows [first, last) with a tile; the first that found no room, and how many match."""
    for at in range(first, last):
        if found + size > probe_out.shape[0]:
            return at, found
        probe = order[at]
        prefetch(rows, order[min(at + AHEAD, order.shape[0] - 1)])
        x0, x1, x2 = rows[probe, 0], rows[probe, 1], rows[probe, 2]
        x3, x4, x5 = rows[probe, 3], rows[probe, 4], rows[probe, 5]
        x6, x7 = rows[probe, 6], rows[probe, 7]
        spare = 0
        for word in range(HEAD, rows.shape[1]):
            spare += popcount(rows[probe, word])
        a = spare + popcount(x0) + popcount(x1) + popcount(x2) + popcount(x3)
        a += popcount(x4) + popcount(x5) + popcount(x6) + popcount(x7)
        for other in range(size):
            common = popcount(x0 & tile[other, 0]) + popcount(x1 & tile[other, 1])
            common += popcount(x2 & tile[other, 2]) + popcount(x3 & tile[other, 3])
            common += popcount(x4 & tile[other, 4]) + popcount(x5 & tile[other, 5])
            common += popcount(x6 & tile[other, 6]) + popcount(x7 & tile[other, 7])
            key = a * ones[other] if product else a + ones[other]
            if key > reach[common + min(spare, rest[other])]:
                continue
            for word in range(HEAD, rows.shape[1]):
                common += popcount(rows[probe, word] & tile[other, word])
            if key <= reach[common]:
                probe_out[found], partner_out[found] = probe, partners[begin + other]
                common_out[found] = common
                found += 1
    return last, found
