"""Filling: a unit's rows in its blocks, in random places; `protocols.blinded_broker.filling` says what is promised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pplink.session.blocking.keys import Bins
from pplink.session.blocking.layout import Layout
from protocols.errors import RefusedError
from protocols.primitives.stream import Stream

Ints = npt.NDArray[np.int64]
NOBODY = -1
MOST_INDICES = 4
"""Numbers a pair of blocks, at a time, that it takes to tell which block is in it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blocks:
    """One unit's."""

    layout: Layout
    unit: int
    """0 for the first of the two, 1 for the second."""
    bins: Bins
    """(n, bands)."""
    stream: Stream
    """This unit's own; its runs from 1 on."""

    @property
    def memory(self) -> int:
        """Bytes that `fill` needs. The peer's counts are in it, which may be more than it has rows."""
        numbers = self.layout.pairs * MOST_INDICES + self.layout.shape.side * (
            self.layout.pairs + self.layout.blocks(self.unit)
        )
        return numbers * np.dtype(np.int64).itemsize

    def tell(self) -> npt.NDArray[np.uint64]:
        """Nothing more: the units told each other of their bins before."""
        return np.zeros(0, np.uint64)

    def fill(self, _: npt.NDArray[np.uint64]) -> Ints:
        """(pairs * side,). Raises RefusedError if rows that found no room do not fit the stash: this is unheard of."""
        return self.table()[self.layout.paired(self.unit)].reshape(-1)

    def table(self) -> Ints:
        """(blocks, side): the row in each place, NOBODY where there is none. Places are drawn at random among all of a
        bin, so that the place of a hit does not tell how full it is."""
        layout, side = self.layout, self.layout.shape.side
        found = np.full(layout.blocks(self.unit) * side, NOBODY)
        blocks = layout.in_bins(self.unit).reshape(layout.shape.bands, -1)
        stash, at = np.zeros(len(self.bins), bool), 0
        for band, room in enumerate(blocks * side):
            size = int(room.sum())
            stash[self._band(band, room, found[at : at + size])] = True
            at += size
        self._stash(np.flatnonzero(stash), found[at : at + layout.shape.stash * side])
        self._scatter(
            np.arange(len(self.bins)), found[at + layout.shape.stash * side :], layout.shape.bands + 2
        )
        return found.reshape(-1, side)

    def _band(self, band: int, room: Ints, places: Ints) -> Ints:
        """Put rows into a band's places; gives those that found no room, chosen at random."""
        words = self.stream.words(1 + band, len(self.bins) + len(places))
        bins = self.bins[:, band]
        order = np.lexsort((words[: len(bins)], bins))[np.count_nonzero(bins < 0) :]
        counts = np.bincount(bins[order], minlength=len(room))
        rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        drawn = np.lexsort((words[len(bins) :], np.repeat(np.arange(len(room)), room)))
        fits = rank < room[bins[order]]
        inside = order[fits]
        places[drawn[(np.cumsum(room) - room)[bins[inside]] + rank[fits]]] = inside
        return order[~fits]

    def _stash(self, rows: Ints, places: Ints) -> None:
        if len(rows) > len(places):
            raise RefusedError(
                "more records than are ever to be expected found no room in their blocks",
                "in another session it would be the same: add or drop a record, or agree anew",
            )
        self._scatter(rows, places, self.layout.shape.bands + 1)

    def _scatter(self, rows: Ints, places: Ints, run: int) -> None:
        """Put rows into random places."""
        places[np.argsort(self.stream.words(run, len(places)), kind="stable")[: len(rows)]] = rows
