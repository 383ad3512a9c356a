"""Piece: a stretch of what a join found, as a file of the journal. FORMAT.md says how."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec
import numpy as np

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.join.backends.interface import Found, Place
from pplink.join.keeping import Piece
from pplink.keys.strict import read_strict

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
COLUMNS = 3
SUM = hashlib.sha256().digest_size


class Counted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `Tally.to_json` gives."""

    tables: Count
    comparisons: Count
    cut_buckets: Count
    cut_comparisons: Count
    cuts: list[tuple[Count, Count]]


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a piece."""

    format: Literal["pplink-journal-piece/1"] = "pplink-journal-piece/1"
    before: Digest
    """SHA-256 of the file before it: the header, or the last piece."""
    join: Count
    """Which couple of datasets, in the order (0, 1), (0, 2) ... (1, 2) ..."""
    shape: Digest
    """As in `join.shape`."""
    band: Count
    steps: Count
    """As in `Place`: what is whole with this piece."""
    last: bool
    """The join is done."""
    tally: Counted
    pairs: Count


def to_bytes(piece: Piece, *, join: int, shape: str, before: str) -> bytes:
    """The file."""
    told = Told(
        before=before,
        join=join,
        shape=shape,
        band=piece.until.band,
        steps=piece.until.steps,
        last=piece.last,
        tally=msgspec.convert(piece.tally, Counted),
        pairs=len(piece.found.common),
    )
    columns = b"".join(column.astype("<i8").tobytes() for column in piece.found)
    data = canonical.to_bytes(msgspec.to_builtins(told)) + b"\n" + columns
    return data + hashlib.sha256(data).digest()


def from_bytes(data: bytes) -> tuple[Told, Piece]:
    """What `to_bytes` wrote. Raises MalformedError for anything else, a file cut short among it."""
    body, checksum = data[:-SUM], data[-SUM:]
    if hashlib.sha256(body).digest() != checksum:
        raise MalformedError("has another checksum than its bytes")
    line, _, columns = body.partition(b"\n")
    told = read_strict(canonical.exactly(line), Told)
    if len(columns) != COLUMNS * 8 * told.pairs:
        raise MalformedError("has more or fewer pairs than it says")
    found = np.frombuffer(columns, "<i8").reshape(COLUMNS, -1).astype(np.int64)
    return told, Piece(
        Place(told.band, told.steps), told.last, msgspec.to_builtins(told.tally), Found(*found)
    )
