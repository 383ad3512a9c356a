"""Features: the tokens that a record's bits are made from, as an attacker who knows the person has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from pplink.agreement.field import Field
from pplink.agreement.model import Terms
from pplink.encoders.hardening.salting import Salts
from pplink.encoders.tokens import read, salts_of
from pplink.evaluation.encoding import variants_of


def features_of(tables: Sequence[Any], terms: Terms) -> Any:
    """(rows of all tables, features) csr of 0 and 1, of tables from `encoding.fields_of`: tokens of fields that share a
    key are the same features, salted ones others than those with another salt."""
    numbers: dict[tuple[str, bytes], int] = {}
    rows, columns, size = [], [], 0
    for table in tables:
        parts = variants_of(table, terms) if terms.encoding.united else None
        values = table if parts is None else parts.table
        salts = salts_of(values, terms)
        for field in terms.fields:
            row, column = _tokens(values.column(field.name), field, terms.encoding.q, salts, numbers)
            rows.append((row if parts is None else parts.record[row]) + size)
            columns.append(column)
        size += table.num_rows
    ones = np.ones(sum(map(len, rows)), np.float32)
    where = np.concatenate(rows), np.concatenate(columns)
    found = sparse.coo_array((ones, where), shape=(size, max(len(numbers), 1))).tocsr()
    found.data[:] = 1  # a token twice sets the same bits
    return found


def _tokens(
    column: Any, field: Field, q: int, salts: Salts | None, numbers: dict[tuple[str, bytes], int]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(row, number of feature) of each token."""
    tokens, places = read(column, field).tokens(q, salts)
    number = np.array(
        [numbers.setdefault((field.key, token), len(numbers)) for token in tokens.vocabulary], np.int64
    )
    counts = np.diff(tokens.offsets)[places]
    starts = np.repeat(tokens.offsets[:-1][places] - np.append(0, np.cumsum(counts)[:-1]), counts)
    ids = tokens.ids[starts + np.arange(counts.sum())]
    return np.repeat(np.arange(len(places)), counts), number[ids] if len(number) else ids
