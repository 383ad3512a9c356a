"""Fullness: an encoding of too many bits is like any other one, as one of too few is: two strangers must not match."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Terms
from pplink.encoders.frames import rows_at

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


def longest(
    table: Any, terms: Terms, rows: npt.NDArray[np.bool_], record: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(n,): of marked rows of a table of text, 1 and the place of the field whose values, each counted once in the
    marked rows of the same record, have most characters; else 0. record: (n,), whose row each is."""
    found = np.zeros(table.num_rows, np.int64)
    marked = np.flatnonzero(rows)
    if not len(marked):
        return found
    part = rows_at(table, marked)
    cells = list(zip(*(part.column(field.name).to_pylist() for field in terms.fields), strict=True))
    held: dict[int, list[dict[str, None]]] = {}
    for whose, row in zip(record[marked].tolist(), cells, strict=True):
        for values, cell in zip(held.setdefault(whose, [{} for _ in row]), row, strict=True):
            values[cell or ""] = None
    most = {whose: 1 + int(np.argmax([sum(map(len, one)) for one in each])) for whose, each in held.items()}
    found[marked] = [most[whose] for whose in record[marked].tolist()]
    return found
