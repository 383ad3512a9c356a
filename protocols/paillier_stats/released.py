"""Released: which cells are released, and two-word numbers of these, as they travel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from protocols.paillier_stats.parameters import Parameters
from protocols.primitives.flags import flag_words, from_words, to_words
from protocols.wire import Words

Cells = tuple[bool, ...]
"""Of each cell, whether it is released."""


def pack(cells: Cells, numbers: Sequence[int]) -> Words:
    """Cells, then the numbers of released ones, two words each. numbers: all of a table, measure after measure."""
    chosen = [number for place, number in enumerate(numbers) if cells[place % len(cells)]]
    data = b"".join(number.to_bytes(16, "little") for number in chosen)
    return np.concatenate((to_words(cells), np.frombuffer(data, np.uint64)))


def read(p: Parameters, words: Words) -> tuple[Cells, list[int]] | None:
    """Cells, and the numbers of released ones, measure after measure; None if the words are none."""
    size = flag_words(p.cells)
    cells, rest = from_words(words[:size], p.cells), words[size:]
    if cells is None or len(rest) != 2 * p.measures * int(cells.sum()):
        return None
    pairs = rest.reshape(-1, 2).tolist()
    return tuple(cells.tolist()), [low | high << 64 for low, high in pairs]
