"""Store: a key ring's folder. 0700, files 0600, whole or not at all, and nothing there is ever replaced."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pplink.errors import RefusedError, UnavailableError, UsageError
from pplink.files import read_bytes, write_atomically

LIMIT = 1 << 24
"""Bytes in a file that we read back."""


def make_folder(path: Path) -> None:
    """Make `path` for its owner alone, and what leads to it.

    Raises RefusedError if it is there and open to others, UsageError or UnavailableError if it cannot be.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"{path} is not a folder", "name a folder of its own for the key ring") from None
    except OSError as error:
        raise UnavailableError(f"cannot make {path}: {error.strerror}", "check who owns its folder") from None
    require_private(path)


def require_private(path: Path) -> None:
    """Raise RefusedError if group or others have any right to `path`: they could read or swap the keys."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {error.strerror}", "check its owner") from None
    if mode & 0o077:
        safe = "700" if path.is_dir() else "600"
        raise RefusedError(f"{path} is open to other users (mode {mode:o})", f"run `chmod {safe} {path}`")


def put_new(path: Path, data: bytes) -> bool:
    """Write a private file unless there is one already; False if there is. Of two at once, one wins.

    A hard link either takes the name or fails, where a rename would silently replace what the other wrote.
    """
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        write_atomically(draft, data, private=True)
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except UnavailableError as error:  # names the draft, which means nothing to anybody
        raise UnavailableError(error.message.replace(str(draft), str(path)), error.hint) from None
    except OSError as error:
        raise UnavailableError(
            f"cannot write {path}: {error.strerror}", "the folder's file system must have hard links"
        ) from None
    finally:
        with suppress(OSError):  # where nothing can be written, nothing can be removed, and nothing is there
            draft.unlink()
    return True


def read_private(path: Path, what: str) -> bytes:
    """The bytes of a file nobody else can read. Raises as `require_private` and `read_bytes` do."""
    if path.exists():
        require_private(path)
    return read_bytes(path, what, limit=LIMIT)
