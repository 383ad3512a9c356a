"""Entries: the holder's side of the filter in one session: real numbers, dummies, and what an update swaps."""

from __future__ import annotations

from itertools import count

import numpy as np

from protocols.errors import MisuseError
from protocols.oprf_hit.filter import Values, fresh, values
from protocols.oprf_hit.parameters import CHANGES, Parameters
from protocols.oprf_hit.watchlist import Watchlist
from protocols.primitives.stream import OneTimeStream


class Entries:
    """What stands in the filter. Its size never falls, and rises by whole steps."""

    def __init__(self, parameters: Parameters, watchlist: Watchlist, bound: bytes, key: bytes) -> None:
        """key: of the stream that dummies come from. Raises MisuseError for a list that is too long."""
        self._parameters, self._bound = parameters, bound
        self._random, self._rounds = OneTimeStream(key), count()
        self._real = self._values(watchlist)
        self._dummies = self._filled(
            self._real, np.zeros(0, np.uint64), checked_size(parameters, len(watchlist))
        )

    @property
    def numbers(self) -> Values:
        """(n,): all, rising."""
        return np.sort(np.concatenate((self._real, self._dummies)))

    def change(self, watchlist: Watchlist) -> tuple[Values, Values]:
        """The numbers that go and those that come, each rising, when the list is now this one.

        A dummy comes for each number that goes and goes for each that comes: both are as many, unless the
        filter grows. Raises MisuseError for a list that is too long, or one that changed too much at once.
        """
        before, real = self.numbers, self._values(watchlist)
        size = max(len(before), checked_size(self._parameters, len(watchlist)))
        dummies = self._filled(real, self._dummies[~np.isin(self._dummies, real)], size)
        after = np.concatenate((real, dummies))
        gone, come = np.setdiff1d(before, after), np.setdiff1d(after, before)
        if max(len(gone), len(come)) > CHANGES:
            raise MisuseError(f"an update changes at most {CHANGES} numbers", "begin a new session")
        self._real, self._dummies = real, dummies
        return gone, come

    def _values(self, watchlist: Watchlist) -> Values:
        return np.unique(values(watchlist.outputs, self._bound, self._parameters.bits))

    def _filled(self, real: Values, dummies: Values, size: int) -> Values:
        """Dummies, fewer or more, so that all together are `size`."""
        needed = size - len(real)
        taken = np.concatenate((real, dummies))
        more = fresh(self._random, self._rounds, needed - len(dummies), self._parameters.bits, taken)
        return np.concatenate((dummies[: max(needed, 0)], more))


def checked_size(parameters: Parameters, entries: int) -> int:
    """Numbers in the filter of a list of so many entries. Raises MisuseError if that is more than agreed."""
    size = parameters.filled(entries)
    if size > parameters.capacity:
        raise MisuseError("the list is longer than agreed", "agree on a larger capacity")
    return size
