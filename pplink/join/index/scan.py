"""Scan: a few probes against a segment, every pair of them; the sweep of a join with the probes chosen for it.

A join lets the row with fewer bits set probe the other, which costs a list of columns for every row of either
side. Here the new rows alone are probes, also of rows with fewer bits set, so that a scan costs nothing for a
row of the index but the comparison. Such a row may lack more of the probe's bits: as many as it may if it had
as few bits set as the first of its tile, which is few more, as rows are sorted by bits set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.backends.bits import GROUP, count_misses
from pplink.join.backends.slices import TILE, Side, Words
from pplink.join.backends.sweep import Matches, Rule, confirm, high_planes, list_columns, room_for
from pplink.join.bounds import windows
from pplink.join.measures import Ints, Measure


class Reach(NamedTuple):
    """What probes can reach in a segment."""

    rule: Rule
    least: Ints
    """For each probe, the fewest bits set in a row that may match it."""
    high: tuple[int, ...]
    """As `count_misses` wants it."""


class Strip(NamedTuple):
    """What one task covers: probes [first, last) and tiles [begin, end)."""

    first: int
    last: int
    begin: int
    end: int


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
    strip: Strip,
    high: tuple[int, ...],
    cursor: Ints,
    out: Matches,
) -> int:
    """Find all matches in a strip, or as many as `out` holds; how many.

    rule, least, high: as in `Reach`. cursor: (2,) int64, tile and probe where to go on; a tile of strip.end or
    more means that the strip is done. out: room for TILE matches at least.
    """
    columns = np.empty((strip.last - strip.first, probes.slices.shape[1] + GROUP), np.uint32)
    groups = np.empty(strip.last - strip.first, np.int64)
    over = np.empty(tiles.slices.shape[2], np.uint64)
    list_columns(probes.rows[strip.first : strip.last], tiles.slices.shape[2], columns, groups)
    found = 0
    while cursor[0] < strip.end:
        found = _scan_tile(probes, tiles, rule, least, strip, high, columns, groups, cursor, over, found, out)
        if cursor[1] < strip.last:
            return found
        cursor[0], cursor[1] = cursor[0] + 1, strip.first
    return found


@kernel
def _scan_tile(
    probes: Side,
    tiles: Side,
    rule: Rule,
    least: Ints,
    strip: Strip,
    high: tuple[int, ...],
    columns: npt.NDArray[np.uint32],
    groups: Ints,
    cursor: Ints,
    over: Words,
    found: int,
    out: Matches,
) -> int:
    """Scan one tile with the probes from the cursor on, and move it; matches so far."""
    low = cursor[0] * TILE
    fewest, size = tiles.counts[low], tiles.slices.shape[1] * tiles.slices.shape[2]
    room, seen = -1, -1
    for probe in range(cursor[1], strip.last):
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
        row = probe - strip.first
        at, tile = row * columns.shape[1], cursor[0] * size
        if count_misses(tiles.slices, tile, columns, at, groups[row], room, high, over):
            found = confirm(probes, tiles, rule, probe, low, over, found, out)
    cursor[1] = strip.last
    return found
