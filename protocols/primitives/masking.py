"""Masking: items as group elements under a secret scalar, shuffled, with dummies; and tags cut from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protocols.primitives import ristretto
from protocols.primitives.hashing import PREFIX
from protocols.primitives.ristretto import Rows, Spread
from protocols.primitives.stream import Stream

Tags = npt.NDArray[np.bytes_]
"""(n,): texts of 16 bytes, which numpy orders and compares as bytes (zeros at the end stand for themselves)."""
Order = npt.NDArray[np.int64]
SIZE = 16


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """32 bytes each, of one run."""

    scalar: bytes
    """A scalar, not zero."""
    dummies: bytes
    """Key of the stream that dummies come from."""
    order: bytes
    """Key of the stream that shuffles."""

    def __repr__(self) -> str:
        return "Secrets()"


def elements(items: Sequence[bytes], label: str, bound: bytes, spread: Spread = map) -> Rows:
    """(n, 32): map(SHA-512(label, bound, item)), each part after its length as 8 bytes; SPEC.md of ecdh_psi, step 2."""
    started = hashlib.sha512()
    for part in (PREFIX + label.encode(), bound):
        started.update(len(part).to_bytes(8, "little") + part)

    def widen(item: bytes) -> bytes:
        told = started.copy()
        told.update(len(item).to_bytes(8, "little") + item)
        return told.digest()

    return ristretto.widened(items, widen, spread)


def masked(points: Rows, size: int, secrets: Secrets, spread: Spread = map) -> tuple[Rows, Order]:
    """(size, 32) and (size,): points times the scalar, and dummies, shuffled; of each, its place before that."""
    products = ristretto.multiply(points, secrets.scalar, spread)
    missing = size - len(products)
    wide = Stream(secrets.dummies).words(0, 8 * missing).view(np.uint8).reshape(-1, 64)
    everything = np.concatenate((products, ristretto.from_uniform(wide, spread)))
    order = np.argsort(Stream(secrets.order).words(0, size), kind="stable")
    return everything[order], order


def cut(points: Rows) -> Tags:
    """(n,): the first half of each encoding; any two of n different elements have equal halves with a chance of about
    n * n / 2**127. points: (n, 32)."""
    return np.ascontiguousarray(points[:, :SIZE]).view(f"S{SIZE}").reshape(-1)


def words(tags: Tags) -> npt.NDArray[np.uint64]:
    """(2 n,): as they travel."""
    return np.ascontiguousarray(tags).view(np.uint64)


def read(data: npt.NDArray[np.uint64]) -> Tags:
    """(n,): tags that travelled in (2 n,) words."""
    return np.ascontiguousarray(data).view(f"S{SIZE}")


def distinct(tags: Tags) -> bool:
    """Whether no two are equal."""
    return len(np.unique(tags)) == len(tags)


def packed(items: Sequence[bytes]) -> bytes:
    """Different items, rising as bytes, each after its length as 8 bytes: what a commitment is to."""
    return b"".join(len(item).to_bytes(8, "little") + item for item in sorted(set(items)))
