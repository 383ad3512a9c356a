"""Variants: a person's names and dates in all their forms, as rows of one record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow._compute import JoinOptions, call_function  # without 50 ms of pyarrow.compute

from pplink.encoders.bloom import BitRows
from pplink.encoders.columns import RECORD_ID
from pplink.encoders.frames import rows_at
from pplink.encoders.tokens import distinct
from pplink.fields.strings import from_arrow

MARK = ";"
"""Parts the values in a cell."""

Numbers = npt.NDArray[np.int64]


class Spread(NamedTuple):
    """A list with one row a variant."""

    table: Any
    """As the list, without the same variant of one record twice."""
    source: Numbers
    """(n,): the row of the list that each came from."""
    record: Numbers
    """(n,): number of the record, by first appearance of its id."""
    place: Numbers
    """(n,): which variant of its record, from 0."""


def spread(table: Any, most: int, *, united: bool = False) -> Spread:
    """One row a variant: rows with one id are variants of one record, and so are the values in a cell, `;` between,
    in every combination with those in other cells; or, if all become one encoding anyway (`united`), side by side.

    table: text, record_id first. Of a row, no more than `most` + 1 variants are made: one too many to be accepted.
    """
    table, source = _combined(table, most + 1, abreast if united else product)
    codes = [distinct(table.column(name))[1].astype(np.int64) for name in table.column_names]
    first = np.sort(np.unique(np.stack(codes, axis=1), axis=0, return_index=True)[1])
    record = codes[0][first]
    order = np.argsort(record, kind="stable")
    place = np.empty(len(first), np.int64)
    starts = np.searchsorted(record[order], record[order])
    place[order] = np.arange(len(first)) - starts
    return Spread(rows_at(table, first), source[first], record, place)


def abreast(*cells: Sequence[str | None]) -> Iterator[tuple[str | None, ...]]:
    """The values of several cells side by side; a cell that has no more begins anew."""
    for number in range(max(map(len, cells), default=0)):
        yield tuple(cell[number % len(cell)] for cell in cells)


def gathered(table: Any) -> Any:
    """One row a record, each cell with all its values, `;` between; record_id first. As far as one encoding of all of
    them goes, the same list."""
    ids, record = distinct(table.column(RECORD_ID))
    columns = [pa.chunked_array([ids])]
    for name in table.column_names[1:]:
        values: list[dict[str | None, None]] = [{} for _ in range(len(ids))]
        for number, cell in zip(record.tolist(), table.column(name).to_pylist(), strict=True):
            values[number].update(dict.fromkeys(_values(cell)))
        cells = [MARK.join(value for value in some if value is not None) or None for some in values]
        columns.append(pa.chunked_array([pa.array(cells, pa.large_string())]))
    return pa.Table.from_arrays(columns, names=table.column_names)


def filled(rows: BitRows, record: Numbers, count: int) -> BitRows:
    """(records * count, words): each record's encodings in their order, and empty ones up to `count`.

    rows: (n, words), at most `count` a record; record: (n,), 0 to records - 1, each at least once.
    """
    records = int(record.max()) + 1 if len(record) else 0
    order = np.argsort(record, kind="stable")
    held = np.bincount(record, minlength=records)
    place = np.arange(len(record)) - np.repeat(np.cumsum(held) - held, held)
    found = np.zeros((records, count, rows.shape[1]), np.uint64)
    found[record[order], place] = rows[order]
    return found.reshape(records * count, -1)


def joined(table: Any, columns: Mapping[str, str], fields: Sequence[str]) -> tuple[Any, dict[str, str]]:
    """Columns that are mapped to one field as one column, values by `;`, and what of the mapping is then left."""
    left = dict(columns)
    for name in fields:
        headers = [header for header in table.column_names if left.get(header, header) == name]
        if len(headers) < 2:
            continue
        cells = [table.column(header).cast(pa.large_string()).combine_chunks() for header in headers]
        options = JoinOptions(null_handling="skip")
        whole = call_function(
            "binary_join_element_wise", [*cells, pa.scalar(MARK, pa.large_string())], options
        )
        for header in headers:
            left.pop(header, None)
        table = table.drop_columns(headers).append_column(name, whole)
    return table, left


def _combined(
    table: Any, most: int, combine: Callable[..., Iterable[tuple[str | None, ...]]]
) -> tuple[Any, Numbers]:
    """Each row as many rows as its cells have combinations, but no more than `most`."""
    names = [name for name in table.column_names if name != RECORD_ID]
    several = np.zeros(table.num_rows, np.bool_)
    for name in names:
        values, places = distinct(table.column(name))
        raw = from_arrow(values)
        several |= raw.holds(raw.data == ord(MARK))[places]
    counts = np.ones(table.num_rows, np.int64)
    made: dict[int, list[tuple[str | None, ...]]] = {}
    for row in np.flatnonzero(several).tolist():
        cells = [_values(table.column(name)[row].as_py()) for name in names]
        made[row] = list(islice(combine(*cells), most))
        counts[row] = len(made[row])
    source = np.repeat(np.arange(table.num_rows), counts)
    if not made:
        return table, source
    wide = rows_at(table, source)
    columns = [
        wide.column(RECORD_ID),
        *(_replaced(wide.column(name), made, counts, i) for i, name in enumerate(names)),
    ]
    return pa.Table.from_arrays(columns, names=[RECORD_ID, *names]), source


def _values(cell: str | None) -> list[str | None]:
    """The values in a cell; a cell without any is one missing value."""
    found = [value for value in (cell or "").split(MARK) if value.strip()]
    return list(dict.fromkeys(found)) or [None]


def _replaced(column: Any, made: dict[int, list[tuple[str | None, ...]]], counts: Numbers, which: int) -> Any:
    texts = column.to_pylist()
    starts = np.cumsum(counts) - counts
    for row, variants in made.items():
        start = int(starts[row])
        texts[start : start + len(variants)] = [variant[which] for variant in variants]
    return pa.chunked_array([pa.array(texts, column.type)])
