"""Vocabulary: the distinct tokens of a column, and which of them each value has."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from pplink.fields.strings import Offsets

Ids = npt.NDArray[np.int32]
Codes = npt.NDArray[np.integer[Any]]
Numbers = npt.NDArray[np.int64]

WIDEST = 1 << 28
"""Places of a table, at most: 1.25 GiB, if all are touched."""
SPARSE = 32
"""Places a code, beyond which memory touched anew costs more than sorting codes that mostly differ does: a page where a
code stands is zeroed for it, or with huge pages all of them. Of 49,000 codes of days, 41 places each, 3 to 20 ms."""
BLOCK = 1 << 15
"""Codes looked up at a time: numpy makes places of them first, of 8 bytes each, which then stay in the cache."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of n values."""

    vocabulary: tuple[bytes, ...]
    """Distinct tokens."""
    ids: Ids
    """All values' tokens end to end, as places in `vocabulary`."""
    offsets: Offsets
    """(n + 1,): value i has ids[offsets[i]:offsets[i + 1]]."""
    shares: tuple[int, ...] | None = None
    """How many times the field's draws each word of `vocabulary` gets; None: once. A token that two values give
    unlike shares stands in `vocabulary` twice."""
    parted: bool = False
    """Whether the tokens of a value part the draws among them, by their shares."""

    def counted(self, count: Callable[[int, int], int]) -> tuple[Numbers, Numbers, Ids]:
        """(m,): words, as places in `vocabulary`; (m,): how many draws each of them gets; (tokens,): which of those
        words every token is. A word stands there once for each whole that values with it have.

        count: draws of a token by its share and what all shares of the value come to, or 1 if values do not part them.
        """
        shares = np.array(self.shares or (1,) * len(self.vocabulary), np.int64)
        if not self.parted:
            words, wholes, ids = np.arange(len(shares)), np.ones(len(shares), np.int64), self.ids
        else:
            words, wholes, ids = self._by_whole(shares)
        pairs, which = np.unique(shares[words] << 32 | wholes, return_inverse=True)
        counts = np.array([count(pair >> 32, pair & (1 << 32) - 1) for pair in pairs.tolist()], np.int64)
        return words, counts[which], ids

    def _by_whole(self, shares: Numbers) -> tuple[Numbers, Numbers, Ids]:
        sizes = np.diff(self.offsets)
        whole = sizes
        if self.shares is not None:
            whole = np.diff(np.concatenate(([0], np.cumsum(shares[self.ids])))[self.offsets])
        wholes = np.flatnonzero(np.bincount(whole[sizes > 0]))
        if len(wholes) == 1:  # as of days
            return np.arange(len(shares)), np.full(len(shares), wholes[0]), self.ids
        space = len(wholes) * len(shares)
        bases = np.searchsorted(wholes, whole).astype(np.min_scalar_type(-space)) * len(shares)
        found, ids = numbered(np.repeat(bases, sizes) + self.ids, space)
        place, words = np.divmod(found, max(1, len(shares)))
        return words, wholes[place], ids

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
    """Tokens numbered 0 to `space` - 1 in `codes`; `spell` writes the distinct ones out."""
    distinct, ids = numbered(codes, space)
    return Tokens(vocabulary=tuple(spell(distinct)), ids=ids, offsets=offsets)


def numbered(codes: Codes, space: int) -> tuple[Numbers, Ids]:
    """The distinct codes, of 0 to `space` - 1, rising, and which of them each is.

    A table of `space` places finds them without sorting. Codes from more than WIDEST, or far fewer than there are
    places, are sorted.
    """
    if space > min(WIDEST, SPARSE * len(codes)):
        sorted_, which = np.unique(codes, return_inverse=True)
        return sorted_.astype(np.int64), which.astype(np.int32)
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
    return distinct, ids
