"""Manifest: what a unit says of its dataset, signed."""

from typing import Annotated, Literal

import msgspec

from pplink import canonical
from pplink.canonical import Json, MalformedError
from pplink.keys.signing import NAME, Signed
from pplink.keys.strict import read_strict

KIND = "pplink/dataset-manifest/1"

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Moment = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Tensor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One array of the file."""

    dtype: Literal["U64", "U8"]
    """As safetensors names it."""
    shape: Annotated[list[Count], msgspec.Meta(min_length=2, max_length=2)]
    """Rows, columns."""
    sha256: Digest
    """Of the array's bytes, little-endian, rows first."""


class Fill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Share of set bits over the records; zeros for no records."""

    min: Share
    mean: Share
    max: Share


class Bits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How wide an encoding is."""

    bits: Annotated[int, msgspec.Meta(ge=64, le=8192, multiple_of=64)]
    variants: Annotated[int, msgspec.Meta(ge=2, le=256)] | msgspec.UnsetType = msgspec.UNSET
    """Encodings of each record. Absent: one."""

    @property
    def rows(self) -> int:
        """Encodings of a record."""
        return 1 if self.variants is msgspec.UNSET else self.variants


class Risk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What attacks on the list found, before it was encoded."""

    report: Digest
    """SHA-256 of the unit's report, which stays with the unit."""
    reidentified: Share
    """Share of persons whom attacks without the key may tell: the upper end, to 4 decimals."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing in it tells of a single person."""

    format: Literal["pplink-dataset/1"] = "pplink-dataset/1"
    agreement: Digest
    """Id of the agreement that the records were encoded under."""
    unit: Annotated[str, msgspec.Meta(pattern=NAME)]
    created: Moment
    """RFC 3339, UTC, by the unit's clock."""
    records: Count
    rejected: Count
    """Bad rows that were left out."""
    blanked: Count
    """Bad values that were encoded as missing."""
    thin: Count | msgspec.UnsetType = msgspec.UNSET
    """Rows whose encodings were made empty, by the agreement's floor. Absent if it has none."""
    fill: Fill
    confirmation: str
    """Key confirmation, 32 bytes in base64: the same for all units that derived the same linkage secret."""
    encoding: Bits
    tensors: dict[Literal["encoding", "handle"], Tensor]
    risk: Risk | msgspec.UnsetType = msgspec.UNSET
    """Absent if no report was attached."""

    def to_json(self) -> dict[str, Json]:
        """The body that is signed."""
        body: dict[str, Json] = msgspec.to_builtins(self)
        return body


def manifest_of(signed: Signed) -> Manifest:
    """The manifest in an envelope. Raises MalformedError, naming the JSON path of what is wrong.

    Who signed it is not looked at here.
    """
    manifest = read_strict(signed.body, Manifest, "$.body")
    try:
        canonical.from_base64(manifest.confirmation, 32)
    except MalformedError as error:
        raise MalformedError(f"$.body.confirmation: {error}") from None
    rows = manifest.records * manifest.encoding.rows
    due = {"encoding": ("U64", rows, manifest.encoding.bits // 64), "handle": ("U8", manifest.records, 16)}
    for name, (dtype, count, columns) in due.items():
        tensor = manifest.tensors.get(name)  # type: ignore[call-overload]
        if tensor is None:
            raise MalformedError(f"$.body.tensors.{name}: missing")
        if tensor.dtype != dtype or tensor.shape != [count, columns]:
            raise MalformedError(f"$.body.tensors.{name}: not {dtype} of {count} x {columns}")
    return manifest
