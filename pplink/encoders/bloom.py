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
from pplink.encoders.positions import IN_BLOCK, positions_all
from pplink.fields.strings import Offsets
from pplink.fields.vocabulary import Ids, Numbers, Tokens

BitRows = npt.NDArray[np.uint64]
Drawn = npt.NDArray[np.uint32]
Word = TypeVar("Word", np.uint64, np.uint32)

BLOCK = 4096
"""Values folded at a time: their filters stay in the cache while bits are added."""
LEARNT = 256
"""Tokens whose bits are marked at a time, a byte each, for the same reason."""


class MaskTable:
    """The draws of every token of one field seen so far."""

    def __init__(self, key: bytes, count: Callable[[int, int], int], bits: int, functions: int = 1) -> None:
        """key: of this field alone, so that one name in two fields sets unrelated bits; count: bits of a token with
        this share of a whole; functions: parts of the filter, in which they are by turns."""
        self._mac = Mac(key)
        self._count = count
        self._bits = bits
        self._functions = functions
        self._rows: dict[bytes, int] = {}
        self._drawn = np.zeros((1024, IN_BLOCK), np.uint32)
        self._held = np.zeros(1024, np.int64)

    def __repr__(self) -> str:
        return f"MaskTable({len(self._rows)} tokens)"

    def add(self, rows: BitRows, tokens: Tokens, values: Ids) -> None:
        """Unite rows[i], (n, words), with the filter of value values[i], in place. Where each row has a value of its
        own, not all filters are there at once."""
        masks, ids = self.masks(tokens)
        if len(values) == len(tokens.offsets) - 1 and (values == np.arange(len(values))).all():
            for start in range(0, len(rows), BLOCK):
                part = slice(start, start + BLOCK)
                rows[part] |= fold(masks, ids, tokens.offsets[start : start + BLOCK + 1])
        else:
            add(rows, fold(masks, ids, tokens.offsets), values)

    def filters(self, tokens: Tokens) -> BitRows:
        """(n, words): the filter of each value; empty if it has no tokens."""
        masks, ids = self.masks(tokens)
        return fold(masks, ids, tokens.offsets)

    def masks(self, tokens: Tokens) -> tuple[BitRows, Ids]:
        """(m, words): bits of tokens; (tokens,): which of them each token has."""
        words, counts, ids = tokens.counted(self._count)
        most = np.zeros(len(tokens.vocabulary), np.int64)
        np.maximum.at(most, words, counts)
        rows = self._known(tokens.vocabulary, most)[words]
        found = np.empty((len(words), self._bits // 64), np.uint64)
        for start in range(0, len(words), LEARNT):
            part = slice(start, start + LEARNT)
            found[part] = masks(self._drawn[rows[part]], counts[part], self._bits)
        return found, ids

    def _known(self, vocabulary: Sequence[bytes], most: Numbers) -> Numbers:
        """(vocabulary,): the row of each token, of which so many draws are there then, at least."""
        rows = np.array([self._rows.setdefault(token, len(self._rows)) for token in vocabulary], np.int64)
        blocks = -(-most // IN_BLOCK)
        self._room(len(self._rows), IN_BLOCK * int(blocks.max(initial=1)))
        wanted = np.bincount(blocks[self._held[rows] < most])  # `np.unique` would first import numpy.ma
        for size in np.flatnonzero(wanted).tolist():  # a token with two shares keeps more
            some = np.flatnonzero((blocks == size) & (self._held[rows] < most))
            tokens, count = [vocabulary[place] for place in some.tolist()], IN_BLOCK * size
            self._drawn[rows[some], :count] = draws(self._mac, tokens, count, self._bits, self._functions)
            self._held[rows[some]] = count
        return rows

    def _room(self, rows: int, width: int) -> None:
        """For as many tokens, and as many draws of each, at least."""
        while len(self._held) < rows:
            self._held = np.concatenate((self._held, np.zeros_like(self._held)))
        more = (len(self._held) - len(self._drawn), max(0, width - self._drawn.shape[1]))
        if any(more):
            self._drawn = np.pad(self._drawn, ((0, more[0]), (0, more[1])))


def draws(mac: Mac, tokens: Sequence[bytes], count: int, bits: int, functions: int = 1) -> Drawn:
    """(n, count): each token's bits, in the order in which they are drawn: those for a lesser count are the first of
    those for a greater one. Of several functions each has an equal part of the filter, and a token's t-th draw is in
    part t % functions."""
    part = bits // functions
    drawn = positions_all(mac, tokens, count, part)
    drawn += (np.arange(count, dtype=np.uint32) % functions) * np.uint32(part)
    return drawn


def masks(drawn: Drawn, counts: Numbers, bits: int) -> BitRows:
    """(n, words): filters with the first counts[i] of the bits drawn[i], one at least. Bit i of a filter is bit i % 64,
    from the lowest, of word i // 64."""
    most = int(counts.max(initial=1))
    within = np.arange(most) < counts[:, None]
    marked = np.zeros((len(drawn), bits), np.bool_)
    marked[np.arange(len(drawn))[:, None], np.where(within, drawn[:, :most], drawn[:, :1])] = True
    return np.packbits(marked, axis=1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


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
