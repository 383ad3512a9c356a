"""Exact: records to keys that are compared to the letter: normalised values, several keys a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from msgspec.structs import replace

from pplink.agreement.exact import Key, Part, key_name
from pplink.agreement.field import Field
from pplink.agreement.model import Terms
from pplink.encoders.columns import RECORD_ID
from pplink.encoders.frames import rows_at
from pplink.encoders.pipeline import fields_of
from pplink.encoders.scanning import Scan, scan_ids
from pplink.encoders.tokens import read as values_of
from pplink.encoders.validation import BadRows, Findings, Validation, check_usable
from pplink.encoders.variants import spread
from pplink.errors import DataError
from pplink.fields.forms import Side, forms
from pplink.fields.problem import Problem
from pplink.fields.spellings import told_by

if TYPE_CHECKING:
    import pandas as pd

MOST_VARIANTS = 64
"""Combinations of values of one record; more are refused, and not left out without a word."""
Numbers = npt.NDArray[np.int64]


class RecordKeys(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A list's keys."""

    ids: Any
    """A chunked Arrow column: record ids, each once, in order of first appearance."""
    items: tuple[bytes, ...]
    """(n,): keys, by record, then in the agreement's order. Two records may share one."""
    record: Numbers
    """(n,): of which record, as a place in `ids`."""
    which: Numbers
    """(n,): which of the agreement's keys."""
    validation: Validation


class _Column(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A field's distinct normal forms, and which of them each row has."""

    texts: tuple[str, ...]
    places: npt.NDArray[np.int32]
    scan: Scan


def record_keys(
    people: pd.DataFrame | pa.Table,
    terms: Terms,
    keys: Sequence[Key],
    *,
    side: Side = "both",
    columns: Mapping[str, str] | None = None,
    bad_rows: BadRows = "stop",
    ignore_extra: bool = False,
    today: date | None = None,
) -> RecordKeys:
    """The keys of a list: a person has several where rows have one record id, a cell several values (`;` between),
    several columns are mapped to one field, or the agreement has several keys or tolerant forms. today: births after it
    are bad values; None: no day is known.

    Raises DataError as `encoders.pipeline.encode`; a record without any key is no error, and matches nothing.
    """
    table = fields_of(people, terms, columns, ignore_extra, several=True)
    parts = spread(table, MOST_VARIANTS)
    table = parts.table
    read = {field.name: _read(table.column(field.name), field, today) for field in terms.fields}
    scans = {RECORD_ID: scan_ids(table.column(RECORD_ID), parts.place >= MOST_VARIANTS)}
    scans |= {name: column.scan for name, column in read.items()}
    findings = Findings(scans=scans, terms=terms, policy=bad_rows, source=parts.source)
    found = findings.validation()
    check_usable(found, bad_rows)
    good = np.flatnonzero(~findings.bad())
    _, first, numbers = np.unique(parts.record[good], return_index=True, return_inverse=True)
    rows = list(zip(good.tolist(), numbers.reshape(-1).tolist(), strict=True))
    made: dict[tuple[int, bytes], int] = {}
    for which, key in enumerate(keys):
        for record, item in _items(key, read, side, rows):
            made.setdefault((record, item), which)
    if not made:
        raise DataError("no row has all parts of any key", "is it the right list and mapping?")
    records = np.fromiter((record for record, _ in made), np.int64, len(made))
    keyless = ~np.isin(numbers.reshape(-1), records) & findings.present()[good]
    order = np.argsort(records, kind="stable")
    items = [item for _, item in made]
    return RecordKeys(
        ids=rows_at(table.column(RECORD_ID), good[first]),
        items=tuple(items[place] for place in order.tolist()),
        record=records[order],
        which=np.fromiter(made.values(), np.int64, len(made))[order],
        validation=replace(found, thin=int(np.count_nonzero(keyless))),
    )


def _read(column: Any, field: Field, today: date | None) -> _Column:
    _, texts, problems, places = values_of(column, field, today)
    present = (texts.lengths > 0)[places]
    found = problems[places]
    if field.required:
        found[(found == Problem.NONE) & ~present] = Problem.MISSING
    told = tuple(text.decode() for text in texts.to_list())
    if (
        field.kind == "person_name"
    ):  # else all who are called `Dr.` and were born on a day would be one person
        told = tuple(text if told_by(text.split()) else "" for text in told)
    return _Column(texts=told, places=places, scan=Scan(problems=found, present=present))


def _items(
    key: Key, read: Mapping[str, _Column], side: Side, rows: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, bytes]]:
    """(record, item) of all that rows have of one key; rows: (row, record)."""
    begin = key_name(key).encode() + b"\0"
    columns = [(read[part.field].places.tolist(), _cut(part, read[part.field], side)) for part in key]
    for row, record in rows:
        for texts in product(*(cut[places[row]] for places, cut in columns)):
            yield record, begin + b"\0".join(texts)


def _cut(part: Part, column: _Column, side: Side) -> list[tuple[bytes, ...]]:
    """Of each distinct value: its texts in the part's form."""
    return [tuple(text.encode() for text in forms(part.form, each, side)) for each in column.texts]
