"""Planner: which rows to compare in full and which by tables, told from the rows before they are joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pplink.join.backends.interface import Problem
from pplink.join.lsh.bands import Band, distances
from pplink.join.lsh.chances import MOST_TABLES, Floats, agreement, tables
from pplink.join.measures import Ints

COMPARE = 5.4e-12
"""Seconds of one core for a comparison in full, for each bit set in the left row."""
VISIT = 85e-9
"""Seconds of one core for a row in a table."""
MEET = 5e-9
"""Seconds of one core for a comparison of two rows with the same key. These three are typical, not measured
anew, so that a plan and with it the result depend on the rows alone, never on how busy the machine is."""
AFFORDABLE = 100.0
"""Expected seconds of one core within which every pair is compared: no recall is given away for less."""
MOST_SAMPLED = 128
"""Bits of a key at most."""
BANDS = (1, 2, 3, 4, 6, 8)
"""Into how many bands left rows may be cut."""
SAMPLE = 1024
"""Rows a side whose distances stand for all."""
WIDEST = 2**26
"""Combinations of bits set that are looked at; beyond, all is compared."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """How a join is going to be done."""

    bands: tuple[Band, ...]
    recall: float
    """The chance with which each pair at or above the threshold is found; 1 if all is compared."""
    comparisons: float
    """Expected comparisons of two rows."""
    seconds: float
    """Expected, on the threads asked for, on a typical machine."""
    seconds_exact: float
    """The same if all were compared."""
    memory: int
    """Expected bytes beside the rows given and the pairs found."""

    @property
    def exact(self) -> bool:
        """Whether every pair is compared."""
        return not any(band.sampled for band in self.bands)

    def describe(self) -> list[tuple[str, str]]:
        """What a person is shown: labels and texts."""
        ways = [("way", "every pair is compared" if self.exact else "rows that agree on sampled bits are")]
        for band in () if self.exact else self.bands:
            ways.append((f"rows with {band.lowest} to {band.highest} bits set", band.describe()))
        return [
            *ways,
            (
                "recall",
                "every pair" if self.exact else f"each pair with a chance of {self.recall:.5g} or more",
            ),
            ("comparisons", f"about {self.comparisons:,.0f}"),
            ("time", f"about {self.seconds:,.1f} s; with every pair compared {self.seconds_exact:,.1f} s"),
            ("memory", f"about {self.memory / 2**20:,.0f} MiB beside the rows and the pairs found"),
        ]


class _Rows(NamedTuple):
    """What a plan is told from."""

    lefts: Ints
    left_rows: Ints
    """Numbers of bits set, rising, and how many left rows have each."""
    rights: Ints
    right_rows: Ints
    farthest: Ints
    """(lefts, rights): the largest Hamming distance of a match; -1: no match."""

    def band(self, first: int, last: int) -> _Rows:
        """Some of the lefts, and the rights that they can match."""
        some = self.farthest[first:last]
        near = np.flatnonzero((some >= 0).any(axis=0))
        begin, end = (near[0], near[-1] + 1) if len(near) else (0, 0)
        return _Rows(
            self.lefts[first:last],
            self.left_rows[first:last],
            self.rights[begin:end],
            self.right_rows[begin:end],
            some[:, begin:end],
        )

    @property
    def comparisons(self) -> Floats:
        """(lefts,) float64: rows that each could match."""
        matches: Floats = (self.farthest >= 0).astype(np.float64) @ self.right_rows
        return matches * self.left_rows


class _Near(NamedTuple):
    """How near each other rows are that do not match."""

    lefts: Ints
    rights: Ints
    """Bits set in sampled rows."""
    distance: Ints
    """(lefts, rights): Hamming distances; -1 for a row and itself."""
    agreement: Floats
    """As `chances.agreement` gives it."""

    def rates(self, band: _Rows) -> Floats:
        """(MOST_SAMPLED + 1,) float64: the chance that two rows of a band agree on so many sampled bits."""
        rows = (self.lefts >= band.lefts[0]) & (self.lefts <= band.lefts[-1])
        columns = (self.rights >= band.rights[0]) & (self.rights <= band.rights[-1])
        some = self.distance[rows][:, columns]
        some = some[some >= 0] if (some >= 0).any() else self.distance[self.distance >= 0]
        often = np.bincount(some, minlength=self.agreement.shape[1]) / max(1, len(some))
        rates: Floats = self.agreement @ often
        return rates


def plan(problem: Problem, reach: Ints, *, strategy: str, recall: float, threads: int) -> Plan:
    """The cheapest way that has the recall asked for.

    strategy: exact compares all; lsh uses tables wherever they could help; auto takes what is expected to
    be faster, band by band.
    """
    rows = _rows(problem, reach)
    if rows is None or not rows.comparisons.any():
        return _plan(problem, (), 0, recall, threads)
    full = _in_full(rows)
    if strategy == "exact" or (strategy == "auto" and full.seconds <= AFFORDABLE):
        return _plan(problem, (full,), full.seconds, recall, threads)
    near = _near(problem)
    ways = [tuple(_bands(rows, near, many, recall, forced=strategy == "lsh")) for many in BANDS]
    best = min(ways, key=lambda bands: sum(band.seconds for band in bands))
    return _plan(problem, best, full.seconds, recall, threads)


def _plan(
    problem: Problem, bands: tuple[Band, ...], seconds_exact: float, recall: float, threads: int
) -> Plan:
    rows, tabled = len(problem.left) + len(problem.right), any(band.sampled for band in bands)
    memory = rows * (problem.bits // 4 + 40)  # upright, on their side, and their numbers
    return Plan(
        bands=bands,
        recall=recall if tabled else 1.0,
        comparisons=sum(band.comparisons for band in bands),
        seconds=sum(band.seconds for band in bands) / threads,
        seconds_exact=seconds_exact / threads,
        memory=memory + tabled * rows * (40 * threads + 12),  # keys in work, and tables made ahead
    )


def _rows(problem: Problem, reach: Ints) -> _Rows | None:
    """Rows by bits set, or None if there are none or too many combinations."""
    sides = [np.bincount(counts) for counts in (problem.left_counts, problem.right_counts)]
    lefts, rights = (np.flatnonzero(side[1:]) + 1 for side in sides)
    if not 0 < len(lefts) * len(rights) <= WIDEST:
        return None
    farthest = distances(lefts, rights, problem.measure, reach)
    if problem.itself:
        farthest[rights < lefts[:, None]] = -1
    return _Rows(lefts, sides[0][lefts], rights, sides[1][rights], farthest)


def _in_full(rows: _Rows) -> Band:
    """All of these rows compared in full."""
    comparisons = rows.comparisons
    return Band(
        lowest=int(rows.lefts[0]),
        highest=int(rows.lefts[-1]),
        sampled=0,
        floors=rows.rights[:1],
        ceiling=int(rows.rights[-1]),
        comparisons=float(comparisons.sum()),
        seconds=COMPARE * float(comparisons @ rows.lefts),
    )


def _near(problem: Problem) -> _Near:
    """Distances of sampled rows. Samples are even in bits set, and those of a self-join differ."""
    left = _sampled(problem.left_counts, 0.25)
    right = _sampled(problem.right_counts, 0.75)
    distance = np.empty((len(left), len(right)), np.int64)
    for at, row in enumerate(problem.left[left]):
        distance[at] = np.bitwise_count(row ^ problem.right[right]).sum(axis=1, dtype=np.int64)
    if problem.itself:
        distance[left[:, None] == right] = -1
    chances = agreement(problem.bits, min(MOST_SAMPLED, problem.bits))
    return _Near(problem.left_counts[left], problem.right_counts[right], distance, chances)


def _sampled(counts: Ints, offset: float) -> Ints:
    """Rows with evenly spaced ranks by bits set, at most SAMPLE."""
    order = np.argsort(counts.astype(np.uint16), kind="stable")
    size = min(SAMPLE, len(order))
    return order[((np.arange(size) + offset) * len(order) / size).astype(np.int64)]


def _bands(rows: _Rows, near: _Near, many: int, recall: float, *, forced: bool) -> Iterator[Band]:
    """Left rows cut into bands of about equally many."""
    share = np.cumsum(rows.left_rows) / rows.left_rows.sum()
    inner = np.searchsorted(share, np.arange(1, many) / many) + 1
    edges = sorted({0, len(rows.lefts), *inner.tolist()})
    for first, last in pairwise(edges):
        band = rows.band(first, last)
        if len(band.rights):
            yield _band(band, near, recall, forced=forced)


def _band(rows: _Rows, near: _Near, recall: float, *, forced: bool) -> Band:
    """The cheapest way for a band. If forced, tables unless they visit more rows than there are pairs."""
    full = _in_full(rows)
    distance = rows.farthest.max(axis=0)
    needed = np.where(distance >= 0, tables(near.agreement[1:, distance], recall), 0)
    lefts, entries = int(rows.left_rows.sum()), needed @ rows.right_rows.astype(np.float64)
    visits = lefts * needed.max(axis=1) + entries
    meets = lefts * entries * near.rates(rows)[1:]
    seconds = np.where(needed.max(axis=1) <= MOST_TABLES, VISIT * visits + MEET * meets, np.inf)
    best = int(np.argmin(seconds))
    in_full = full.comparisons <= visits[best] if forced else full.seconds <= seconds[best]
    if in_full or not np.isfinite(seconds[best]):
        return full
    each = np.arange(needed[best].max())
    return Band(
        lowest=full.lowest,
        highest=full.highest,
        sampled=best + 1,
        floors=rows.rights[np.argmax(needed[best] > each[:, None], axis=1)],
        ceiling=full.ceiling,
        comparisons=float(meets[best]),
        seconds=float(seconds[best]),
    )
