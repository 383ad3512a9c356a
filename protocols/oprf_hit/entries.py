"""Entries: the holder's side of the filter in one session: real numbers, dummies, and what an update swaps."""

from __future__ import annotations

from collections import Counter
from itertools import count

import numpy as np

from protocols.errors import MisuseError
from protocols.oprf_hit.filter import Values, among, fresh, values
from protocols.oprf_hit.oprf import Outputs
from protocols.oprf_hit.parameters import CHANGES, Parameters
from protocols.oprf_hit.watchlist import Watchlist
from protocols.primitives.stream import OneTimeStream


class Entries:
    """What stands in the filter. Its size never falls, and rises by whole steps."""

    def __init__(self, parameters: Parameters, watchlist: Watchlist, bound: bytes, key: bytes) -> None:
        """key: of the stream that dummies come from. Raises MisuseError for a list that is too long."""
        self._parameters, self._bound = parameters, bound
        self._random, self._rounds = OneTimeStream(key), count()
        self._size = checked_size(parameters, len(watchlist))
        self._real, copies = np.unique(self._values(watchlist.outputs), return_counts=True)
        repeated = copies > 1
        self._copies = dict(zip(self._real[repeated].tolist(), copies[repeated].tolist(), strict=True))
        self._dummies = self._fresh(self._size - len(self._real), self._real, np.zeros(0, np.uint64))

    @property
    def numbers(self) -> Values:
        """(n,): all, rising."""
        return np.sort(np.concatenate((self._real, self._dummies)))

    def change(self, entries: int, gone: Outputs, come: Outputs) -> tuple[Values, Values]:
        """The numbers that go and those that come, each rising, when outputs went and came; `entries` are then listed.

        A dummy comes for each number that goes and goes for each that comes: both are as many, unless the filter
        grows. Raises MisuseError, and changes nothing, for a list that is too long or changed too much at once.
        """
        size = max(self._size, checked_size(self._parameters, entries))
        if max(len(gone), len(come)) + size - self._size > CHANGES:
            raise MisuseError(f"an update changes at most {CHANGES} numbers", "begin a new session")
        less, more = self._counted(self._values(gone), self._values(come))
        real = np.delete(self._real, np.searchsorted(self._real, less))
        real = np.insert(real, np.searchsorted(real, more), more)
        dummies = self._dummies[~np.isin(self._dummies, more)][: size - len(real)]
        dummies = np.concatenate((dummies, self._fresh(size - len(real) - len(dummies), real, dummies)))
        out = np.concatenate((less, np.setdiff1d(self._dummies, dummies)))
        into = np.concatenate((more, np.setdiff1d(dummies, self._dummies)))
        self._real, self._dummies, self._size = real, dummies, size
        return np.setdiff1d(out, into), np.setdiff1d(into, out)

    def _values(self, outputs: Outputs) -> Values:
        return values(outputs, self._bound, self._parameters.bits)

    def _counted(self, gone: Values, come: Values) -> tuple[Values, Values]:
        """Numbers that no output has any more, and that one has now, each rising: outputs may share a number."""
        changes = Counter(come.tolist())
        changes.subtract(gone.tolist())
        less, more = [], []
        for number in sorted(changes):
            before = self._copies.pop(number, int(among(np.uint64(number), self._real)))
            after = before + changes[number]
            if after > 1:
                self._copies[number] = after
            if before and not after:
                less.append(number)
            if after and not before:
                more.append(number)
        return np.array(less, np.uint64), np.array(more, np.uint64)

    def _fresh(self, missing: int, real: Values, dummies: Values) -> Values:
        return fresh(self._random, self._rounds, missing, self._parameters.bits, (real, np.sort(dummies)))


def checked_size(parameters: Parameters, entries: int) -> int:
    """Numbers in the filter of a list of so many entries. Raises MisuseError if that is more than agreed."""
    size = parameters.filled(entries)
    if size > parameters.capacity:
        raise MisuseError("the list is longer than agreed", "agree on a larger capacity")
    return size
