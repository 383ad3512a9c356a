"""Handles: names for rows that only the unit that made them can turn back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.encoders.mac import Mac
from pplink.fields.strings import from_arrow

LENGTH = 16
"""Bytes in a handle: among 10^9 records, two share one with odds of 10^-21."""

BLOCK = 1 << 12
"""Ids worked on at a time: what is made of them stays in the cache."""

HandleRows = npt.NDArray[np.uint8]


def handles(ids: Iterable[str], key: bytes) -> HandleRows:
    """(n, 16): the first half of HMAC-SHA-256 of each record id (UTF-8), under KeyRing.handle_key(agreement).

    The key is under one agreement: two runs under two agreements cannot be linked by their handles.
    """
    return _make((record_id.encode() for record_id in ids), Mac(key))


def handles_of(column: Any, key: bytes) -> HandleRows:
    """As `handles`, of a chunked Arrow column of text without nulls."""
    mac = Mac(key)
    parts = (chunk.slice(at, BLOCK) for chunk in column.chunks for at in range(0, len(chunk), BLOCK))
    made = [_make(from_arrow(part).to_list(), mac) for part in parts]
    return np.concatenate(made) if made else _make((), mac)


def renamed(rows: HandleRows, key: bytes) -> HandleRows:
    """(n, 16): the first half of HMAC-SHA-256 of each handle, under KeyRing.couple_key(agreement, peer)."""
    data = rows.tobytes()
    return _make((data[at : at + LENGTH] for at in range(0, len(data), LENGTH)), Mac(key))


def in_order(rows: HandleRows) -> npt.NDArray[np.int64]:
    """(n,): rows of handles, by handle. A handle is pseudo-random, so this order tells nothing of the list's."""
    words = np.ascontiguousarray(rows).view(">u8").astype(np.uint64)
    return np.lexsort((words[:, 1], words[:, 0]))


def _make(ids: Iterable[bytes], mac: Mac) -> HandleRows:
    made = b"".join(mac.digests(ids))
    return np.frombuffer(made, np.uint8).reshape(-1, 32)[:, :LENGTH].copy()
