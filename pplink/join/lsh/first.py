"""First: a pair is given by the first table that compares it, so none twice, and no list of pairs is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.backends.sweep import Matches
from pplink.join.measures import Ints
from pplink.join.rows import BitRows

Words = npt.NDArray[np.uint64]


class Table(NamedTuple):
    """What rules the comparisons in one table."""

    number: int
    masks: BitRows
    """(tables, words): the bits sampled by each table of the band."""
    cuts: Ints
    """(n, 2): tables up to this one in which a bucket was left out, and the position of a left row in it."""
    reach: Ints
    product: bool
    """See `measures`."""
    itself: bool
    """Both sides are one: pairs are wanted whose left position is the smaller."""


@kernel
def keep_first(lefts: BitRows, rights: BitRows, table: Table, begin: int, end: int, out: Matches) -> int:
    """Of the matches [begin, end) keep, from `begin` on, those that no earlier table has; where they end.

    Rows that agree in the key and not in the sampled bits are no match of this table either.
    """
    kept = begin
    for at in range(begin, end):
        probe, partner = out.probe[at], out.partner[at]
        if table.itself and partner <= probe:
            continue
        if _is_first(table, lefts, lefts[probe], rights[partner]):
            out.probe[kept], out.partner[kept], out.common[kept] = probe, partner, out.common[at]
            kept += 1
    return kept


@kernel
def _is_first(table: Table, lefts: BitRows, one: Words, two: Words) -> bool:
    if not agree(one, two, table.masks[table.number]):
        return False
    for number in range(table.number):
        if agree(one, two, table.masks[number]) and not _cut(table, lefts, one, number):
            return False
    return True


@kernel
def _cut(table: Table, lefts: BitRows, one: Words, number: int) -> bool:
    """Whether the row's bucket in that table was left out."""
    for at in range(table.cuts.shape[0]):
        if table.cuts[at, 0] == number and agree(one, lefts[table.cuts[at, 1]], table.masks[number]):
            return True
    return False


@kernel
def agree(one: Words, two: Words, mask: Words) -> bool:
    """Whether two rows, (words,) each, have the same bits where the mask has bits set."""
    differing = np.uint64(0)
    for word in range(mask.shape[0]):
        differing |= (one[word] ^ two[word]) & mask[word]
    return bool(differing == np.uint64(0))
