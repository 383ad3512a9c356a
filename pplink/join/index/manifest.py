"""Manifest: what the file of an index says it holds, and where in the file each array is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import msgspec

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.keys.strict import read_strict

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
ALIGNED = 64
"""Bytes: arrays begin at a multiple, so that no vector of a slice straddles two cache lines."""


class Tensor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One array."""

    dtype: Literal["U64", "I64", "U8"]
    """As safetensors names it."""
    shape: list[Count]
    sha256: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    """Of its bytes, little-endian, rows first."""

    @property
    def size(self) -> int:
        """Bytes."""
        size = 1 if self.dtype == "U8" else 8
        for each in self.shape:
            size *= each
        return size


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A segment."""

    first: Count
    stop: Count
    """Its ids are in [first, stop)."""
    rows: Count


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is not in the arrays, and the digests of these."""

    format: Literal["pplink-index/1"] = "pplink-index/1"
    bits: Annotated[int, msgspec.Meta(ge=64, le=64 * 1023, multiple_of=64)]
    """Width of a row."""
    lanes: Annotated[int, msgspec.Meta(ge=4, le=8, multiple_of=4)]
    """Words of a vector on the machine that wrote it, 4 or 8."""
    ids: Count
    """How many were ever given."""
    segments: Annotated[list[Span], msgspec.Meta(max_length=64)]
    tensors: dict[str, Tensor]

    def to_bytes(self) -> bytes:
        """Its RFC 8785 form; the digest of the index is the SHA-256 of it."""
        return canonical.to_bytes(msgspec.to_builtins(self))

    @property
    def digest(self) -> str:
        """64 hex digits; every bit of the arrays is under it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


class Due(NamedTuple):
    """What an array of the manifest must be."""

    name: str
    dtype: str
    shape: list[int]


def due(bits: int, lanes: int, ids: int, segments: list[Span]) -> Iterator[Due]:
    """The arrays of such an index, in the order they have in the file: those read in vectors come first."""
    tile = 64 * lanes
    for number, each in enumerate(segments):
        yield Due(f"slices.{number}", "U64", [-(-each.rows // tile), bits + 1, lanes])
    for number, each in enumerate(segments):
        yield Due(f"rows.{number}", "U64", [each.rows, bits // 64])
        yield Due(f"ids.{number}", "I64", [each.rows])
    yield Due("place", "I64", [bits])
    yield Due("alive", "U8", [ids])


def header(manifest: Manifest) -> bytes:
    """The header of the file, with its length before it: the only one for this manifest."""
    entries: dict[str, object] = {
        "__metadata__": {"manifest": manifest.to_bytes().decode(), "sha256": manifest.digest}
    }
    end = 0
    for name, dtype, shape in due(manifest.bits, manifest.lanes, manifest.ids, manifest.segments):
        begin, end = end, end + manifest.tensors[name].size
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % ALIGNED)
    return len(text).to_bytes(8, "little") + text


def manifest_in(head: bytes) -> Manifest:
    """The manifest in a header, length included. Raises MalformedError unless it is the manifest's only one."""
    told = canonical.from_bytes(head[8:])
    metadata = told.get("__metadata__") if isinstance(told, dict) else None
    text = metadata.get("manifest") if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise MalformedError("has no manifest")
    manifest = read_strict(canonical.exactly(text.encode()), Manifest, "$.manifest")
    _check_spans(manifest)
    wanted = {each.name: each for each in due(manifest.bits, manifest.lanes, manifest.ids, manifest.segments)}
    if manifest.tensors.keys() != wanted.keys():
        raise MalformedError("has other arrays than its segments")
    for name, tensor in manifest.tensors.items():
        if (tensor.dtype, tensor.shape) != (wanted[name].dtype, wanted[name].shape):
            raise MalformedError(f"has an array {name} of another type or shape than its segments")
    if head != header(manifest):
        raise MalformedError("has a header that its manifest does not give")
    return manifest


def _check_spans(manifest: Manifest) -> None:
    at = 0
    for number, each in enumerate(manifest.segments):
        if each.first != at or each.stop < at or each.rows > each.stop - each.first:
            raise MalformedError(f"has ids in segment {number} that do not follow")
        at = each.stop
    if at != manifest.ids:
        raise MalformedError("has ids without a segment")
