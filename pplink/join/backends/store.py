"""Store: arrays in a folder that several processes or machines see, each file named by its digest."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import get_ident
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.join.backends.slices import Side

Array = npt.NDArray[Any]

WRITERS = 2
"""Threads that write: the rows, and the same on their side, are nearly all of it."""


class Kept(NamedTuple):
    """A side in a store: the digests of its arrays."""

    rows: str
    counts: str
    origin: str
    slices: str


class Store:
    """A private folder (0700) of its own within a place. Encodings lie there till they are dropped or it is removed."""

    def __init__(self, place: Path | None) -> None:
        """place: None for the system's temporary folder. Raises UsageError, UnavailableError."""
        if place is not None and not place.is_dir():
            raise UsageError(f"store {place} is not a folder", "name one that all workers share")
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="pplink-", dir=place))
        except OSError as error:
            raise UnavailableError(f"cannot write to store {place}: {error.strerror}") from None

        self._puts = Counter[str]()
        """How often each array was put and not dropped."""

    def put(self, side: Side) -> Kept:
        """Write a side's arrays, those that are not there yet. Raises UnavailableError."""
        with ThreadPoolExecutor(WRITERS) as executor:
            kept = Kept(*executor.map(self._put, side))
        self._puts.update(kept)
        return kept

    def drop(self, kept: Kept) -> None:
        """Delete what nobody else has put. Who has it mapped keeps it."""
        self._puts.subtract(kept)
        for name in kept:
            if self._puts[name] <= 0:
                _path(self.folder, name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _put(self, array: Array) -> str:
        """Not flushed to the disk: what a crash of the machine cuts short, nobody reads any more."""
        name = digest(array)
        path = _path(self.folder, name)
        if not path.exists():
            unfinished = path.with_suffix(f".{get_ident()}")  # two arrays of a side may be equal
            try:
                handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "wb") as stream:
                    np.save(stream, array.astype(array.dtype.newbyteorder("<"), copy=False))
                unfinished.replace(path)
            except OSError as error:
                unfinished.unlink(missing_ok=True)
                raise UnavailableError(
                    f"cannot write to store {self.folder}: {error.strerror}", "is its disk full?"
                ) from None
        return name


def fetch(folder: Path, kept: Kept) -> Side:
    """The side, mapped into memory, so shared by all processes of a machine; read once to see that it is the one.

    The mapping is private, so writing into it, which nobody does, would not reach the file; arrays that cannot be
    written would need machine code of their own.
    Raises UnavailableError if it cannot be read, IntegrityError if it is another.
    """
    return Side(*(_fetched(folder, name) for name in kept))


def digest(array: Array) -> str:
    """SHA-256 of an array's bytes, little-endian, after its kind and shape; 64 hex digits."""
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    told = hashlib.sha256(repr((plain.dtype.kind, plain.dtype.itemsize, plain.shape)).encode())
    told.update(plain.reshape(-1).view(np.uint8).data)
    return told.hexdigest()


def _fetched(folder: Path, name: str) -> Array:
    try:
        array: Array = np.load(_path(folder, name), mmap_mode="c", allow_pickle=False).view(np.ndarray)
    except OSError as error:
        raise UnavailableError(
            f"a worker cannot read dataset {name[:12]}...: {error.strerror}",
            "--store must name a folder that this machine and all workers share",
        ) from None
    except (ValueError, EOFError):
        raise _damaged(name) from None
    if array.dtype.hasobject or digest(array) != name:
        raise _damaged(name)
    return array


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def _damaged(name: str) -> IntegrityError:
    return IntegrityError(
        f"dataset {name[:12]}... in the store has other bytes than were written", "match anew"
    )
