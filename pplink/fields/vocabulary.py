"""Vocabulary: the distinct tokens of a column, and which of them each value has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.fields.strings import Offsets

Ids = npt.NDArray[np.int32]
Codes = npt.NDArray[np.integer[Any]]

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
    unlike shares stands in `vocabulary` twice."""

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
