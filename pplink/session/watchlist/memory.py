"""Memory: what an asker keeps between commands: the list's key, and a session that the next command goes on with."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.audit.events import Count, Digest
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, UnavailableError
from pplink.files import read_bytes, write_atomically
from pplink.keys import store
from pplink.keys.ring import KeyRing
from pplink.keys.strict import read_strict
from pplink.session.watchlist.asker import Memory
from protocols.oprf_hit import Kept

KEY, SESSION, HEADS, LOCK = "key", "session.json", "checkpoints", "lock"
Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    session: Digest
    public_key: Hex
    secret: Hex
    bound: Hex
    head: Count
    asked: Count
    updates: Count
    sent: Count
    received: Count


class Shelf:
    """A folder for its owner alone. Use it within `opened`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def pinned(self) -> bytes | None:
        """The list's public key, as it was in the first session."""
        path = self._folder / KEY
        return bytes.fromhex(store.read_private(path, "the list's key").decode()) if path.exists() else None

    def pin(self, key: bytes) -> None:
        """From now on the list has this key."""
        write_atomically(self._folder / KEY, key.hex().encode(), private=True)

    def take(self) -> Memory | None:
        """The session to go on with, if there is one. It is gone then: it serves once, whatever becomes of it."""
        path = self._folder / SESSION
        if not path.exists():
            return None
        data = store.read_private(path, "the session")
        path.unlink()
        try:
            told = read_strict(canonical.exactly(data), _Told)
            numbers = np.frombuffer(read_bytes(self._numbers(told), "the filter", 1 << 30), "<u8").astype(
                np.uint64
            )
        except (MalformedError, ValueError) as error:
            raise IntegrityError(
                f"{path} is damaged: {error}", "ask again: another session is begun"
            ) from None
        kept = Kept(
            bound=bytes.fromhex(told.bound),
            numbers=numbers,
            asked=told.asked,
            updates=told.updates,
            sent=told.sent,
            received=told.received,
        )
        return Memory(
            session=told.session,
            public_key=bytes.fromhex(told.public_key),
            secret=bytes.fromhex(told.secret),
            head=told.head,
            kept=kept,
        )

    def add_head(self, checkpoint: bytes) -> None:
        """Keep what the holder signed of its log with an answer, behind all that it signed before: a log in which one
        of these queries is not, the holder cannot show. Raises UnavailableError, and keeps none of it then: behind a
        part of one no other could be read, and the holder would be blamed."""
        path = self._folder / HEADS
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                written = os.write(handle, checkpoint)
                if written < len(checkpoint):
                    os.ftruncate(handle, os.fstat(handle).st_size - written)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(handle)
        except OSError as error:
            raise UnavailableError(f"cannot write {path}: {error.strerror}", "free space") from None

    def keep(self, memory: Memory | None) -> None:
        """Keep a session, or none, for the next command."""
        numbers = None if memory is None else self._numbers(_told(memory))
        for other in self._folder.glob("numbers.*"):
            if other != numbers:
                other.unlink()
        if memory is None or numbers is None:
            return
        if not numbers.exists():
            write_atomically(numbers, memory.kept.numbers.astype("<u8").tobytes(), private=True)
        told = canonical.to_bytes(msgspec.to_builtins(_told(memory)))
        write_atomically(self._folder / SESSION, told, private=True)

    def _numbers(self, told: _Told) -> Path:
        """The filter of a session after so many updates."""
        return self._folder / f"numbers.{told.session[:16]}.{told.updates}"


def _told(memory: Memory) -> _Told:
    kept = memory.kept
    return _Told(
        session=memory.session,
        public_key=memory.public_key.hex(),
        secret=memory.secret.hex(),
        bound=kept.bound.hex(),
        head=memory.head,
        asked=kept.asked,
        updates=kept.updates,
        sent=kept.sent,
        received=kept.received,
    )


@contextmanager
def opened(ring: KeyRing, agreement: Agreement) -> Iterator[Shelf]:
    """What this unit keeps of a list; another command of it waits meanwhile. Raises UnavailableError, RefusedError."""
    folder = ring.home / "watchlists" / agreement.id[:16]
    store.make_folder(folder)
    handle = os.open(folder / LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Shelf(folder)
    except OSError as error:
        raise UnavailableError(f"{folder}: {error.strerror}", "check its owner") from None
    finally:
        os.close(handle)
