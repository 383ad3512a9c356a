"""Counts: how many rows are in each bin, as a unit tells the other: with noise that hides any one person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.errors import PeerError
from pplink.session.blocking.keys import Bins
from pplink.session.blocking.noise import two_sided
from pplink.session.blocking.shape import Shape
from protocols.primitives.stream import Stream

Counts = npt.NDArray[np.int64]


def true_counts(bins: Bins, shape: Shape) -> Counts:
    """(bands, bins): rows in each."""
    found = np.zeros((shape.bands, shape.bins), np.int64)
    for band in range(shape.bands):
        there = bins[:, band]
        found[band] = np.bincount(there[there >= 0], minlength=shape.bins)
    return found


def noised(counts: Counts, shape: Shape, stream: Stream, size: int) -> Counts:
    """(bands, bins): the counts with noise and shift, from 0 to the size of the list, which is known."""
    noise = two_sided(stream.words(0, 2 * shape.counts), shape.scale).reshape(counts.shape)
    found: Counts = np.clip(counts + noise + shape.shift, 0, size)
    return found


def to_bytes(counts: Counts) -> bytes:
    """What `from_bytes` reads: 4 bytes each, little-endian."""
    return counts.astype("<u4").tobytes()


def from_bytes(data: bytes | memoryview, shape: Shape, sender: str, size: int) -> Counts:
    """Another unit's counts. Raises PeerError for what cannot be."""
    if len(data) != 4 * shape.counts:
        raise PeerError(
            f"{sender} told of {len(data) // 4:,} bins where there are {shape.counts:,}",
            "its program is another than ours",
        )
    counts = np.frombuffer(data, "<u4").astype(np.int64).reshape(shape.bands, shape.bins)
    if (counts > size).any():
        raise PeerError(
            f"{sender} told of more records in a bin than it has", "its program is another than ours"
        )
    return counts
