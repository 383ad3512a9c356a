"""Smallest: a list's tokens to bits of MinHash, some records at a time, since hashes are 32 times as wide as bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.hardening import MinHash
from pplink.agreement.model import Terms
from pplink.encoders.bloom import BitRows
from pplink.encoders.frames import rows_at
from pplink.encoders.hardening.api import key_of
from pplink.encoders.hardening.minhash import NOTHING, Hashes, lowest_bits, smallest, tables
from pplink.encoders.hardening.salting import Salts
from pplink.encoders.mac import Mac
from pplink.encoders.tokens import read
from pplink.encoders.variants import Numbers

BLOCK = 4096
"""Records hashed at a time."""


def hashed(
    table: Any,
    terms: Terms,
    keys: Mapping[str, bytes],
    secret: bytes,
    salts: Salts | None,
    record: Numbers | None,
    good: npt.NDArray[np.bool_] | None,
    today: date | None = None,
) -> BitRows:
    """(records, bits / 64) of a table of text. keys: by field; secret: the linkage secret; record: (n,) whose each row
    is, 0 to records - 1, if several rows are one encoding, and then good: (n,) which of them count; else all do, and
    a row is a record."""
    place, way = next(
        (place, way) for place, way in enumerate(terms.encoding.ways) if isinstance(way, MinHash)
    )
    numbers = tables(key_of(secret, place), way.bits)
    whose = np.arange(table.num_rows) if record is None else record
    shown = np.zeros((int(whose.max(initial=-1)) + 1, way.bits // 64), np.uint64)
    for rows in _blocks(whose, len(shown)):
        some = rows if good is None else rows[good[rows]]
        part = rows_at(table, some)
        hashes = np.full((len(some), way.bits), NOTHING, np.uint32)
        for field in terms.fields:
            values = read(part.column(field.name), field, today)
            tokens, places = values.tokens(terms.encoding.q, None if salts is None else salts.of(some))
            count = partial(field.positions, terms.encoding.hashes)
            np.minimum(hashes, smallest(tokens, Mac(keys[field.name]), count, numbers)[places], out=hashes)
        _put(shown, hashes, whose[some])
    return shown


def _blocks(whose: Numbers, records: int) -> Iterator[Numbers]:
    """Rows of BLOCK records after BLOCK records, those of a record together."""
    order = np.argsort(whose, kind="stable")
    starts = np.searchsorted(whose[order], np.arange(0, records, BLOCK))
    yield from np.split(order, starts[1:])


def _put(shown: BitRows, hashes: Hashes, whose: Numbers) -> None:
    """The lowest bits of each record's smallest hashes, in place. whose: (n,) rising."""
    starts = np.flatnonzero(np.diff(whose, prepend=-1))
    if len(starts):
        shown[whose[starts]] = lowest_bits(np.minimum.reduceat(hashes, starts, axis=0))
