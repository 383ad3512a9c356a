"""Choices: secret numbers and orders, drawn from a key as token positions are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.encoders.mac import Mac
from pplink.encoders.positions import positions

Ints = npt.NDArray[np.int64]


def subsets(key: bytes, label: bytes, count: int, size: int, among: int) -> Ints:
    """(count, size): for each of `count`, `size` different numbers below `among`, in the order they are drawn."""
    mac, found = Mac(key), np.empty((count, size), np.int64)
    for number in range(count):
        token, asked = label + number.to_bytes(4, "big"), size
        while len(drawn := list(dict.fromkeys(positions(mac, token, asked, among)))) < size:
            asked += size
        found[number] = drawn[:size]
    return found


def order(key: bytes, label: bytes, size: int) -> Ints:
    """(size,): the numbers below `size` in a secret order, by rank of their MACs."""
    mac = Mac(key)
    drawn = list(mac.digests(label + number.to_bytes(4, "big") for number in range(size)))
    return np.array(sorted(range(size), key=drawn.__getitem__), np.int64)
