"""Dataset: encodings and handles in memory, with the envelope that speaks for them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from pplink import canonical
from pplink.dataset.manifest import Manifest, Tensor, manifest_of
from pplink.keys.signing import Signed

NAMES = {np.dtype(np.uint64): "U64", np.dtype(np.uint8): "U8"}
"""The types of the arrays, as safetensors names them."""


class EncodedDataset(msgspec.Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """What a unit hands to the broker. Nothing is verified by having one: see `reader`."""

    encoding: npt.NDArray[np.uint64]
    """(n * v, words): v encodings of each record, one after the other; v is 1 unless the agreement has variants.
    Bit i of a filter is bit i % 64, from the lowest, of word i // 64."""
    handle: npt.NDArray[np.uint8]
    """(n, 16): an opaque name for each record, unique in the dataset."""
    signed: Signed
    """The manifest, signed by the unit."""

    def __post_init__(self) -> None:
        self.encoding.flags.writeable = False
        self.handle.flags.writeable = False

    def __len__(self) -> int:
        """Records."""
        return len(self.handle)

    @cached_property
    def manifest(self) -> Manifest:
        """What the envelope says. Raises MalformedError if it says something else than a manifest."""
        return manifest_of(self.signed)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the RFC 8785 form of the envelope, 64 hex digits; covers every bit of the arrays."""
        return canonical.digest(self.signed.to_json())


def describe(array: npt.NDArray[Any]) -> Tensor:
    """An array as its manifest describes it."""
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    digest = canonical.sha256((plain.reshape(-1).view(np.uint8).data,))
    return Tensor(dtype=NAMES[array.dtype], shape=list(array.shape), sha256=digest)  # type: ignore[arg-type]
