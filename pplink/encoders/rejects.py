"""Rejects: the rows that were left out and why, for the unit to mend. They hold people's data and stay there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from pplink.encoders.validation import Findings
from pplink.fields.strings import Bools
from pplink.files import replacing


def rejects(table: Any, findings: Findings, bad: Bools) -> Any:
    """The bad rows of a table of text as an Arrow table: row (from 1), problem, then their own columns."""
    rows = np.flatnonzero(bad)
    problems = ["; ".join(findings.problems(row)) for row in rows.tolist()]
    left = [
        pa.array([findings.number(row) for row in rows.tolist()], pa.int64()),
        pa.array(problems, pa.string()),
    ]
    taken = table.take(pa.array(rows))
    return pa.Table.from_arrays([*left, *taken.columns], names=["row", "problem", *table.column_names])


def write_rejects(path: Path, rows: Any) -> None:
    """As CSV that only its owner may read. Raises UnavailableError."""
    with replacing(path, private=True) as temporary, temporary.open("wb") as stream:
        csv.write_csv(rows, stream)
