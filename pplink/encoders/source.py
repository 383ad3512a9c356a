"""Source: a unit's own file as a table of text. pyarrow reads it; if it will not, `fault` looks for the row.

pyarrow's own messages quote the row that it stumbled over, so none of them is ever passed on.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import csv

from pplink.encoders.dateformats import with_dates
from pplink.encoders.fault import LONGEST_ROW, find_fault, header_of, without_rows
from pplink.encoders.frames import check_texts
from pplink.encoders.guess import LOOKED_AT, check_text_file
from pplink.errors import DataError, UnavailableError, UsageError
from pplink.files import opened
from pplink.memory import require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BLOCK = LONGEST_ROW
"""Bytes read at a time. With four times as many, memory touched anew costs 15 ms more."""

MAGIC = b"PAR1"
ROWS = 1 << 16
"""Of a Parquet file, unpacked at a time."""


def read_people(
    path: Path, *, delimiter: str = ",", encoding: str = "utf-8", dates: Mapping[str, str] | None = None
) -> pa.Table:
    """A CSV or Parquet file (told apart by its first bytes). Of a CSV, all columns are text; an empty cell, and
    nothing else, is a missing value: a person may well be called Null. dates: {header: how its days are written}, see
    `dateformats.with_dates`.

    Raises UsageError for no file, delimiter or encoding; DataError for a file that cannot be read as it says,
    naming the row (from 1, not counting the header), never what stands in it.
    """
    _check_options(delimiter, encoding)
    first = _first_bytes(path)
    check_text_file(path.name, first)
    parquet = first.startswith(MAGIC)
    table = _read_parquet(path) if parquet else _read_text(path, delimiter, encoding)
    return with_dates(table, dates, datetime.now(UTC).date()) if dates else table


def _read_text(path: Path, delimiter: str, encoding: str) -> pa.Table:
    headers = header_of(path, delimiter, encoding)
    try:
        table = _read_csv(path, headers, delimiter, encoding)
    except (pa.ArrowInvalid, UnicodeError):
        raise find_fault(path, delimiter, encoding) from None
    except (pa.ArrowException, OSError):
        raise UnavailableError(f"{path} cannot be read", "check the disk, then run again") from None
    if not table.num_rows:
        raise without_rows(path)
    if table.column_names != headers:  # two readers of CSV took the header for different things
        raise DataError(f"the header of {path.name} cannot be read as CSV", "write it without quotes")
    return table


def _check_options(delimiter: str, encoding: str) -> None:
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise UsageError(
            "a delimiter is one ASCII character, and no quote or line end",
            r"for example `;`, or `\t` for a tab",
        )
    try:
        "a".encode(encoding)
    except (LookupError, ValueError):
        raise UsageError(
            "there is no text encoding of that name", "for example utf-8, latin-1, utf-16"
        ) from None


def _first_bytes(path: Path) -> bytes:
    with suppress(OSError):  # what is wrong with the name itself is told when it is opened
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise UsageError(f"{path} is a pipe or a device", "name a file: it is read more than once")
    with opened(path) as stream:
        first = stream.read(LOOKED_AT)
    if not first:
        raise DataError(f"{path.name} is empty", "a list is a header and at least one row")
    return first


def _read_parquet(path: Path) -> pa.Table:
    """Part by part: a few megabytes may hold a table larger than memory."""
    from pyarrow import parquet

    try:
        with _opened(path) as stream:
            file = parquet.ParquetFile(stream)
            parts, size, rows = [], 0, 0
            for part in file.iter_batches(ROWS):
                size += part.nbytes
                require(2 * part.nbytes, f"{path.name}, of which {size / 2**30:,.1f} GiB are unpacked,")
                check_texts(part, rows)
                parts.append(part)
                rows += part.num_rows
            return pa.Table.from_batches(parts, file.schema_arrow)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError):
        raise DataError(f"{path.name} begins as a Parquet file and is none", "write it anew") from None


def _read_csv(path: Path, headers: Sequence[str], delimiter: str, encoding: str) -> pa.Table:
    with (
        _opened(path) as stream,
        csv.open_csv(
            stream,
            read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK, encoding=encoding),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(headers, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        ) as reader,
    ):
        return reader.read_all()


def _opened(path: Path) -> Any:
    """By the bytes of its name, which need not be UTF-8."""
    return pa.OSFile(os.fsencode(path))
