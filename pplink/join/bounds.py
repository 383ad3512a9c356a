"""Bounds: which rows can reach a threshold at all, told from how many bits they have set.

Two rows with a <= b bits set have at most a in common, so they match only if key(a, b) <= reach[a].
With rows sorted by bits set, a row's possible partners among the rows that have at least as many bits
set are one slice. The length filter of Bayardo, Ma and Srikant, "Scaling up all pairs similarity
search" (WWW 2007).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pplink.join.measures import Ints, Measure


class Windows(NamedTuple):
    """For each of n probes, the slice of sorted partners worth comparing; empty where stop <= start. (n,), rising."""

    start: Ints
    stop: Ints


def windows(probes: Ints, partners: Ints, measure: Measure, reach: Ints, *, equals: bool) -> Windows:
    """Partners with as many bits set as the probe (if equals) or more, up to the length bound.

    probes, partners: (n,), (m,) bits set in each row, rising, none of them 0. reach: as `Measure.reach`.
    """
    often = np.bincount(partners, minlength=len(reach))
    below = np.concatenate([[0], np.cumsum(often)])  # for each number of bits, how many partners have fewer
    longest = reach[probes] // probes if measure.product else reach[probes] - probes
    return Windows(below[probes if equals else probes + 1], below[np.minimum(longest + 1, len(reach))])


def later_windows(counts: Ints, measure: Measure, reach: Ints) -> Windows:
    """The windows of rows compared among themselves: each row with those after it. counts: (n,), as `probes`."""
    stop = windows(counts, counts, measure, reach, equals=True).stop
    return Windows(np.arange(1, len(counts) + 1), stop)
