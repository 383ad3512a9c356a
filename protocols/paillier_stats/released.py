"""Released: which cells are released, and two-word numbers of these, as they travel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from protocols.paillier_stats.parameters import Parameters
from protocols.wire import Words

Cells = tuple[bool, ...]
"""Of each cell, whether it is released."""


def pack_cells(cells: Cells) -> Words:
    """(words,): a bit each, zeros up to the end of the last word."""
    bits = np.zeros(len(cells) + -len(cells) % 64, bool)
    bits[: len(cells)] = cells
    return np.packbits(bits, bitorder="little").view(np.uint64)


def read_cells(p: Parameters, words: Words) -> Cells | None:
    """The cells that travelled; None if the words are none."""
    if len(words) != -(-p.cells // 64):
        return None
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little").astype(bool)
    return None if bits[p.cells :].any() else tuple(bits[: p.cells].tolist())


def pack(cells: Cells, numbers: Sequence[int]) -> Words:
    """Cells, then the numbers of released ones, two words each. numbers: all of a table, measure after measure."""
    chosen = [number for place, number in enumerate(numbers) if cells[place % len(cells)]]
    data = b"".join(number.to_bytes(16, "little") for number in chosen)
    return np.concatenate((pack_cells(cells), np.frombuffer(data, np.uint64)))


def read(p: Parameters, words: Words) -> tuple[Cells, list[int]] | None:
    """Cells, and the numbers of released ones, measure after measure; None if the words are none."""
    size = -(-p.cells // 64)
    cells, rest = read_cells(p, words[:size]), words[size:]
    if cells is None or len(rest) != 2 * p.measures * sum(cells):
        return None
    pairs = rest.reshape(-1, 2).tolist()
    return cells, [low | high << 64 for low, high in pairs]
