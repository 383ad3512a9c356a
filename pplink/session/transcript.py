"""Transcript: a party's own side of a session on its disk: its secret, all it received, digests of all it sent.

Everything that a party did can be done again from it, byte for byte: that is how a session goes on after a crash, and
how it is audited.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

import msgspec

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, RefusedError, UnavailableError
from pplink.files import read_bytes, write_atomically
from pplink.keys import store
from pplink.keys.strict import read_strict

LOCK, RECEIVED, SENT, FAILED, PROGRESS = "lock", "received", "sent", "failed", "progress"
UNITS = "units"
"""Kept for all of a party's couples: the units that meet two by two."""
LEG = "leg-"
"""How folders of legs but the first are called, before their number."""
HEAD = 2048
"""Bytes of a message in which its line is."""
LIMIT = 1 << 24
"""Bytes in a kept document."""
BEHIND = 64 << 20
"""Bytes at the end of a file that the system may keep in memory; what lies before is not read again soon."""


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of `sent`."""

    to: str
    sequence: int
    step: str
    digest: str


class Transcript:
    """A folder that its owner alone can read. Use it within `opened`."""

    replaying = False
    """Whether it is only read: all legs are done again, from the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sent = _read_sent(folder / SENT)
        """What was sent, in order; all but the last have certainly been handed over."""

    def remember(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What was kept under this name, or what `make` gives, kept from now on."""
        path = self.folder / name
        if not path.exists():
            write_atomically(path, make(), private=True)
        return read_bytes(path, "the session's file", LIMIT)

    def keep_folder(self, name: str, documents: Mapping[str, bytes]) -> Path:
        """Documents that anyone may be shown, in a folder of their own."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        for document, content in documents.items():
            write_atomically(place / document, content)
        return place

    def known(self, name: str) -> bytes | None:
        """What was kept under this name, if anything."""
        path = self.folder / name
        return read_bytes(path, "the session's file", LIMIT) if path.exists() else None

    def received(self) -> Iterator[tuple[str, bytes]]:
        """(sender, message), in the order in which they came. One that a crash cut short has not come."""
        path = self.folder / RECEIVED
        if not path.exists():
            return
        with path.open("rb") as stream:
            while (found := _record(stream)) is not None:
                yield found

    def heads(self) -> Iterator[tuple[str, bytes]]:
        """(sender, the first HEAD bytes of the message), likewise."""
        for name, head, _ in self._heads():
            yield name, head

    def _heads(self) -> Iterator[tuple[str, bytes, int]]:
        path = self.folder / RECEIVED
        if not path.exists():
            return
        with path.open("rb") as stream:
            end = os.fstat(stream.fileno()).st_size
            while size := stream.read(1):
                name, told = stream.read(size[0]), stream.read(8)
                start, length = stream.tell(), int.from_bytes(told, "little")
                if len(told) != 8 or start + length > end:
                    return
                head = stream.read(min(length, HEAD))
                stream.seek(start + length)
                yield name.decode(errors="replace"), head, start + length

    def legs(self) -> int:
        """How many legs there are beside the first, which is in this folder itself."""
        return sum(path.name.startswith(LEG) for path in self.folder.iterdir())

    def leg(self, number: int) -> Transcript:
        """That leg's own transcript, in a folder in this one, made if there is none; 0: this."""
        if number == 0:
            return self
        place = self.folder / f"{LEG}{number}"
        if not self.replaying:
            store.make_folder(place)
        made = type(self)(place)
        if not self.replaying:
            made.cut()
        return made

    def progress(self) -> list[bytes]:
        """Parts that were kept, in order; one that a crash cut short is not among them."""
        path, parts, at = self.folder / PROGRESS, [], 0
        data = read_bytes(path, "the session's file") if path.exists() else b""
        while (end := at + 8 + int.from_bytes(data[at : at + 8], "little")) <= len(data) and end > at + 8:
            parts.append(data[at + 8 : end])
            at = end
        return parts

    def add_progress(self, part: bytes) -> None:
        """Keep one more; it is not empty."""
        self._append(PROGRESS, len(part).to_bytes(8, "little"), part)

    def add_received(self, sender: str, data: bytes) -> None:
        """Keep a message before anything is done with it. Raises UnavailableError."""
        name = sender.encode()
        head = bytes([len(name)]) + name + len(data).to_bytes(8, "little")
        self._append(RECEIVED, head, data)

    def add_sent(self, line: Sent) -> None:
        """Keep what is about to be handed over, so that nothing else is ever sent in its place."""
        self.sent.append(line)
        self._append(SENT, canonical.to_bytes(msgspec.to_builtins(line)) + b"\n")

    def fail(self, why: str) -> None:
        """The session is over for good: see `opened`."""
        write_atomically(self.folder / FAILED, why.encode(), private=True)

    def cut(self) -> None:
        """Take off what a crash left half-written at the ends of the files."""
        whole = max((end for _, _, end in self._heads()), default=0)
        parts = sum(8 + len(part) for part in self.progress())
        lines = sum(len(canonical.to_bytes(msgspec.to_builtins(each))) + 1 for each in self.sent)
        for name, size in ((RECEIVED, whole), (SENT, lines), (PROGRESS, parts)):
            path = self.folder / name
            if path.exists() and path.stat().st_size != size:
                os.truncate(path, size)

    def _append(self, name: str, *parts: bytes) -> None:
        path = self.folder / name
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab", buffering=0) as stream:
                for part in parts:
                    _write(stream, part)
                _let_go(handle, stream.tell() - BEHIND)
        except OSError as error:
            raise UnavailableError(
                f"cannot write {path}: {error.strerror}", "free space, then go on"
            ) from None


@contextmanager
def opened(folder: Path) -> Iterator[Transcript]:
    """The transcript in a folder, made if there is none; nobody else has it meanwhile.

    Raises RefusedError if another process has it, if others could read it, or if the session failed before:
    it never goes on after that, for its masks must not serve twice.
    """
    store.make_folder(folder)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, folder)
        _same(handle, folder)
        if (folder / FAILED).exists():
            why = read_bytes(folder / FAILED, "the session's file", LIMIT).decode(errors="replace")
            raise RefusedError(
                f"this session failed: {why}",
                f"its transcript stays in {folder}; begin another with a new exchange and a new --session",
            )
        transcript = Transcript(folder)
        transcript.cut()
        yield transcript
    finally:
        os.close(handle)


