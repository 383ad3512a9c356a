"""Table: persons as the rows that `pplink unit encode` and `pplink unit link` read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv

from pplink.encoders.columns import RECORD_ID
from pplink.encoders.variants import MARK
from pplink.files import replacing
from pplink.importers.person import COLUMNS, People


def to_table(people: People) -> Any:
    """An Arrow table of text: record_id and all of COLUMNS; values of one column by `;`, a missing one null."""
    persons = list(people.persons.values())
    columns = [[MARK.join(each.values.get(name, ())) or None for each in persons] for name in COLUMNS]
    texts = [[each.record_id for each in persons], *columns]
    return pa.Table.from_arrays([pa.array(text, pa.string()) for text in texts], names=[RECORD_ID, *COLUMNS])


def write_people(path: Path, table: Any) -> None:
    """As CSV that only its owner may read. Raises UnavailableError."""
    with replacing(path, private=True) as temporary, temporary.open("wb") as stream:
        csv.write_csv(table, stream)
