"""Making: a unit signs for encodings, and they are a dataset."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from msgspec import UNSET

from pplink import canonical
from pplink.dataset.dataset import EncodedDataset, describe
from pplink.dataset.manifest import KIND, Bits, Fill, Manifest, Risk
from pplink.errors import UsageError
from pplink.keys.ring import KeyRing

BLOCK = 1 << 13
"""Rows counted at a time."""


def make_dataset(
    encoding: npt.NDArray[np.uint64],
    handle: npt.NDArray[np.uint8],
    ring: KeyRing,
    *,
    agreement_id: str,
    confirmation: bytes,
    created: datetime,
    rejected: int = 0,
    blanked: int = 0,
    thin: int | None = None,
    risk: Risk | None = None,
    variants: int = 1,
    fill: Fill | None = None,
) -> EncodedDataset:
    """encoding: (n * v, words), `variants` = v to a record; handle: (n, 16); both become read-only. confirmation: 32
    bytes; created: with a time zone (UsageError); fill: of all of `encoding`, if it is known already. The manifest is
    computed and signed by `ring`.
    """
    if created.tzinfo is None:
        raise UsageError("the time of encoding needs a time zone")
    manifest = Manifest(
        agreement=agreement_id,
        unit=ring.name,
        created=created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        records=len(handle),
        rejected=rejected,
        blanked=blanked,
        thin=UNSET if thin is None else thin,
        fill=fill_of(encoding) if fill is None else fill,
        confirmation=canonical.to_base64(confirmation),
        encoding=Bits(bits=encoding.shape[1] * 64, variants=UNSET if variants == 1 else variants),
        tensors={"encoding": describe(encoding), "handle": describe(handle)},
        risk=UNSET if risk is None else risk,
    )
    return EncodedDataset(encoding=encoding, handle=handle, signed=ring.sign(KIND, manifest.to_json()))


def fill_of(encoding: npt.NDArray[np.uint64], ones: npt.NDArray[np.int64] | None = None) -> Fill:
    """Share of set bits in rows of (n, words), to 4 decimals. ones: (n,), if they have been counted."""
    if not len(encoding):
        return Fill(min=0.0, mean=0.0, max=0.0)
    counts = ones_of(encoding) if ones is None else ones
    bits = encoding.shape[1] * 64
    low, mean, high = (round(float(count) / bits, 4) for count in (counts.min(), counts.mean(), counts.max()))
    return Fill(min=low, mean=mean, max=high)


def ones_of(rows: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """(n,): bits set in each row of (n, words). Summed by a matrix product, in numbers that floats hold exactly: half
    the time of `sum` over short rows."""
    counts, each = np.empty(len(rows), np.int64), np.ones(rows.shape[1], np.float32)
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        counts[part] = np.bitwise_count(rows[part]).astype(np.float32) @ each
    return counts
