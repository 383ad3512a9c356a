"""Progress: what a unit keeps of a run that was broken off, so that another takes it up (SPEC.md says how)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from protocols.blinded_broker.hits import TileHits, joined, taken
from protocols.errors import MisuseError

HEAD = struct.Struct("<4s4Q")
"""What it is, tiles, hits, columns, dropped."""
MAGIC = b"PPG2"
COLUMNS = tuple(field.name for field in fields(TileHits))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Tiles whose hits a unit has. Secret, as hits are: with scores, it holds shares of masks too."""

    tiles: int
    """How many, from the first."""
    hits: TileHits
    """Theirs; ordered by tile."""
    dropped: int = 0
    """Hits that were opened besides, in this run or before, of tiles that were done again: they too were seen."""

    def __repr__(self) -> str:
        return f"Progress({self.tiles} tiles, {len(self.hits.tile)} hits)"

    def cut(self, tiles: int) -> Progress:
        """As it was after so many tiles, but that the hits of others stay counted; both units take up at the lesser of
        their two. Raises MisuseError beyond."""
        if not 0 <= tiles <= self.tiles:
            raise MisuseError(f"only {self.tiles:,} tiles were done")
        count = int(np.searchsorted(self.hits.tile, tiles))
        dropped = self.dropped + len(self.hits.tile) - count
        return Progress(tiles=tiles, hits=taken(self.hits, slice(count)), dropped=dropped)

    @property
    def opened(self) -> int:
        """Hits that count against the quota."""
        return len(self.hits.tile) + self.dropped

    @classmethod
    def of_parts(cls, parts: Sequence[Progress]) -> Progress:
        """What was kept part after part, each what was done since the one before."""
        tiles = max((part.tiles for part in parts), default=0)
        dropped = sum(part.dropped for part in parts)
        return cls(tiles=tiles, hits=joined([part.hits for part in parts]), dropped=dropped)

    def to_bytes(self) -> bytes:
        """What `from_bytes` reads."""
        table = np.stack([getattr(self.hits, name) for name in COLUMNS]).astype("<i8")
        head = HEAD.pack(MAGIC, self.tiles, table.shape[1], len(COLUMNS), self.dropped)
        return head + table.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Progress:
        """Raises MisuseError for bytes that are no progress."""
        if len(data) < HEAD.size:
            raise MisuseError("no progress of a run")
        magic, tiles, count, columns, dropped = HEAD.unpack_from(data)
        whole = len(data) == HEAD.size + 8 * count * len(COLUMNS)
        if magic != MAGIC or columns != len(COLUMNS) or not whole:
            raise MisuseError("no progress of a run")
        table = np.frombuffer(data, "<i8", offset=HEAD.size).reshape(len(COLUMNS), count).astype(np.int64)
        hits = TileHits(**dict(zip(COLUMNS, table, strict=True)))
        if (np.diff(hits.tile) < 0).any() or (count and not 0 <= hits.tile[0] <= hits.tile[-1] < tiles):
            raise MisuseError("no progress of a run")
        return cls(tiles=tiles, hits=hits, dropped=dropped)
