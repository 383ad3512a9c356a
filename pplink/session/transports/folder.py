"""Folder: messages as files in a folder that all parties see, such as a mounted share.

A file has its name only when it is whole. Nothing but names, sizes and times can be read off the folder.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from pplink.errors import PeerError, UnavailableError, UsageError
from pplink.files import write_atomically
from pplink.session.transports.held import Held
from pplink.session.transports.interface import ANY, GO_ON, silence, too_long

SOONEST, LATEST = 0.002, 0.1
"""Seconds between two looks: short after something came, then longer and longer."""
FLUSHED = 1 << 20
"""Bytes of a message up to which it is on the disk before its sender goes on. A longer one is one of very many that
are taken within moments: a power failure, not a crash, may lose it."""
_PUT = threading.Condition()
"""Told of each message that this process puts into any folder, so that who waits for it looks at once."""


class FolderTransport:
    """One folder a session, or all couples' sessions of some units; it must be there, and empty at first.

    All files lie in the folder itself: a folder in it would be whoever made it's, and others could not write there.
    """

    most = ANY

    def __init__(self, folder: Path, couple: str = "", held: Held | None = None) -> None:
        """couple: whose session it is, as `north+south`, if there are several; held: of a folder that this process
        serves, what is kept in memory instead. Raises UsageError if there is no such folder."""
        if not folder.is_dir():
            raise UsageError(f"exchange folder {folder} does not exist", "make it, where all parties see it")
        self.folder = folder
        self._prefix = f"{couple}." if couple else ""
        self._held = held

    @property
    def keeps(self) -> bool:
        """See `Transport`."""
        return self._held is None

    def claim(self, sender: str) -> None:
        """See `Transport`. An exclusive creation: of two at once one gets it, on any file system."""
        path = self.folder / f"{self._prefix}{sender}.claim"
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            raise UsageError(
                f"exchange folder {self.folder} has a session of {sender} already",
                "use a new, empty folder for each session; or go on with the --session that began this one",
            ) from None
        except OSError as error:
            raise _failed(path, error) from None

    def put(self, sender: str, recipient: str, number: int, data: bytes) -> None:
        """See `Transport`."""
        path = self._path(sender, recipient, number)
        if self._held is None or not self._held.put(path.name, recipient, data):
            write_atomically(path, data, flush=len(data) <= FLUSHED)
        with _PUT:
            _PUT.notify_all()

    def wait(self, recipient: str, due: Mapping[str, int], limit: int, seconds: float) -> tuple[str, bytes]:
        """See `Transport`."""
        paths = {sender: self._path(sender, recipient, number) for sender, number in sorted(due.items())}
        end, pause = time.monotonic() + seconds, SOONEST
        while True:
            with _PUT:
                if not any(self._there(path) for path in paths.values()):
                    _PUT.wait(pause)
            for sender, path in paths.items():
                data = self._read(path, sender, limit)
                if data is not None:
                    return sender, data
            if time.monotonic() >= end:
                raise UnavailableError(silence(due, seconds), GO_ON)
            pause = min(2 * pause, LATEST)

    def taken(self, sender: str, recipient: str, number: int) -> None:
        """See `Transport`. If it cannot be removed, it takes room and does no harm."""
        path = self._path(sender, recipient, number)
        if self._held is not None:
            self._held.drop(path.name)
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return

    def sweep(self, sender: str, recipient: str, below: int) -> None:
        """See `Transport`."""
        start = f"{self._prefix}{sender}.{recipient}."
        for name in self.names():
            number = name.removeprefix(start)
            if number != name and number.isdecimal() and int(number) < below:
                self.taken(sender, recipient, int(number))

    def _path(self, sender: str, recipient: str, number: int) -> Path:
        return self.folder / f"{self._prefix}{sender}.{recipient}.{number:08d}"

    def stored(self, sender: str) -> int:
        """How many messages of a sender lie there, or did so a moment ago."""
        start = f"{self._prefix}{sender}."
        return sum(name.startswith(start) for name in self.names())

    def names(self) -> list[str]:
        """What lies there, of all couples, or is held instead."""
        return [path.name for path in self.folder.iterdir()] + (self._held.names() if self._held else [])

    def _there(self, path: Path) -> bool:
        return (self._held is not None and self._held.get(path.name) is not None) or path.exists()

    def _read(self, path: Path, sender: str, limit: int) -> bytes | None:
        data = None if self._held is None else self._held.get(path.name)
        if data is None:
            return _read(path, sender, limit)
        if len(data) > limit:
            raise PeerError(too_long(sender, len(data), limit))
        return data


def _read(path: Path, sender: str, limit: int) -> bytes | None:
    """The file, if it is there: no more of it than the limit, and never through a link or from a pipe."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(path, error) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnavailableError(f"{path}: no file", "somebody else made it: remove it, then go on")
    with os.fdopen(handle, "rb") as stream:
        try:
            data = stream.read(limit + 1)
        except OSError as error:
            raise _failed(path, error) from None
        if len(data) > limit:
            raise PeerError(too_long(sender, os.fstat(stream.fileno()).st_size, limit))
    return data


def _failed(path: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"{path}: {error.strerror}", "check the exchange folder's owner, and whether the share is connected"
    )
