"""Sweep: probes against tiles. Counts what each partner lacks, and confirms the few that stay in reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.backends.bits import GROUP, LOW, count_misses, lowest, popcount
from pplink.join.backends.slices import TILE, Side, Words
from pplink.join.measures import Ints
from pplink.join.rows import BitRows

CHUNK = 128
"""Probes whose columns are listed together; the tile they meet stays in the first-level cache."""
PLANES = (4, 8, 12)
"""High planes that counters may have, for up to 255, 4,095 and 65,535 misses; kernels are compiled for each."""


class Matches(NamedTuple):
    """Room for what a sweep finds."""

    probe: Ints
    partner: Ints
    common: Ints


class Rule(NamedTuple):
    """Which partners match."""

    start: Ints
    stop: Ints
    """For each probe, the slice of partners that may match."""
    reach: Ints
    product: bool
    """See `measures`: a pair matches if its key is at most reach[bits in common]."""


class Area(NamedTuple):
    """What one task covers: probes [first, last) and tiles [begin, end)."""

    first: int
    last: int
    begin: int
    end: int


def high_planes(room: Ints) -> tuple[int, ...]:
    """For `count_misses`: as few as suffice for the most misses that any probe may have. room: (n,) those misses."""
    most = int(room.max(initial=0))
    return next((0,) * planes for planes in PLANES if most < 2 ** (LOW + planes))


@kernel
def sweep(
    probes: Side, tiles: Side, rule: Rule, area: Area, high: tuple[int, ...], cursor: Ints, out: Matches
) -> int:
    """Find all matches in an area, or as many as `out` holds; how many.

    cursor: (3,) int64, first of a chunk, tile and probe where to go on; a chunk of area.last or more
    means that the area is done.
    """
    columns = np.empty((CHUNK, probes.slices.shape[1] + GROUP), np.uint32)
    groups = np.empty(CHUNK, np.int64)
    over = np.empty(tiles.slices.shape[2], np.uint64)
    found = 0
    while cursor[0] < area.last:
        last = min(area.last, cursor[0] + CHUNK)
        list_columns(probes.rows[cursor[0] : last], tiles.slices.shape[2], columns, groups)
        while cursor[1] < area.end:
            found = sweep_tile(
                probes, tiles, rule, probes.counts, high, columns, groups, cursor[0], last, cursor[1:], over, found, out
            )  # fmt: skip
            if cursor[2] < last:
                return found
            cursor[1] += 1
            cursor[2] = cursor[0]
        cursor[0], cursor[1], cursor[2] = last, area.begin, last
    return found


@kernel
def list_columns(rows: BitRows, lanes: int, columns: npt.NDArray[np.uint32], groups: Ints) -> None:
    """Where in a tile each probe's columns begin, rarest first, filled up to whole groups.

    rows: (n, words). Written to columns, (n, most), and groups, (n,): how many groups of columns each has.
    """
    blank = 64 * rows.shape[1]
    for row in range(rows.shape[0]):
        size = 0
        for word in range(rows.shape[1]):
            left = rows[row, word]
            while left:
                columns[row, size] = (64 * word + lowest(left)) * lanes
                left &= left - np.uint64(1)
                size += 1
        while size % GROUP:
            columns[row, size] = blank * lanes
            size += 1
        groups[row] = size // GROUP


@kernel
def sweep_tile(
    probes: Side,
    tiles: Side,
    rule: Rule,
    least: Ints,
    high: tuple[int, ...],
    columns: npt.NDArray[np.uint32],
    groups: Ints,
    first: int,
    last: int,
    cursor: Ints,
    over: Words,
    found: int,
    out: Matches,
) -> int:
    """Sweep one tile with the probes from the cursor on, and move it; matches so far.

    least: for each probe, the fewest bits set in a partner. columns, groups: of the probes [first, last). cursor: (2,)
    int64, tile and probe.
    """
    low = cursor[0] * TILE
    fewest, size = tiles.counts[low], tiles.slices.shape[1] * tiles.slices.shape[2]
    room, seen = -1, -1
    for probe in range(cursor[1], last):
        cursor[1] = probe
        if rule.start[probe] >= low + TILE or rule.stop[probe] <= low:
            continue
        if found + TILE > out.probe.shape[0]:
            return found
        if probes.counts[probe] != seen:  # probes are sorted, so this is seldom
            seen = probes.counts[probe]
            room = room_for(seen, max(least[probe], fewest), rule)
        if room < 0:
            continue
        row = probe - first
        at, tile = row * columns.shape[1], cursor[0] * size
        if count_misses(tiles.slices, tile, columns, at, groups[row], room, high, over):
            found = confirm(probes, tiles, rule, probe, low, over, found, out)
    cursor[1] = last
    return found


@kernel
def room_for(probe: int, partner: int, rule: Rule) -> int:
    """How many of its bits a probe may miss in a partner with at least so many set; below 0: no chance."""
    key = probe * partner if rule.product else probe + partner
    return probe - int(np.searchsorted(rule.reach, key))


@kernel
def confirm(
    probes: Side, tiles: Side, rule: Rule, probe: int, low: int, over: Words, found: int, out: Matches
) -> int:
    """Compare in full the partners of a tile that did not miss too much; matches so far.

    low: the tile's first row. over: (lanes,), a bit set for each of its rows that missed too much.
    """
    for lane in range(over.shape[0]):
        left = ~over[lane]
        while left:
            partner = low + 64 * lane + lowest(left)
            left &= left - np.uint64(1)
            if partner < rule.start[probe] or partner >= rule.stop[probe]:
                continue
            common = 0
            for word in range(probes.rows.shape[1]):
                common += popcount(probes.rows[probe, word] & tiles.rows[partner, word])
            a, b = probes.counts[probe], tiles.counts[partner]
            if (a * b if rule.product else a + b) <= rule.reach[common]:
                out.probe[found], out.partner[found], out.common[found] = probe, partner, common
                found += 1
    return found
