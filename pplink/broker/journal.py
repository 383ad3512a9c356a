"""Journal: what a match found so far, beside its run folder; from it a match that was broken off goes on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO

from pplink import canonical, files
from pplink.broker import piece as pieces
from pplink.broker.header import Header
from pplink.broker.writing import new_folder
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.join.keeping import Keeper, Piece
from pplink.keys.store import require_private

EVERY = 5.0
"""Seconds between pieces, so at most what a crash costs."""
HEADER = "journal.json"
LIMIT = 1 << 31
"""Bytes of a piece that are read."""


def beside(target: Path) -> Path:
    """Where the journal of the match to a run folder lies."""
    return target.parent / f"{target.name}.journal"  # `.` and `/` have no name


class Journal:
    """One match's. There is no folder before the first piece: a match of seconds leaves no trace but its run."""

    def __init__(self, place: Path, header: Header) -> None:
        self.place, self.header = place, header
        self._joins: list[int] = []
        """For each piece, which join it is of."""
        self._before, self._last = canonical.digest(header.to_json()), time.monotonic()
        self._lock: IO[bytes] | None = None

    @classmethod
    def new(cls, target: Path, header: Header) -> Journal:
        """Raises UsageError if an earlier match left one."""
        place = beside(target)
        if os.path.lexists(place):
            raise UsageError(
                f"{place} holds what an earlier match to {target} found",
                f"go on with `pplink broker match --resume {target}`, or delete {place} to start anew",
            )
        return cls(place, header)

    @classmethod
    def reopened(cls, target: Path) -> Journal:
        """The journal of a match that was broken off, with all pieces up to the first that is damaged.

        Raises UsageError if there is none or it is in use, IntegrityError if it is none of ours.
        """
        place = beside(target)
        if not place.is_dir():
            raise UsageError(f"there is no journal {place}", f"without one, match to {target} anew")
        require_private(place)
        data = files.read_bytes(place / HEADER, "journal", limit=1 << 24)
        try:
            journal = cls(place, Header.from_bytes(data))
        except MalformedError as error:
            raise IntegrityError(f"the journal {place} {error}", f"delete {place} and match anew") from None
        journal._take_lock()
        journal._find_pieces()
        return journal

    def keeper(self, join: int) -> Keeper:
        """What a join is given."""
        return _Keeper(self, join)

    @property
    def size(self) -> int:
        """How many pieces were put by."""
        return len(self._joins)

    def due(self) -> bool:
        """Whether EVERY seconds have gone by since the last piece."""
        return time.monotonic() - self._last >= EVERY

    def keep(self, join: int, shape: str, piece: Piece) -> None:
        """Put a piece by. Raises UsageError if another match has come in between, UnavailableError."""
        if self._lock is None:
            self._make()
        data = pieces.to_bytes(piece, join=join, shape=shape, before=self._before)
        self._joins.append(join)
        files.write_atomically(self._path(self.size), data, private=True)
        self._before, self._last = hashlib.sha256(data).hexdigest(), time.monotonic()

    def kept(self, join: int, shape: str) -> Iterator[Piece]:
        """The pieces of a join. Raises IntegrityError if they are of another shape."""
        for number in [at for at, of in enumerate(self._joins, 1) if of == join]:
            told, piece = pieces.from_bytes(self._read(number))
            if told.shape != shape:
                raise IntegrityError(
                    f"the journal {self.place} is of a match that compared otherwise",
                    "was it begun with another backend or on another kind of machine?"
                    f" go on as it began, or delete {self.place} and match anew",
                )
            yield piece

    def close(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            self._lock.close()

    def remove(self) -> None:
        """It is needed no more."""
        if self._lock is not None:
            shutil.rmtree(self.place, ignore_errors=True)
        self.close()

    def _path(self, number: int) -> Path:
        return self.place / f"{number:08}.piece"

    def _read(self, number: int) -> bytes:
        return files.read_bytes(self._path(number), "journal's piece", LIMIT)

    def _make(self) -> None:
        try:
            with new_folder(self.place) as place:
                data = canonical.to_bytes(self.header.to_json())
                files.write_atomically(place / HEADER, data, private=True)
        except UnavailableError:
            if self.place.exists():
                raise _in_use(self.place) from None
            raise
        self._take_lock()

    def _take_lock(self) -> None:
        """Held until the process ends, however it ends."""
        stream = (self.place / HEADER).open("rb")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            if isinstance(error, BlockingIOError):
                raise _in_use(self.place) from None
            raise UnavailableError(f"{self.place} cannot be locked: {error.strerror}") from None
        self._lock = stream

    def _find_pieces(self) -> None:
        """In order, each after the one before it. What follows a damaged one cannot be used, and goes."""
        for number in count(1):
            path = self._path(number)
            if not path.is_file():
                break
            data = self._read(number)
            try:
                told, _ = pieces.from_bytes(data)
            except MalformedError:
                break
            if told.before != self._before:
                break
            self._joins.append(told.join)
            self._before = hashlib.sha256(data).hexdigest()
        good = {HEADER, *(self._path(number).name for number in range(1, self.size + 1))}
        for path in list(self.place.iterdir()):
            if path.name not in good:
                path.unlink()


class _Keeper:
    """A journal, as one join sees it."""

    def __init__(self, journal: Journal, join: int) -> None:
        self._journal, self._join = journal, join

    def kept(self, shape: str) -> Iterator[Piece]:
        return self._journal.kept(self._join, shape)

    def due(self) -> bool:
        return self._journal.due()

    def keep(self, shape: str, piece: Piece) -> None:
        self._journal.keep(self._join, shape, piece)


def _in_use(place: Path) -> UsageError:
    return UsageError(
        f"{place} is another match's, which is at work", "wait for it, or name another run folder"
    )
