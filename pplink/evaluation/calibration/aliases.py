"""Aliases: how unlike two lists may write one person, told from one list's own aliases and no rates that are assumed.

A record's variants are dealt out to two halves, as if each were what one of two lists has; they score as records do.
The halves have no variant in common, which two lists often have: misses are rather over- than underrated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pplink.agreement.model import Terms
from pplink.encoders.variants import gathered
from pplink.errors import DataError
from pplink.evaluation.encoding import Ints, encoded, records_of, variants_of
from pplink.join.measures import score_rows

Floats = npt.NDArray[np.float64]

FEWEST = 30
"""Records with two variants or more, with which anything is said."""


def of_aliases(table: Any, terms: Terms, sample: int, seed: int) -> Floats:
    """(k,): for each record with two variants or more, of a table from `fields_of`, how alike its halves are; 0 where
    one says nothing. Raises DataError for fewer than FEWEST of them."""
    rng = np.random.default_rng(seed)
    parts = variants_of(table, terms)
    whole = table if parts is None else parts.table
    record = records_of(whole)
    many = np.flatnonzero(np.bincount(record) > 1)
    if len(many) < FEWEST:
        raise DataError(
            f"{len(many)} records have more than one variant; {FEWEST} are needed to learn from aliases",
            "give rates with --slips and --missing, under an agreement with variants a list with aliases",
        )
    chosen = np.sort(rng.permutation(many)[:sample])
    halves = _halves(record, chosen, rng)
    if terms.encoding.united:
        sides = [encoded(gathered(whole.take(pa.array(half))), terms, seed) for half in halves]
        rows = [np.where(good[:, None], some, np.uint64(0)) for some, good in sides]
        return score_rows(rows[0], rows[1], terms.measure)
    found, good = encoded(whole, terms, seed)
    found[~good] = 0
    one, other = _across(record, halves)
    best = np.zeros(len(record))
    np.maximum.at(best, record[one], score_rows(found[one], found[other], terms.measure))
    found_best: Floats = best[chosen]
    return found_best


def _halves(record: Ints, chosen: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Rows of the records chosen, each record's dealt out by turns in a random order; by record."""
    order = rng.permutation(len(record))
    order = order[np.argsort(record[order], kind="stable")]
    turn = np.arange(len(order)) - np.searchsorted(record[order], record[order])
    wanted = np.isin(record[order], chosen)
    return order[wanted & (turn % 2 == 0)], order[wanted & (turn % 2 == 1)]


def _across(record: Ints, halves: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Every row of the one half with every row of the other, within each record."""
    one, other = halves
    starts, ends = (np.searchsorted(record[other], record[one], side) for side in ("left", "right"))
    sizes = ends - starts
    first = np.repeat(one, sizes)
    within = np.arange(len(first)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return first, other[np.repeat(starts, sizes) + within]
