"""Tags: elements under both units' scalars, cut to 16 bytes; equal ones are common items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protocols.primitives.ristretto import Rows

Tags = npt.NDArray[np.bytes_]
"""(n,): texts of 16 bytes, which numpy orders and compares as bytes (zeros at the end stand for themselves)."""
SIZE = 16


@dataclass(frozen=True, kw_only=True)
class Intersection:
    """What a unit learns."""

    size: int
    """Different items that both have."""
    items: tuple[int, ...] | None
    """Which of our items, by their places in our list, rising, repeated ones too; None if only the size is revealed."""

    def __repr__(self) -> str:
        return f"Intersection({self.size})"


def cut(elements: Rows) -> Tags:
    """The first half of each encoding: different elements have equal halves with a chance of about n * n / 2**127."""
    return np.ascontiguousarray(elements[:, :SIZE]).view(f"S{SIZE}").reshape(-1)


def words(tags: Tags) -> npt.NDArray[np.uint64]:
    """(2 n,): as they travel."""
    return np.ascontiguousarray(tags).view(np.uint64)


def read(data: npt.NDArray[np.uint64]) -> Tags:
    """Tags that travelled."""
    return np.ascontiguousarray(data).view(f"S{SIZE}")


def distinct(tags: Tags) -> bool:
    """Whether no two are equal."""
    return len(np.unique(tags)) == len(tags)