def _write(stream: FileIO, data: bytes) -> None:
    """All of it: the system may take less at a time."""
    view = memoryview(data)
    while view:
        view = view[stream.write(view) :]


def _let_go(handle: int, size: int) -> None:
    """Tell the system that it need not hold the first `size` bytes in memory: it then fills the same few pages again
    and again, in place of all that are free, which takes a quarter of the time. Where it cannot be told, no harm."""
    if size > 0 and hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(handle, 0, size, os.POSIX_FADV_DONTNEED)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RefusedError(
            f"another process runs the session in {folder}", "wait for it, or end it"
        ) from None
    except OSError as error:
        raise UnavailableError(f"cannot lock {folder}: {error.strerror}", "keep it on another disk") from None


def _same(handle: int, folder: Path) -> None:
    """Who had the folder before may have removed it, lock and all, when it began nothing."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(handle), (folder / LOCK).stat()):
            return
    raise UnavailableError(f"another process removed the session in {folder}", "run the same command again")


def _record(stream: object) -> tuple[str, bytes] | None:
    read = stream.read  # type: ignore[attr-defined]
    size = read(1)
    if not size:
        return None
    name, length = read(size[0]), read(8)
    data = read(int.from_bytes(length, "little")) if len(length) == 8 else b""
    if len(length) != 8 or len(data) != int.from_bytes(length, "little"):
        return None
    return name.decode(errors="replace"), data


def _read_sent(path: Path) -> list[Sent]:
    if not path.exists():
        return []
    lines = read_bytes(path, "the session's file").split(b"\n")[:-1]
    try:
        return [read_strict(canonical.exactly(line), Sent) for line in lines]
    except MalformedError as error:
        raise IntegrityError(f"{path} is damaged: {error}", "begin another session") from None
