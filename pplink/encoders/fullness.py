"""Fullness: an encoding of too many bits is like any other one, as one of too few is: two strangers must not match."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Terms

LIKE = 0.06
"""How far below the lowest score agreed two strangers stay: 4 or 5 standard deviations at 1,024 bits."""
FULLEST = 0.75
"""Share of bits set beyond which no filter tells much, however it is compared."""
ENOUGH = 0.5
"""Share of bits that a filter may always set. Of so low a score, calibration says what it lets through."""


def most_bits(terms: Terms) -> int:
    """Bits that a filter, before it is hardened, may set. Two that set a share f of theirs at random have a Dice
    coefficient of about f."""
    share = FULLEST
    if terms.measure == "dice" and not terms.encoding.ways:
        share = max(ENOUGH, min(FULLEST, terms.lowest - LIKE))
    return int(share * terms.encoding.bits)


def longest(table: Any, terms: Terms, rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(n,): of marked rows of a table of text, 1 and the place of the field with the longest value; else 0."""
    found = np.zeros(table.num_rows, np.int64)
    for row in np.flatnonzero(rows).tolist():
        cells = [table.column(field.name)[row].as_py() or "" for field in terms.fields]
        found[row] = 1 + int(np.argmax([len(cell) for cell in cells]))
    return found
