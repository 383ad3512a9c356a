"""Bloom: tokens to filters. A token's bits are worked out once; a value's filter is the union of its tokens'.

In numpy and not in Numba: a value is folded once however many rows have it, so the loop takes 8 to 110 ms of CPU time
for 100,000 rows, and importing Numba alone takes 340 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pplink.encoders.mac import Mac
from pplink.encoders.positions import positions_all
from pplink.fields.strings import Offsets
from pplink.fields.vocabulary import Ids, Tokens

BitRows = npt.NDArray[np.uint64]
Word = TypeVar("Word", np.uint64, np.uint32)

BLOCK = 4096
"""Values folded, or tokens learnt, at a time: their filters stay in the cache while bits are added."""


class MaskTable:
    """The bits of every token of one field seen so far."""

    def __init__(self, key: bytes, count: Callable[[int], int], bits: int, functions: int = 1) -> None:
        """key: of this field alone, so that one name in two fields sets unrelated bits; count: bits of a token with
        this share; functions: parts of the filter, in which they are by turns."""
        self._mac = Mac(key)
        self._count = count
        self._bits = bits
        self._functions = functions
        self._rows: dict[tuple[bytes, int], int] = {}
        self._masks = np.zeros((1024, bits // 64), np.uint64)

    def __repr__(self) -> str:
        return f"MaskTable({len(self._rows)} tokens)"

    def add(self, rows: BitRows, tokens: Tokens, values: Ids) -> None:
        """Unite rows[i], (n, words), with the filter of value values[i], in place. Where each row has a value of its
        own, not all filters are there at once."""
        masks = self.masks(tokens)
        if len(values) == len(tokens.offsets) - 1 and (values == np.arange(len(values))).all():
            for start in range(0, len(rows), BLOCK):
                part = slice(start, start + BLOCK)
                rows[part] |= fold(masks, tokens.ids, tokens.offsets[start : start + BLOCK + 1])
        else:
            add(rows, fold(masks, tokens.ids, tokens.offsets), values)

    def filters(self, tokens: Tokens) -> BitRows:
        """(n, words): the filter of each value; empty if it has no tokens."""
        return fold(self.masks(tokens), tokens.ids, tokens.offsets)

    def masks(self, tokens: Tokens) -> BitRows:
        """(vocabulary, words): the bits of each token."""
        shares = tokens.shares or (1,) * len(tokens.vocabulary)
        wanted = list(zip(tokens.vocabulary, shares, strict=True))
        fresh: dict[int, list[bytes]] = {}
        for token, share in wanted:
            if (token, share) not in self._rows:
                fresh.setdefault(share, []).append(token)
        for share, unknown in fresh.items():
            self._learn(unknown, share)
        rows = np.array([self._rows[each] for each in wanted], np.int32)
        return self._masks[rows]

    def _learn(self, tokens: list[bytes], share: int) -> None:
        known = len(self._rows)
        self._rows.update(((token, share), known + i) for i, token in enumerate(tokens))
        while len(self._masks) < len(self._rows):
            self._masks = np.concatenate((self._masks, np.zeros_like(self._masks)))
        for start in range(0, len(tokens), BLOCK):
            part = tokens[start : start + BLOCK]
            row = known + start
            self._masks[row : row + len(part)] = masks(
                self._mac, part, self._count(share), self._bits, self._functions
            )


def masks(mac: Mac, tokens: Sequence[bytes], count: int, bits: int, functions: int = 1) -> BitRows:
    """(n, words): each token's bits. Bit i of a filter is bit i % 64, from the lowest, of word i // 64. Of several
    functions each has an equal part of the filter, and a token's t-th draw is in part t % functions."""
    part = bits // functions
    drawn = positions_all(mac, tokens, count, part)
    drawn += (np.arange(count, dtype=np.uint32) % functions) * np.uint32(part)
    found = np.zeros((len(tokens), bits // 64), np.uint64)
    rows = np.arange(len(tokens))
    for turn in drawn.T:
        found[rows, turn // 64] |= np.uint64(1) << turn.astype(np.uint64) % 64
    return found


def fold(
    masks: npt.NDArray[Word], ids: Ids, offsets: Offsets, join: np.ufunc = np.bitwise_or, empty: int = 0
) -> npt.NDArray[Word]:
    """(n, words): row i is the union of masks[id] for the ids of value i, or what `join` makes of them.

    masks: (m, words); ids: (tokens,) rows of masks; offsets: (n + 1,); empty: what no tokens make. Values with most
    tokens go first, so that the t-th tokens of a block are added at one stroke to the values at its front.
    """
    counts = np.diff(offsets)
    order = _falling(counts)
    filters = np.empty((len(counts), masks.shape[1]), masks.dtype)
    folded, gathered = np.empty((2, min(BLOCK, len(counts)), masks.shape[1]), masks.dtype)
    for start in range(0, len(order), BLOCK):
        values = order[start : start + BLOCK]
        block = folded[: len(values)]
        block.fill(empty)
        _fold_block(masks, ids, offsets[values], counts[values], join, block, gathered)
        filters[values] = block
    return filters


def _falling(counts: Offsets) -> Offsets:
    """The places of the greatest counts first, of equal ones as they come. In few bytes each, which numpy sorts by
    their digits."""
    most = counts.max(initial=0)
    return np.argsort((most - counts).astype(np.min_scalar_type(most)), kind="stable")


def _fold_block(
    masks: npt.NDArray[Word],
    ids: Ids,
    begins: Offsets,
    counts: Offsets,
    join: np.ufunc,
    folded: npt.NDArray[Word],
    gathered: npt.NDArray[Word],
) -> None:
    """Into `folded`; values in order of falling counts. gathered: room for as many rows."""
    for turn in range(counts[0]):
        active = np.count_nonzero(counts > turn)
        masks.take(ids[begins[:active] + turn], 0, gathered[:active], "clip")
        join(folded[:active], gathered[:active], out=folded[:active])


def add(rows: BitRows, filters: BitRows, values: Ids) -> None:
    """Unite rows[i], (n, words), with filters[values[i]], in place."""
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        rows[part] |= np.take(filters, values[part], axis=0)
