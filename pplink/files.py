"""Files: whole or not at all. Outputs get a temporary name first and are renamed when complete.

By the operating system's own calls: the package atomicwrites is no longer maintained, a lock on a folder is one call,
and `tempfile` and `shutil` take 2 ms to import.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pplink.errors import PplinkError, UnavailableError, UsageError

_ASKING = threading.Lock()

LONGEST_NAME = 240
"""Bytes in the name of what is written: systems take 255, and till it is whole it has 15 more."""

DEVICES = Path("/dev")
"""What stands here is never replaced, for root could: `/dev/null` would be a file from then on, for everybody."""


@contextmanager
def replacing(path: Path, *, private: bool = False, flush: bool = True) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it becomes `path`, on any failure it is removed.

    private: readable by the owner alone (0600). flush: wait till the disk has it, so that a power failure leaves all
    of it. Raises UnavailableError when the disk will not have it, UsageError for a device.
    """
    check_no_device(path)
    try:
        if path.is_dir():  # found now, and not when all is written and something else has its name already
            raise IsADirectoryError
        temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
        handle = os.open(temporary, os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        os.close(handle)
        yield temporary
        temporary.chmod(0o600 if private else 0o666 & ~umask())  # now, as a writer may put another file there
        if flush:
            _flush(temporary)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes, *, private: bool = False, flush: bool = True) -> None:
    """Write all of `data` to `path`, or leave what was there. flush: see `replacing`. Raises UnavailableError."""
    with replacing(path, private=private, flush=flush) as temporary:
        temporary.write_bytes(data)


def check_no_device(path: Path) -> None:
    """Raise UsageError if a file of this name would replace a device, or a link to one that stands among them."""
    try:
        device = path.is_char_device() or path.is_block_device() or path.parent.resolve() == DEVICES
    except (OSError, RuntimeError):  # a name too long, links in a circle: writing it says what is wrong
        return
    if device:
        raise UsageError(f"cannot write {path}: it is a device", "name a file")


def require_room(folder: Path, size: int, what: str) -> None:
    """Raise UnavailableError unless this folder can hold so many bytes, with what it holds now. what: that they are, at
    the start of the sentence."""
    held = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    disk = os.statvfs(folder)
    if size > (have := disk.f_bavail * disk.f_frsize + held):
        raise UnavailableError(
            f"{what} takes {size / 2**30:,.1f} GiB of disk, and {have / 2**30:,.1f} are free in {folder}",
            "free space, or keep it on another disk (--session); or agree on blocking (--blocking-recall)",
        )


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else who asks for it changes files in this folder meanwhile: they wait.

    Raises UsageError if the folder does not exist, UnavailableError where a file system has no locks.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        _lock(folder, path)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, path: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError as error:
        reason = error.strerror or "no locks"
        raise UnavailableError(
            f"cannot lock the folder of {path}: {reason}", "use a folder on another disk"
        ) from None


@contextmanager
def opened(path: Path, what: str = "") -> Iterator[BinaryIO]:
    """A file to be read, meanwhile; `what` names it in errors. Raises UsageError for no file, UnavailableError if it
    cannot be read."""
    name = f"{what} {path}".strip()
    try:
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        raise UsageError(f"{name} does not exist", "check the name") from None
    except IsADirectoryError:
        raise UsageError(f"{name} is a folder", "name a file") from None
    except OSError as error:
        raise UnavailableError(f"{name} cannot be read: {error.strerror}", "check its owner") from None


def read_bytes(path: Path, what: str, limit: int = 1 << 30) -> bytes:
    """The bytes of a file no larger than `limit`; errors as of `opened`."""
    with opened(path, what) as stream:
        data = stream.read(min(os.fstat(stream.fileno()).st_size, limit) + 1)
        while len(data) <= limit and (more := stream.read(1 << 20)):  # a pipe does not tell its size
            data += more
    if len(data) > limit:
        raise UsageError(f"{what} {path.name} is larger than {limit:,} bytes", "is it the right file?")
    return data


def _unwritable(path: Path, error: OSError) -> PplinkError:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return UsageError(f"cannot write {path}: its folder does not exist", "make the folder first")
    if isinstance(error, IsADirectoryError):
        return UnavailableError(f"cannot write {path}: it is a folder", "name a file, or remove the folder")
    reason = os.strerror(error.errno) if error.errno else "the disk refused it"
    return UnavailableError(
        f"cannot write {path}: {reason}", "free space or check the folder, then run again"
    )


def umask() -> int:
    """The rights that the user takes from new files. One thread at a time: of two at once, one would read the other's
    zero and leave it so."""
    with _ASKING:
        mask = os.umask(0)
        os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
