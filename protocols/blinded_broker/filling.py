"""Filling: which rows are in which block, where blocks are paired; handed in, as it takes keys that a role has not."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.hits import Ints, TileHits, taken
from protocols.blinded_broker.parameters import Parameters
from protocols.errors import MisuseError

Words = npt.NDArray[np.uint64]
NOBODY = -1


class Filling(Protocol):
    """How one unit fills its blocks. Both calls give the same whenever they are made, in every run that is taken up."""

    def tell(self) -> Words:
        """(told,) uint64: what the other unit learns of how full our blocks are."""
        ...

    def fill(self, theirs: Words) -> Ints:
        """(pairs * side,) int64: the row in each place of all blocks, NOBODY where there is none.

        theirs: what the other unit told, checked for its length alone. Raises RefusedError if rows do not fit.
        """
        ...


def checked(places: Ints, rows: int, parameters: Parameters) -> Ints:
    """A filling's places, as `Filling.fill` gives them, of so many rows. Raises MisuseError for what are none."""
    if places.shape != (parameters.pairs * parameters.side,) or places.dtype != np.int64:
        raise MisuseError("a filling has another number of places than agreed")
    if places.min(initial=0) < NOBODY or places.max(initial=NOBODY) >= rows:
        raise MisuseError("a filling names rows that there are not")
    return places


def once(hits: TileHits) -> TileHits:
    """Of each pair of persons the first hit, in the same order."""
    pairs = np.stack([hits.alice, hits.bob], axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    return taken(hits, np.sort(first))


def same_person(places: Ints, persons: Ints) -> bool:
    """Whether each place is said to have one person. places, persons: (n,) of each hit."""
    order = np.lexsort((persons, places))
    equal = np.diff(places[order]) == 0
    return not (np.diff(persons[order])[equal] != 0).any()
