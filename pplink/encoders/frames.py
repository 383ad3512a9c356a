"""Frames: whatever table a caller has, as an Arrow table of text."""

from __future__ import annotations

import datetime
import decimal
import math
import numbers
from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow._compute import call_function  # without 50 ms of pyarrow.compute

from pplink.encoders.columns import shown
from pplink.errors import DataError, UsageError
from pplink.fields.strings import from_list

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 309
"""Of a number in a list, at most, as floats have. A few characters can stand for a number of a million."""


def to_text(frame: pd.DataFrame | pa.Table, only: Container[str] | None = None) -> pa.Table:
    """The same columns, as string or large_string; missing values are null. The index is not looked at.

    Numbers that are whole are written without a fraction (5000.0: `5000`), dates and times as YYYY-MM-DD. only: headers
    of the columns that count; others may hold anything, and become null.
    Raises DataError for a column that is neither text, numbers, truth values nor dates, UsageError for no table.
    """
    if isinstance(frame, pa.Table):
        return _table(_once(frame.column_names), len(frame), only, lambda i, _: frame.column(i))
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise UsageError("people come as a pandas.DataFrame or a pyarrow.Table")
    names = _once(list(frame.columns))
    return _table(names, len(frame), only, lambda i, name: _from_pandas(name, frame.iloc[:, i]))


def check_texts(part: pa.RecordBatch | pa.Table, before: int = 0) -> None:
    """Raise DataError for text that is not UTF-8, which readers of Parquet, and programs, let through. before: rows of
    other parts."""
    for name, column in zip(part.schema.names, part.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            row = next((number for number, value in enumerate(column) if not _is_text(value)), None)
            if row is None and pa.types.is_dictionary(column.type):  # no row of this part has it
                continue
            if row is None:  # damaged in another way
                raise
            raise DataError(
                f"row {before + row + 1}: {shown(name)} is not UTF-8 text",
                "write the file anew, with text as UTF-8",
            ) from None


def rows_at(table: Any, places: npt.NDArray[np.int64]) -> Any:
    """Some rows of an Arrow table or column, in the order of `places`, (n,), without what its own `take` imports."""
    return call_function("take", [table, of_numbers(places)])


def of_numbers(values: npt.NDArray[np.int64]) -> Any:
    """(n,) as an Arrow array. `pa.array` would first import pandas, which takes as long as encoding 100,000 records."""
    buffer = pa.py_buffer(np.ascontiguousarray(values, np.int64))
    return pa.Array.from_buffers(pa.int64(), len(values), [None, buffer])


def of_texts(values: Sequence[str]) -> Any:
    """The same of texts."""
    made = from_list([value.encode() for value in values])
    buffers = [None, pa.py_buffer(made.offsets), pa.py_buffer(made.data)]
    return pa.Array.from_buffers(pa.large_string(), len(values), buffers)


def _once(names: list[Any]) -> list[str]:
    if not all(isinstance(name, str) and _is_unicode(name) for name in names):
        raise DataError("a column has a name that is not text", "name the columns")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataError(f"two columns are called {name[:64]!r}", "rename one")
        seen.add(name)
    return names


def _table(
    names: list[str], rows: int, only: Container[str] | None, column: Callable[[int, str], Any]
) -> pa.Table:
    texts = [
        _text(name, column(i, name) if only is None or name in only else pa.nulls(rows))
        for i, name in enumerate(names)
    ]
    return pa.Table.from_arrays(texts, names=names)


def _from_pandas(name: str, series: Any) -> Any:
    if series.dtype == object:
        try:
            return pa.array(series, pa.string(), from_pandas=True)
        except (pa.ArrowException, UnicodeEncodeError, TypeError):
            return pa.array(
                [_value_text(name, row, value) for row, value in enumerate(series)], pa.large_string()
            )
    if getattr(series.dtype, "tz", None) is not None:
        series = series.dt.tz_localize(None)  # the day where it was written, not the day in Greenwich
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, UnicodeEncodeError, TypeError, ValueError):
        raise _unwritable(name, str(series.dtype)) from None


def _value_text(name: str, row: int, value: Any) -> str | None:
    """One value of a column of mixed objects."""
    match value:
        case None:
            return None
        case str() if _is_unicode(value):
            return value
        case bool() | numbers.Integral() if abs(int(value)) < 10**DIGITS:
            return str(value)
        case float() | np.floating() if not math.isnan(value):
            return str(int(value)) if float(value).is_integer() else repr(float(value))
        case decimal.Decimal() if value.is_nan():
            return None
        case decimal.Decimal() if value.is_finite() and abs(value.adjusted()) < DIGITS:
            return str(int(value)) if value == int(value) else format(value, "f")
        case datetime.datetime() if value == value:  # NaT is a datetime and equals nothing
            return value.date().isoformat()
        case datetime.date():
            return value.isoformat() if value == value else None
        case _ if _is_missing(value):
            return None
    raise DataError(f"row {row + 1}: {name} is not text, a number or a date", "convert the column first")


def _is_text(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except UnicodeDecodeError:
        return False
    return True


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _is_missing(value: Any) -> bool:
    import pandas as pd

    kinds = (float, np.floating, np.datetime64, np.timedelta64)
    return value is pd.NA or (isinstance(value, kinds) and bool(value != value))


def _text(name: str, column: Any) -> Any:
    """A column of any Arrow type as a chunked array of text."""
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    kind = chunked.type
    if pa.types.is_dictionary(kind):
        chunked, kind = chunked.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return chunked
    if pa.types.is_floating(kind):
        return _float_text(chunked)
    if pa.types.is_decimal(kind) and kind.scale:
        return _number_text(name, chunked)
    if pa.types.is_temporal(kind) and not (pa.types.is_time(kind) or pa.types.is_duration(kind)):
        return _day_text(name, chunked)
    plain = (pa.types.is_integer, pa.types.is_boolean, pa.types.is_null, pa.types.is_decimal)
    if any(check(kind) for check in (*plain, pa.types.is_string_view)):
        return chunked.cast(pa.string())
    raise _unwritable(name, str(kind))


def _float_text(column: Any) -> Any:
    import pyarrow.compute as pc

    column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    try:
        return column.cast(pa.int64()).cast(pa.string())
    except pa.ArrowInvalid:  # a fraction somewhere
        return _number_text("", column)


def _number_text(name: str, column: Any) -> Any:
    texts = [_value_text(name, row, value) for row, value in enumerate(column.to_pylist())]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _day_text(name: str, column: Any) -> Any:
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        if column.type.tz is not None:
            try:
                column = pc.local_timestamp(column)
            except pa.ArrowInvalid:  # a time zone that this machine does not know
                raise _unwritable(name, str(column.type)) from None
        column = pc.floor_temporal(column, unit="day")
    return column.cast(pa.date32()).cast(pa.string())


def _unwritable(name: str, kind: str) -> DataError:
    return DataError(f"column {name[:64]!r} holds {kind}", "make it text, numbers or dates first")
