"""Ristretto: the group ristretto255 (RFC 9496), its elements as rows of bytes, by libsodium.

Prime order, one encoding an element. What a peer sends is multiplied only if it is the canonical encoding of
an element that is not the identity: libsodium's decoder sees to the first, and as only the identity has the
identity for a product, refusing that product sees to the second. libsodium's operations on secrets take the
same time whatever the secret is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from ctypes import c_void_p, cast, create_string_buffer
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from protocols.primitives.compiled import given, kernel
from protocols.primitives.foreign import call2, call3
from protocols.primitives.sodium import CORE, MULTIPLY, load

Rows = npt.NDArray[np.uint8]
"""(n, 32): elements, one an encoding of RFC 9496."""
Spread = Callable[[Callable[[slice], Any], Iterable[slice]], Iterable[Any]]
"""How slices of rows are worked on: `map`, or the map of a pool of threads, which then share the work."""

ORDER = 2**252 + 27742317777372353535851937790883648493
SIZE = 32
"""Bytes of an element, and of a scalar (little-endian, below ORDER)."""
SHARE = 256
"""Rows that a thread takes at a time, about 10 ms of work."""
_BLOCK = 128
"""Bytes that SHA-512 takes in at a time."""


class OutsideError(ValueError):
    """Bytes that are no element, or the identity; or that have no product but the identity."""

    def __init__(self, row: int) -> None:
        super().__init__(f"row {row} is no element of the group, or the identity")
        self.row = row


def multiply(points: Rows, scalar: bytes, spread: Spread = map) -> Rows:
    """(n, 32): each element times the scalar. Raises OutsideError for a row that is none, or the identity."""
    factor, rows, found = _scalar(scalar), given(np.ascontiguousarray(points)), np.empty_like(points)

    def share(part: slice) -> int:
        row = _multiply(_at(MULTIPLY), factor, rows[part], found[part])
        return row + part.start if row >= 0 else -1

    outside = [row for row in spread(share, _parts(len(rows))) if row >= 0]
    if outside:
        raise OutsideError(outside[0])
    return found


def from_uniform(wide: npt.NDArray[np.uint8], spread: Spread = map) -> Rows:
    """(n, 32): the elements that (n, 64) uniform bytes stand for: the one-way map of RFC 9496, 4.3.4."""
    rows, found = given(np.ascontiguousarray(wide)), np.empty((len(wide), SIZE), np.uint8)
    tuple(
        spread(lambda part: _from_hash(_at(f"{CORE}from_hash"), rows[part], found[part]), _parts(len(rows)))
    )
    return found


def hashed(texts: Sequence[bytes], tag: bytes, spread: Spread = map) -> Rows:
    """(n, 32): hash_to_ristretto255 (RFC 9380, appendix B) of each text, with expand_message_xmd and SHA-512.

    tag: the domain separation tag, 1 to 255 bytes. No scalar is known between two such elements.
    """
    return widened(texts, lambda text: expand(text, tag), spread)


def widened(texts: Sequence[bytes], widen: Callable[[bytes], bytes], spread: Spread = map) -> Rows:
    """(n, 32): the elements that widen(text), 64 uniform bytes, stands for. It is called by the threads, too."""
    found = np.empty((len(texts), SIZE), np.uint8)

    def share(part: slice) -> None:
        wide = b"".join(map(widen, texts[part]))
        _from_hash(_at(f"{CORE}from_hash"), _read(wide, 64), found[part])

    tuple(spread(share, _parts(len(texts))))
    return found


def expand(text: bytes, tag: bytes) -> bytes:
    """expand_message_xmd of RFC 9380, 5.3.1, with SHA-512, to 64 bytes, which one block gives."""
    if not 1 <= len(tag) <= 255:
        raise ValueError("a tag has 1 to 255 bytes")
    ending = tag + bytes([len(tag)])
    first = hashlib.sha512(bytes(_BLOCK) + text + b"\0\x40\0" + ending).digest()
    return hashlib.sha512(first + b"\1" + ending).digest()


def base_times(scalar: bytes) -> bytes:
    """The base point times the scalar. Raises ValueError for zero."""
    return _made(f"{MULTIPLY}_base", bytes(_scalar(scalar)))


def times(scalar: bytes, point: bytes) -> bytes:
    """One element times the scalar. Raises OutsideError as `multiply`."""
    return multiply(_read(point, SIZE), scalar).tobytes()


def add(left: bytes, right: bytes) -> bytes:
    """The sum of two elements. Raises OutsideError if one is none."""
    for row, point in enumerate((left, right)):
        if len(point) != SIZE or not load_once().crypto_core_ristretto255_is_valid_point(point):
            raise OutsideError(row)
    return _made(f"{CORE}add", left, right)


def holds(point: bytes) -> bool:
    """Whether bytes are the encoding of an element, and not of the identity."""
    valid = len(point) == SIZE and load_once().crypto_core_ristretto255_is_valid_point(point)
    return bool(valid) and any(point)


def is_scalar(data: bytes) -> bool:
    """Whether bytes are a canonical scalar, zero too. Not for secrets: it takes longer for some."""
    return len(data) == SIZE and int.from_bytes(data, "little") < ORDER


def reduced(wide: bytes) -> bytes:
    """The scalar that 64 bytes give, read as a little-endian number, modulo ORDER."""
    if len(wide) != 2 * SIZE:
        raise ValueError("64 bytes give a scalar")
    return _made(f"{CORE}scalar_reduce", wide)


def inverse(scalar: bytes) -> bytes:
    """The scalar that undoes it. Raises ValueError for zero."""
    return _made(f"{CORE}scalar_invert", bytes(_scalar(scalar)))


def scalar_difference(left: bytes, right: bytes) -> bytes:
    """left - right, modulo ORDER."""
    return _made(f"{CORE}scalar_sub", left, right)


def scalar_product(left: bytes, right: bytes) -> bytes:
    """left * right, modulo ORDER."""
    return _made(f"{CORE}scalar_mul", left, right)


@cache
def load_once() -> Any:
    """libsodium; loaded when first needed."""
    return load()


@cache
def _at(name: str) -> int:
    """Where a function lies."""
    place = cast(getattr(load_once(), name), c_void_p).value
    if place is None:  # pragma: no cover
        raise ImportError(f"{name} lies nowhere")
    return place


def _made(name: str, *parts: bytes) -> bytes:
    found = create_string_buffer(SIZE)
    if getattr(load_once(), name)(found, *parts):  # None from those that cannot fail
        raise ValueError("no such element or scalar")
    return found.raw


def _scalar(scalar: bytes) -> Rows:
    if len(scalar) != SIZE or scalar[-1] > 0x1F:
        raise ValueError("a scalar is 32 bytes, below the group's order")
    return given(np.frombuffer(scalar, np.uint8))


def _read(data: bytes, width: int) -> Rows:
    if len(data) % width:
        raise OutsideError(len(data) // width)
    return given(np.frombuffer(data, np.uint8).reshape(-1, width))


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, min(start + SHARE, count)) for start in range(0, count, SHARE))


@kernel
def _multiply(function: int, factor: Rows, rows: Rows, found: Rows) -> int:
    """The first row that has no product, or -1."""
    outside = -1
    for row in range(len(rows)):
        place, product = rows.ctypes.data + 32 * row, found.ctypes.data + 32 * row
        if call3(function, product, factor.ctypes.data, place) != 0 and outside < 0:
            outside = row
    return outside


@kernel
def _from_hash(function: int, rows: Rows, found: Rows) -> None:
    for row in range(len(rows)):
        call2(function, found.ctypes.data + 32 * row, rows.ctypes.data + 64 * row)
