"""Rejects: the rows that were left out and why, for the unit to mend. They hold people's data and stay there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pplink.encoders.frames import of_numbers, of_texts, rows_at
from pplink.encoders.validation import Findings
from pplink.fields.strings import Bools
from pplink.files import replacing

BEGINNING = b'"row","problem",'
"""Of the header."""


def rejects(table: Any, findings: Findings, bad: Bools) -> Any:
    """The bad rows of a table of text as an Arrow table: row (from 1), problem, then their own columns."""
    rows = np.flatnonzero(bad)
    problems = ["; ".join(findings.problems(row)) for row in rows.tolist()]
    numbers = np.array([findings.number(row) for row in rows.tolist()], np.int64)
    columns = [of_numbers(numbers), of_texts(problems), *rows_at(table, rows).columns]
    return pa.Table.from_arrays(columns, names=["row", "problem", *table.column_names])


@contextmanager
def beside(path: Path, rows: Any) -> Iterator[None]:
    """Write the rejects, as CSV that only its owner may read, if what is done meanwhile succeeds: then they are there,
    or, if there are none (None), an earlier run's are gone; else nothing is changed. Raises UnavailableError."""
    if rows is None:
        yield
        if _is_ours(path):
            path.unlink(missing_ok=True)
        return
    with replacing(path, private=True, flush=False) as temporary:
        with temporary.open("wb") as stream:
            csv.write_csv(rows, stream)
            stream.flush()
            os.fsync(stream.fileno())  # before the dataset is there: some disks say here that they are full
        yield


def _is_ours(path: Path) -> bool:
    """Whether it begins as what we write: another file that was named by mistake stays."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(BEGINNING)) == BEGINNING
