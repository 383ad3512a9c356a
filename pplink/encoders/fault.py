"""Fault: reads a broken CSV file slowly, to say which row is broken and how."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pplink.encoders.guess import encoding_hint
from pplink.errors import DataError, PplinkError, UnavailableError
from pplink.fields.problem import LONGEST

LONGEST_ROW = 1 << 20
"""Bytes of a row in UTF-8 that are always read; one that is longer may not be."""

LONGEST_LINE = 16 << 20
"""Characters that are looked through for a line's end: a file without any is not taken into memory."""

MARK = "\ud800"
"""Stands for bytes that the encoding does not have. No decoder yields it: half of a surrogate pair."""

QUOTES = "look for a quote that is never closed, or give the delimiter with `--delimiter`"


def _mark(error: UnicodeError) -> tuple[str, int]:
    return MARK, error.end if isinstance(error, UnicodeDecodeError) else 0


codecs.register_error("pplink.mark", _mark)


def header_of(path: Path, delimiter: str, encoding: str) -> list[str]:
    """The names in a CSV file's header. Raises DataError if it is no header: twice a name, an empty one."""
    with _rows(path, delimiter, encoding) as rows:
        try:
            header: list[str] = next((row for row in rows if row), [])
        except csv.Error:
            raise _too_long("the header") from None
    if not header:
        raise DataError(f"{path.name} is empty", "a list is a header and at least one row")
    _check_text("the header", header, path, encoding)
    if "\0" in "".join(header):
        raise DataError(
            "the header has NUL characters", encoding_hint(path, "is it a CSV file? write it anew, as UTF-8")
        )
    firsts: dict[str, int] = {}
    for number, name in enumerate(header, start=1):
        if not name.strip():
            raise DataError(f"column {number} has no name in the header", "name every column")
        if (first := firsts.setdefault(name, number)) != number:
            raise DataError(
                f"columns {first} and {number} have the same name",
                "rename one; where a person may have several names, two columns are one field by `--map OTHER=FIELD`",
            )
    return header


def find_fault(path: Path, delimiter: str, encoding: str) -> PplinkError:
    """Why a CSV file cannot be read, as an error to raise. Rows are counted from 1 after the header; empty lines
    do not count."""
    number = 0
    with _rows(path, delimiter, encoding) as rows:
        try:
            filled = (row for row in rows if row)
            header: list[str] = next(filled, [])
            _check_size("the header", header)
            width = len(header)
            for number, row in enumerate(filled, start=1):
                _check_row(f"row {number}", row, width, path, encoding)
        except csv.Error:
            return _too_long(f"row {number + 1}")
        except DataError as error:
            return error
    return DataError(f"{path.name} cannot be read as CSV", QUOTES) if number else without_rows(path)


def without_rows(path: Path) -> DataError:
    """Of a file with a header and nothing else."""
    return DataError(f"{path.name} has a header and no rows", "a list is a header and at least one row")


def _check_row(where: str, row: list[str], width: int, path: Path, encoding: str) -> None:
    _check_text(where, row, path, encoding)
    if any(len(cell) > LONGEST for cell in row):
        raise _too_long(where)
    if len(row) != width:
        raise DataError(f"{where} has {len(row)} cells where the header has {width}", QUOTES)
    _check_size(where, row)


def _check_size(where: str, row: list[str]) -> None:
    size = len("".join(row).encode()) + len(row)
    if size > LONGEST_ROW:
        raise DataError(
            f"{where} is {size:,} bytes long, and rows up to {LONGEST_ROW:,} are read",
            "leave out columns that no field of the agreement needs",
        )


def _check_text(where: str, row: list[str], path: Path, encoding: str) -> None:
    if MARK in "".join(row):
        raise DataError(f"{where} is not {encoding} text", encoding_hint(path))


def _too_long(where: str) -> DataError:
    return DataError(f"{where} has a cell longer than {LONGEST:,} characters", QUOTES)


def _lines(stream: IO[str], path: Path) -> Iterator[str]:
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise DataError(
                f"line {number:,} of {path.name} is longer than {LONGEST_LINE:,} characters",
                "is it a CSV file? otherwise look for a quote that is never closed",
            )
        yield line


@contextmanager
def _rows(path: Path, delimiter: str, encoding: str) -> Iterator[Any]:
    name = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        with path.open(encoding=name, errors="pplink.mark", newline="") as stream:
            yield csv.reader(_lines(stream, path), delimiter=delimiter)
    except UnicodeError:
        raise DataError(f"{path.name} is not {encoding} text", encoding_hint(path)) from None
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {error.strerror}", "run again") from None
