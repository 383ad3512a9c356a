"""Keys: in which bin of each band a row is, by secrets that the units have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pplink.agreement.model import Agreement
from pplink.compiled import kernel
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.session.blocking.shape import FIRST_YEAR, YEARS, Shape
from protocols.primitives.stream import Stream

Rows = npt.NDArray[np.uint64]
Bins = npt.NDArray[np.int64]
Places = npt.NDArray[np.uint16]
NOWHERE = -1
LANES = 8
"""16-bit numbers in a block of AES: a band's and its minima."""
SOME = 1 << 16
"""Rows at a time."""


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a unit blocks with; 32 bytes each."""

    orders: bytes
    """The units' own: which orders of bits there are."""
    bins: bytes
    """The units' own: in which bin a band's key is."""
    own: bytes
    """This unit's alone: its noise and the order in its blocks grow from it."""

    def __repr__(self) -> str:
        return "Keys(3 keys)"


def keys_of(agreement: Agreement, ring: KeyRing, secret: bytes) -> Keys:
    """secret: the linkage secret."""
    return Keys(
        orders=derive(secret, Label.BLOCKING_KEY, context="orders"),
        bins=derive(secret, Label.BLOCKING_KEY, context="bins"),
        own=ring.blocking_key(agreement.id),
    )


def bins_of(rows: Rows, keys: Keys, shape: Shape) -> Bins:
    """(n, bands): each row's bin in each band, NOWHERE for an empty row, which matches nothing.

    rows: (n, words). Bins come from AES-256 of a band's number and minima: a pseudo-random function (FIPS 197), up to
    collisions that cost a comparison.
    """
    orders = _orders(keys.orders, shape.bands * shape.sampled, 64 * rows.shape[1])
    cipher = Cipher(algorithms.AES256(keys.bins), modes.ECB()).encryptor()  # noqa: S305  a function of one block each
    found = np.empty((len(rows), shape.bands), np.int64)
    for first in range(0, len(rows), SOME):
        blocks = _blocks(rows[first : first + SOME], orders, shape)
        mixed = np.frombuffer(cipher.update(blocks.tobytes()), "<u8")[::2]
        found[first : first + SOME] = (mixed % np.uint64(shape.bins)).reshape(-1, shape.bands)
    found[~rows.any(axis=1)] = NOWHERE
    return found


def year_bins(years: Bins, rows: Rows) -> Bins:
    """(n * v, 1): bins of the rows of records of these years, (n,); of other years than those that have bins, and of 0,
    which stands for none, the last; NOWHERE for an empty row."""
    place = years - FIRST_YEAR
    bins = np.where((place >= 0) & (place < YEARS), place, YEARS)
    found = np.repeat(bins, len(rows) // max(1, len(years)))
    found[~rows.any(axis=1)] = NOWHERE
    return found.reshape(-1, 1)


def _blocks(rows: Rows, orders: Places, shape: Shape) -> npt.NDArray[np.uint16]:
    """(n, bands, LANES), little-endian: what each bin is made of."""
    blocks = np.full((len(rows), shape.bands, LANES), 0xFFFF, "<u2")
    blocks[:, :, 0] = np.arange(shape.bands)
    minima = _minima(rows, orders).reshape(len(rows), shape.bands, shape.sampled)
    blocks[:, :, 1 : 1 + shape.sampled] = minima
    return blocks


def _orders(key: bytes, count: int, bits: int) -> Places:
    """(count, bits): random orders of all bits."""
    words = Stream(key).words(0, count * bits).reshape(count, bits)
    return np.argsort(words, axis=1, kind="stable").astype(np.uint16)


@kernel
def _minima(rows: Rows, orders: Places) -> Places:
    """(n, orders): the place of the first bit that is set, in each order. Of an empty row the last place."""
    found = np.empty((rows.shape[0], orders.shape[0]), np.uint16)
    for row in range(rows.shape[0]):
        for order in range(orders.shape[0]):
            at = 0
            while at < orders.shape[1] - 1:
                bit = orders[order, at]
                if (rows[row, bit >> 6] >> np.uint64(bit & 63)) & np.uint64(1):
                    break
                at += 1
            found[row, order] = at
    return found
