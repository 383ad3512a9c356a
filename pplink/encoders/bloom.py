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
from pplink.fields.vocabulary import Ids, Tokens, Weight

BitRows = npt.NDArray[np.uint64]
Drawn = npt.NDArray[np.uint32]
Word = TypeVar("Word", np.uint64, np.uint32)

BLOCK = 4096
"""Values folded, or tokens learnt, at a time: their filters stay in the cache while bits are added."""


class MaskTable:
    """The bits of every token of one field seen so far."""

    def __init__(self, key: bytes, count: Callable[[int, int], int], bits: int, functions: int = 1) -> None:
        """key: of this field alone, so that one name in two fields sets unrelated bits; count: bits of a token with
        this share of a whole; functions: parts of the filter, in which they are by turns."""
        self._mac = Mac(key)
        self._count = count
        self._bits = bits
        self._functions = functions
        self._rows: dict[tuple[bytes, Weight], int] = {}
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
        wanted = list(zip(tokens.vocabulary, tokens.weights, strict=True))
        fresh: dict[bytes, list[Weight]] = {}
        for each in wanted:
            if each not in self._rows:
                fresh.setdefault(each[0], []).append(each[1])
        unknown = list(fresh.items())
        for start in range(0, len(unknown), BLOCK):
            self._learn(unknown[start : start + BLOCK])
        rows = np.array([self._rows[each] for each in wanted], np.int32)
        return self._masks[rows]

    def _learn(self, fresh: list[tuple[bytes, list[Weight]]]) -> None:
        """Draws for a lesser weight are the first of those for a greater one, so a token is drawn once."""
        places: dict[Weight, list[int]] = {}
        for place, (_, weights) in enumerate(fresh):
            for weight in weights:
                places.setdefault(weight, []).append(place)
        counts = {weight: self._count(*weight) for weight in places}
        most = np.array([max(map(counts.__getitem__, weights)) for _, weights in fresh])
        drawn = self._draw([token for token, _ in fresh], most)
        for weight, some in places.items():
            first = len(self._rows)
            self._rows.update(((fresh[place][0], weight), first + i) for i, place in enumerate(some))
            while len(self._masks) < len(self._rows):
                self._masks = np.concatenate((self._masks, np.zeros_like(self._masks)))
            self._masks[first : len(self._rows)] = masks(drawn[some, : counts[weight]], self._bits)

    def _draw(self, tokens: list[bytes], counts: npt.NDArray[np.int64]) -> Drawn:
        """(n, most): of each token so many draws, and what they come in a block with."""
        sizes = -(-counts // IN_BLOCK) * IN_BLOCK
        most = sizes.max()
        if (sizes == most).all():
            return draws(self._mac, tokens, int(most), self._bits, self._functions)
        drawn = np.zeros((len(tokens), most), np.uint32)
        for size in np.unique(sizes).tolist():
            some = np.flatnonzero(sizes == size)
            alike = [tokens[place] for place in some.tolist()]
            drawn[some, :size] = draws(self._mac, alike, size, self._bits, self._functions)
        return drawn


def draws(mac: Mac, tokens: Sequence[bytes], count: int, bits: int, functions: int = 1) -> Drawn:
    """(n, count): each token's bits, in the order in which they are drawn. Of several functions each has an equal part
    of the filter, and a token's t-th draw is in part t % functions."""
    part = bits // functions
    drawn = positions_all(mac, tokens, count, part)
    drawn += (np.arange(count, dtype=np.uint32) % functions) * np.uint32(part)
    return drawn


def masks(drawn: Drawn, bits: int) -> BitRows:
    """(n, words): filters of (n, count) bits. Bit i of a filter is bit i % 64, from the lowest, of word i // 64."""
    marked = np.zeros((len(drawn), bits), np.bool_)
    marked[np.arange(len(drawn))[:, None], drawn] = True
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
