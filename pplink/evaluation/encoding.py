"""Encoding: a unit's list as the agreement would have it encoded, under a secret made up for the purpose.

How alike two encodings are depends on the secret by chance only, so what is measured on these holds for the real ones;
and these are worth nothing to anyone, for the secret is gone with the process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink.agreement.model import Terms
from pplink.encoders.columns import RECORD_ID
from pplink.encoders.pipeline import encode_fields
from pplink.encoders.pipeline import fields_of as columns_of
from pplink.encoders.tokens import distinct
from pplink.encoders.validation import check_usable
from pplink.encoders.variants import Spread, gathered, spread
from pplink.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BitRows = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


def fields_of(frame: pd.DataFrame | pa.Table, terms: Terms, columns: Mapping[str, str] | None = None) -> Any:
    """The columns that count, as an Arrow table of text under the agreement's names; others are left out. Where the
    agreement has variants, a row each, with the record id repeated; if they are united, a row a record, with `;`
    between values. Raises DataError, UsageError; that also for an agreement whose protocol compares no encodings."""
    if any(own is not UNSET for own in (terms.exact, terms.watchlist, terms.stats)):
        raise UsageError(
            f"the agreement names {terms.protocol}, which compares no encodings",
            "keys are the same or not, and no threshold is to be found: take an agreement that has one",
        )
    table = columns_of(frame, terms, columns, True)
    if terms.encoding.united:
        return gathered(table)
    return spread(table, terms.encoding.most).table if terms.encoding.most > 1 else table


def encoded(
    table: Any, terms: Terms, seed: int, *, protecting: bool = True
) -> tuple[BitRows, npt.NDArray[np.bool_]]:
    """A table from `fields_of`: (n, words) and (n,): whether the row is good. Bad values of fields that may be missing
    count as missing; there are no decoys. protecting: whether hardenings must protect. Raises DataError if no row can
    be used, RefusedError where one would not protect."""
    secret = hashlib.sha256(f"pplink evaluation {seed}".encode()).digest()
    parts = variants_of(table, terms)
    today = datetime.now(UTC).date()
    rows, findings = encode_fields(
        table if parts is None else parts.table,
        terms,
        secret,
        "blank-then-skip",
        parts,
        today,
        protecting=protecting,
    )
    check_usable(findings.validation(), "blank-then-skip")
    good = ~findings.bad()
    if terms.encoding.united and parts is not None:
        good = np.bincount(parts.record, good, table.num_rows) > 0
    return rows, good


def variants_of(table: Any, terms: Terms) -> Spread | None:
    """A table from `fields_of` with one row a variant; None if the agreement has none."""
    if terms.encoding.united:
        return spread(table, terms.encoding.most, united=True)
    return _parts(table) if terms.encoding.most > 1 else None


def records_of(table: Any) -> Ints:
    """(n,): for each row the number of its record, by first appearance of its id."""
    return distinct(table.column(RECORD_ID))[1].astype(np.int64)


def _parts(table: Any) -> Spread:
    record = records_of(table)
    order = np.argsort(record, kind="stable")
    place = np.empty(len(record), np.int64)
    place[order] = np.arange(len(record)) - np.searchsorted(record[order], record[order])
    return Spread(table, np.arange(len(record)), record, place)
