"""Lines: CSV rows, JSON lines and JSON files, with words for where each thing stands."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pplink.errors import DataError
from pplink.files import opened, read_bytes

LONGEST = 1 << 24
"""Characters in a line; a longer one is a damaged file."""

WHOLE = 1 << 30
"""Bytes of a JSON file that is read at once."""


def rows_of(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(where, cells) of each CSV row that is not empty. Raises as `lines_of`."""
    numbered = csv.reader(text for _, text in lines_of(path))
    try:
        for row in numbered:
            if row:
                yield f"{path.name}, line {numbered.line_num}", row
    except csv.Error:
        raise DataError(f"{path.name}, line {numbered.line_num}: is no CSV", "the file is damaged") from None


def objects_of(path: Path) -> Iterator[tuple[str, Any]]:
    """(where, JSON object) of each line that is not empty. Raises as `lines_of`, and DataError for another line."""
    for where, line in lines_of(path):
        if line.strip():
            yield where, _object(where, line)


def document_of(path: Path) -> Any:
    """A file that is one JSON value. Raises DataError with the line, UsageError."""
    data = read_bytes(path, "list", limit=WHOLE)
    if not data.strip():
        raise DataError(f"{path.name} is empty", "is it the right file?")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{path.name}, line {line}: is not UTF-8", "write the file as UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{path.name}, line {error.lineno}: is no JSON", "is the file whole?") from None
    except (RecursionError, ValueError):  # lists in lists without end; numbers of thousands of digits
        raise DataError(f"{path.name} is no JSON that a list could be", "is it the right file?") from None


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """(where, line) of a text in UTF-8. Raises UsageError for no file, UnavailableError, DataError with the line."""
    number = 0
    with opened(path) as stream:
        while line := stream.readline(LONGEST):
            number += 1
            where = f"{path.name}, line {number}"
            if len(line) == LONGEST:
                raise DataError(f"{where}: is longer than {LONGEST:,} bytes", "the file is damaged")
            try:
                yield where, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise DataError(f"{where}: is not UTF-8", "write the file as UTF-8") from None
    if not number:
        raise DataError(f"{path.name} is empty", "is it the right file?")


def _object(where: str, line: str) -> Any:
    try:
        found = json.loads(line)
    except (RecursionError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise DataError(f"{where}: is no JSON object", "is the file whole?")
    return found
