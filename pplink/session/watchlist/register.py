"""Register: the holder's log of a list while it is served: every act is on the disk and under a signed head at once."""

from __future__ import annotations

import errno
import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pplink import canonical
from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.audit import folder as names
from pplink.audit.checkpoint import Checkpoint, origin_of, sign_checkpoint, verify_checkpoint
from pplink.audit.frontier import Frontier
from pplink.audit.log import Log
from pplink.audit.provenance import run_of
from pplink.audit.tree import leaf_hash
from pplink.audit.watchlist_events import KIND, Asked, Published, Refused, read_watchlist_event
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, RefusedError, UnavailableError
from pplink.files import read_bytes, umask, write_atomically
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed

RECORD, LOCK = "record", "lock"
FULL = 12 << 20
"""Bytes of a log after which another is begun: an auditor reads no more than 16 MiB."""


class Register:
    """A list's log in `folder/record`, and earlier ones in `record-1` and on. Use it within `opened`."""

    def __init__(self, folder: Path, agreement: Agreement, ring: KeyRing) -> None:
        """Raises IntegrityError for a log that its own head does not fix."""
        self.folder, self.agreement, self.ring = folder, agreement, ring
        self.previous = ""
        """Root of the log before this one, in hex."""
        self.version = 0
        """Of the list that was published last in this log; 0 if none was."""
        self._answered: Counter[tuple[str, str]] = Counter()
        self._number = 1 + sum(1 for _ in folder.glob(f"{RECORD}-*"))
        self._last: tuple[str, str] | None = None
        """Unit and day of the query on the last line, if one is."""
        place = folder / RECORD
        if place.is_dir():
            self._count_earlier(folder / f"{RECORD}-{self._number - 1}")
            self._load(place)
        else:
            self._begin()

    @property
    def full(self) -> bool:
        """Whether it is time for another."""
        return self._size > FULL

    def answered(self, unit: str, day: str) -> int:
        """Queries of a unit on a day, YYYY-MM-DD, but those that were refused."""
        return self._answered[unit, day]

    def add(self, *acts: Signed) -> bytes:
        """Write acts down, on the disk for good, and sign the log's new head: a checkpoint. Raises UnavailableError."""
        lines = [canonical.to_bytes(each.to_json()) for each in acts]
        data = b"".join(line + b"\n" for line in lines)
        try:
            _write(self._log, data)
        except OSError as error:
            os.ftruncate(self._log, self._size)  # half a line would be taken for the beginning of the next
            raise _full(error) from None
        self._size += len(data)
        for line in lines:
            self._frontier.append(leaf_hash(line))
        self._count([each for each in acts if each.kind == KIND])
        try:
            return self._sign()
        except OSError as error:  # the lines stand, and the next head covers them
            raise _full(error) from None

    def turn(self) -> None:
        """Put this log aside and begin another, which names the root of this one."""
        self.close()
        self.previous = self._frontier.root.hex()
        (self.folder / RECORD).rename(self.folder / f"{RECORD}-{self._number}")
        self._number += 1
        self._begin()

    def close(self) -> None:
        """No more acts."""
        os.close(self._log)

    def _begin(self) -> None:
        place = self.folder / RECORD
        place.mkdir()
        write_atomically(place / names.AGREEMENT, text.write(self.agreement))
        self._run = f"{self.agreement.id[:16]}-{self._number}"
        self._frontier, self._size, self.version = Frontier(), 0, 0
        self._last = None
        self._log = _appending(place / names.LOG)
        self.add(*self.agreement.signatures)

    def _count_earlier(self, place: Path) -> None:
        """A day's quota may have been used up in part before this log began."""
        if place.is_dir():
            log = Log.from_bytes(read_bytes(place / names.LOG, "the list's earlier log", 1 << 28))
            self._count([each for each in log.entries() if each.kind == KIND])
        self.version, self._last = 0, None

    def _load(self, place: Path) -> None:
        path = place / names.LOG
        data = read_bytes(path, "the list's log", 1 << 28)
        whole = data[: data.rfind(b"\n") + 1]  # what a crash left half-written was never answered for
        if len(whole) < len(data):
            os.truncate(path, len(whole))
        try:
            log = Log.from_bytes(whole)
            head = verify_checkpoint(
                read_bytes(place / names.CHECKPOINT, "the list's checkpoint", 1 << 16),
                self.ring.card.signing_key,
            )
        except MalformedError as error:
            raise IntegrityError(f"{path} is damaged: {error}", "restore it from a copy") from None
        hashes = log.hashes
        if head.size > len(hashes) or Frontier(hashes[: head.size]).root != head.root:
            raise IntegrityError(f"{path} is not the log that its checkpoint fixes", "restore it from a copy")
        self._run, self._frontier, self._size = run_of(head.origin), Frontier(hashes), len(whole)
        self._count([each for each in log.entries() if each.kind == KIND])
        self._log = _appending(path)
        self._sign()

    def _count(self, acts: list[Signed]) -> None:
        for signed in acts:
            event = read_watchlist_event(signed)
            if isinstance(event, Published):
                self.version = event.version
            if isinstance(event, Refused) and self._last is not None:
                self._answered[self._last] -= 1
            self._last = (signed.signer, event.at[:10]) if isinstance(event, Asked) else None
            if self._last is not None:
                self._answered[self._last] += 1

    def _sign(self) -> bytes:
        origin = origin_of(self.ring.name, self._run)
        head = Checkpoint(origin=origin, size=self._frontier.size, root=self._frontier.root)
        data = sign_checkpoint(head, self.ring.card.signing_key, self.ring.sign_note)
        place = self.folder / RECORD / names.CHECKPOINT
        draft = place.with_name(f".{names.CHECKPOINT}.part")
        draft.write_bytes(data)  # the log is on the disk, and a head that is lost is signed again
        draft.chmod(0o666 & ~_MASK)
        draft.replace(place)
        return data


_MASK = umask()


def _write(handle: int, data: bytes) -> None:
    """All of it, on the disk for good. Raises OSError."""
    if os.write(handle, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fdatasync(handle)


def _full(error: OSError) -> UnavailableError:
    return UnavailableError(f"cannot write the list's log: {error.strerror}", "free space")


def _appending(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)


@contextmanager
def opened(folder: Path, agreement: Agreement, ring: KeyRing) -> Iterator[Register]:
    """The register of a list; nobody else has it meanwhile. Raises RefusedError if another process serves the list."""
    handle = os.open(folder / LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(f"another process serves the list in {folder}", "one at a time does") from None
        register = Register(folder, agreement, ring)
        try:
            yield register
        finally:
            register.close()
    finally:
        os.close(handle)
