"""Found: a unit's hits with one of several other units, kept: going on with the rest does not look for them again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from pplink.files import read_bytes
from pplink.session.plan import Couple

NAME = "found"
"""In the couple's transcript, for its owner alone."""
LIMIT = 1 << 31


def write(couple: Couple) -> bytes:
    """Hits as safetensors."""
    told = couple.own if couple.told is None else couple.told
    columns = {
        "own": couple.own,
        "told": told,
        "theirs": couple.theirs,
        "score": couple.score,
        "rows": couple.rows,
        "size": np.array([] if couple.size is None else [couple.size], np.int64),
    }
    return bytes(save({name: np.ascontiguousarray(column) for name, column in columns.items()}))


def read(path: Path, peer: str) -> Couple:
    """Hits as they were written. Raises UsageError, UnavailableError."""
    columns = load(read_bytes(path, "the session's hits", LIMIT))
    size = columns.pop("size")
    return Couple(peer=peer, size=int(size[0]) if len(size) else None, **columns)
