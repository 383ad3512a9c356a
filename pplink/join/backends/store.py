"""Store: rows in a folder that several processes or machines see, each file named by its digest."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import cast

import numpy as np

from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.files import replacing
from pplink.join.rows import BitRows, digest


class Store:
    """A private folder (0700) of its own within a place. Encodings lie there till it is removed."""

    def __init__(self, place: Path | None) -> None:
        """place: None for the system's temporary folder. Raises UsageError, UnavailableError."""
        if place is not None and not place.is_dir():
            raise UsageError(f"store {place} is not a folder", "name one that all workers share")
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="pplink-", dir=place))
        except OSError as error:
            raise UnavailableError(f"cannot write to store {place}: {error.strerror}") from None

    def put(self, rows: BitRows) -> str:
        """Write rows unless they are there; their digest."""
        name = digest(rows)
        path = _path(self.folder, name)
        if not path.exists():
            with replacing(path, private=True) as temporary, temporary.open("wb") as stream:
                np.save(stream, rows.astype("<u8", copy=False))
        return name

    def remove(self) -> None:
        """Delete all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def fetch(folder: Path, name: str) -> BitRows:
    """The rows of that digest, mapped into memory and read once to see that they are.

    Raises UnavailableError if they cannot be read, IntegrityError if they are others.
    """
    try:
        rows = np.load(_path(folder, name), mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise UnavailableError(
            f"a worker cannot read dataset {name[:12]}...: {error.strerror}",
            "--store must name a folder that this machine and all workers share",
        ) from None
    except (ValueError, EOFError):
        raise _damaged(name) from None
    if rows.dtype != np.dtype("<u8") or rows.ndim != 2 or digest(rows) != name:
        raise _damaged(name)
    return cast("BitRows", rows)


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def _damaged(name: str) -> IntegrityError:
    return IntegrityError(
        f"dataset {name[:12]}... in the store has other bytes than were written", "match anew"
    )
