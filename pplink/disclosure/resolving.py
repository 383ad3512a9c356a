"""Resolving: a unit turns the handles in its hits back into its own record ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.disclosure.columns import HANDLE, Bytes, Hits
from pplink.encoders.handles import handles
from pplink.errors import DataError


def resolve(hits: Hits, record_ids: Sequence[str], handle_key: bytes) -> npt.NDArray[np.int64]:
    """For each hit, (n,): the row in `record_ids` of the unit's own record.

    handle_key: the unit's `KeyRing.handle_key` for the agreement. Raises DataError, never with an id,
    if two rows have one id, or a hit is of none of these records: it is another list of people.
    """
    rows: dict[bytes, int] = {}
    for row, handle in enumerate(_split(handles(record_ids, handle_key))):
        first = rows.setdefault(handle, row)
        if first != row:
            raise DataError(
                f"rows {first + 1} and {row + 1} have the same record_id", "give each row its own"
            )
    found = np.array([rows.get(handle, -1) for handle in _split(hits.handle)], dtype=np.int64)
    strangers = int(np.count_nonzero(found < 0))
    if strangers:
        raise DataError(
            f"{strangers} of {len(hits)} hits are of none of these {len(record_ids)} records",
            "give the same list of people that was encoded, with the same record ids",
        )
    return found


def to_columns(hits: Hits, record_ids: Sequence[str], handle_key: bytes) -> dict[str, list[Any]]:
    """Hits as a table: record_id, handle, other_unit, other_handle, score, cluster; one row a hit.

    Handles and cluster ids in hex; score is None if the agreement does not tell it. Nothing about
    records that are not hits. Raises DataError as `resolve` does.
    """
    rows = resolve(hits, record_ids, handle_key)
    return {
        "record_id": [record_ids[row] for row in rows.tolist()],
        "handle": _hex(hits.handle),
        "other_unit": [hits.units[unit] for unit in hits.unit.tolist()],
        "other_handle": _hex(hits.other),
        "score": [None] * len(hits) if hits.score is None else hits.score.tolist(),
        "cluster": _hex(hits.cluster),
    }


def _split(rows: Bytes) -> list[bytes]:
    data = rows.tobytes()
    return [data[start : start + HANDLE] for start in range(0, len(data), HANDLE)]


def _hex(rows: Bytes) -> list[str]:
    digits, width = rows.tobytes().hex(), 2 * rows.shape[1]
    return [digits[start : start + width] for start in range(0, len(digits), width)]
