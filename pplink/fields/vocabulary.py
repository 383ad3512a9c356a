"""Vocabulary: the distinct tokens of a column, and which of them each value has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.fields.strings import Offsets

Ids = npt.NDArray[np.int32]
Codes = npt.NDArray[np.integer[Any]]
Weight = tuple[int, int]
"""A token's share, and of what: 1, or what all shares of its value come to."""

BLOCK = 1 << 15
"""Codes looked up at a time: numpy makes places of them first, of 8 bytes each, which then stay in the cache."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The tokens of n values."""

    vocabulary: tuple[bytes, ...]
    """Distinct tokens."""
    ids: Ids
    """All values' tokens end to end, as places in `vocabulary`."""
    offsets: Offsets
    """(n + 1,): value i has ids[offsets[i]:offsets[i + 1]]."""
    shares: tuple[int, ...] | None = None
    """How many times the field's draws each word of `vocabulary` gets; None: once. A token that two values give
    unlike shares, or wholes, stands in `vocabulary` twice."""
    wholes: tuple[int, ...] | None = None
    """What the shares of all tokens of a value that has the word come to, where they part the draws among them; None:
    they do not."""

    @property
    def weights(self) -> list[Weight]:
        """Of each word of `vocabulary`."""
        ones = (1,) * len(self.vocabulary)
        return list(zip(self.shares or ones, self.wholes or ones, strict=True))

    def parted(self) -> Tokens:
        """The same, parting the draws."""
        shares = self.shares or (1,) * len(self.vocabulary)
        summed = np.concatenate(([0], np.cumsum(np.array(shares, np.int64)[self.ids])))[self.offsets]
        whole = np.diff(summed)
        wholes = np.flatnonzero(np.bincount(whole))
        place = np.repeat(np.searchsorted(wholes, whole), np.diff(self.offsets))
        couples: list[tuple[int, int]] = []

        def spell(codes: npt.NDArray[np.int64]) -> list[bytes]:
            couples.extend(divmod(code, len(shares)) for code in codes.tolist())
            return [self.vocabulary[word] for _, word in couples]

        found = from_codes(place * len(shares) + self.ids, self.offsets, len(wholes) * len(shares), spell)
        sums = wholes.tolist()
        return replace(
            found,
            shares=tuple(shares[word] for _, word in couples),
            wholes=tuple(sums[at] for at, _ in couples),
        )

    def to_list(self) -> list[list[bytes]]:
        """One list of tokens a value."""
        edges = self.offsets.tolist()
        return [[self.vocabulary[i] for i in self.ids[start:end]] for start, end in pairwise(edges)]


def from_codes(
    codes: Codes,
    offsets: Offsets,
    space: int,
    spell: Callable[[npt.NDArray[np.int64]], list[bytes]],
) -> Tokens:
    """Tokens numbered 0 to `space` - 1 in `codes`; `spell` writes the distinct ones out.

    A table of `space` places finds the distinct ones without sorting; untouched places cost no memory.
    """
    seen = np.zeros(space, np.bool_)
    parts = [slice(start, start + BLOCK) for start in range(0, len(codes), BLOCK)]
    for part in parts:
        seen[codes[part].astype(np.intp)] = True
    distinct = np.flatnonzero(seen)
    place = np.empty(space, np.int32)
    place[distinct] = np.arange(len(distinct), dtype=np.int32)
    ids = np.empty(len(codes), np.int32)
    for part in parts:
        place.take(codes[part], out=ids[part], mode="clip")
    return Tokens(vocabulary=tuple(spell(distinct)), ids=ids, offsets=offsets)
