"""Comparison: is a count small, when one has the masked count and the other the mask; by equality of group elements."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from protocols.paillier_stats.parameters import Parameters
from protocols.primitives import ristretto
from protocols.primitives.masking import cut, elements
from protocols.primitives.ristretto import Rows, Spread

ITEM = struct.Struct("<QQ")
LABEL = "paillier_stats count"


def small_counts(
    p: Parameters, masks: Sequence[Sequence[int]], bound: bytes, scalar: bytes, spread: Spread
) -> Rows:
    """(elements, 32), step 4: of each view and cell, `limit` small masked counts, in an order that tells nothing.

    masks: of each view its counts', and more.
    """

    def items() -> Iterator[bytes]:
        for view, mask in enumerate(masks):
            for cell in range(p.cells):
                for count in range(p.limit):
                    yield item(view, cell, mask[cell] + count)

    points = ristretto.multiply(elements(tuple(items()), LABEL, bound, spread), scalar, spread)
    whole = np.ascontiguousarray(points).view(f"S{ristretto.SIZE}").reshape(-1, p.limit)
    return np.sort(whole, axis=1).reshape(-1, 1).view(np.uint8)


def masked_counts(
    p: Parameters, numbers: Sequence[Sequence[int]], bound: bytes, scalar: bytes, spread: Spread
) -> Rows:
    """(views * cells, 32), step 5. numbers: of each view its masked counts, and more."""
    items = [item(view, cell, masked[cell]) for view, masked in enumerate(numbers) for cell in range(p.cells)]
    return ristretto.multiply(elements(items, LABEL, bound, spread), scalar, spread)


def item(view: int, cell: int, masked: int) -> bytes:
    """What is hashed to the group: 32 bytes."""
    return ITEM.pack(view, cell) + masked.to_bytes(16, "little")


def large(p: Parameters, asked: Rows, limits: Rows) -> npt.NDArray[np.bool_]:
    """(cells,), step 7: whether no view's count is small. Both under both scalars."""
    theirs = cut(limits).reshape(p.views, p.cells, p.limit)
    small = (theirs == cut(asked).reshape(p.views, p.cells, 1)).any(axis=2)
    found: npt.NDArray[np.bool_] = ~small.any(axis=0)
    return found
