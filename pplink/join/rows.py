"""Rows of bits, checked where they enter the room; after that they are trusted."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from pplink import memory
from pplink.errors import DataError

BitRows = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

WORDS = 1023
"""Words a row at most: a column's number and a count must fit into 16 bits."""


def checked(rows: object, name: str) -> BitRows:
    """rows as (n, words) uint64 in C order and this machine's byte order, copied only where needed.

    name: which argument the error speaks of. Raises DataError for anything but a 2-D array of uint64,
    UnavailableError if there is no room for a copy.
    """
    if not isinstance(rows, np.ndarray):
        raise DataError(f"{name} rows are {type(rows).__name__}, not an array of uint64")
    if rows.ndim != 2:
        raise DataError(f"{name} rows have {rows.ndim} dimensions instead of 2", "pass (n, words) uint64")
    if rows.dtype.kind != "u" or rows.dtype.itemsize != 8:
        raise DataError(f"{name} rows are {rows.dtype.name}, not uint64", "pack the bits into 64-bit words")
    if not 1 <= rows.shape[1] <= WORDS:
        raise DataError(f"{name} rows have {rows.shape[1]} words instead of 1 to {WORDS}")
    if not (rows.flags.c_contiguous and rows.dtype.isnative and rows.flags.aligned):
        memory.require(rows.nbytes, f"a copy of the {name} rows" if name != "the" else "a copy of the rows")
    return np.ascontiguousarray(rows, np.uint64)


def checked_sides(left: object, right: object) -> tuple[BitRows, BitRows]:
    """Both sides, checked. Raises DataError, also if their widths differ."""
    sides = checked(left, "left"), checked(right, "right")
    widths = [64 * rows.shape[1] for rows in sides]
    if widths[0] != widths[1]:
        raise DataError(f"left rows have {widths[0]} bits, right rows {widths[1]}")
    return sides


def counts(rows: BitRows) -> Counts:
    """(n,) int64: how many bits are set in each row."""
    result: Counts = np.einsum("ij->i", np.bitwise_count(rows), dtype=np.int64)
    return result


def digest(rows: BitRows) -> str:
    """SHA-256 of (n, words) uint64, little-endian, after its shape; 64 hex digits."""
    plain = np.ascontiguousarray(rows, "<u8")
    told = hashlib.sha256(repr(plain.shape).encode())
    told.update(plain.reshape(-1).data)
    return told.hexdigest()
