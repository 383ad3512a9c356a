"""Scan: a few probes against a segment, every pair of them; the sweep of a join with the probes chosen for it.

A join lets the row with fewer bits set probe the other, which costs a list of columns for every row of either
side. Here the new rows alone are probes, also of rows with fewer bits set, so that a scan costs nothing for a
row of the index but the comparison. Such a row may lack more of the probe's bits: as many as it may if it had
as few bits set as the first of its tile, which is few more, as rows are sorted by bits set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pplink.compiled import kernel
from pplink.join.backends.bits import GROUP
from pplink.join.backends.slices import Side
from pplink.join.backends.sweep import Area, Matches, Rule, high_planes, list_columns, sweep_tile
from pplink.join.bounds import windows
from pplink.join.measures import Ints, Measure


class Reach(NamedTuple):
    """What probes can reach in a segment."""

    rule: Rule
    least: Ints
    """For each probe, the fewest bits set in a row that may match it."""
    high: tuple[int, ...]
    """As `count_misses` wants it."""


def reaches(probes: Ints, partners: Ints, measure: Measure, reach: Ints) -> Reach:
    """probes, partners: (n,), (m,) bits set in each row, rising, none of them 0. reach: as `Measure.reach`."""
    ones = np.arange(1, len(reach))
    longest = reach[1:] // ones if measure.product else reach[1:] - ones
    least = np.searchsorted(longest, probes) + 1
    start = np.searchsorted(partners, least)
    stop = windows(probes, partners, measure, reach, equals=True).stop
    room = probes - np.searchsorted(reach, measure.key(probes, least))
    return Reach(Rule(start, stop, reach, measure.product), least, high_planes(room))


@kernel
def scan(
    probes: Side,
    tiles: Side,
    rule: Rule,
    least: Ints,
    area: Area,
    high: tuple[int, ...],
    cursor: Ints,
    out: Matches,
) -> int:
    """Find all matches in an area, or as many as `out` holds; how many.

    rule, least, high: as in `Reach`. cursor: (2,) int64, tile and probe where to go on; a tile of area.end or
    more means that the area is done. out: room for TILE matches at least.
    """
    columns = np.empty((area.last - area.first, probes.slices.shape[1] + GROUP), np.uint32)
    groups = np.empty(area.last - area.first, np.int64)
    over = np.empty(tiles.slices.shape[2], np.uint64)
    list_columns(probes.rows[area.first : area.last], tiles.slices.shape[2], columns, groups)
    found = 0
    while cursor[0] < area.end:
        found = sweep_tile(
            probes, tiles, rule, least, high, columns, groups, area.first, area.last, cursor, over, found, out
        )
        if cursor[1] < area.last:
            return found
        cursor[0], cursor[1] = cursor[0] + 1, area.first
    return found
