"""Header: the plain first line of a sealed hits file, so that anyone can see whose it is, no more."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from pplink import canonical
from pplink.audit.events import Digest, Name, Run
from pplink.canonical import Json, MalformedError
from pplink.keys.strict import read_strict

FORMAT: Literal["pplink-hits/1"] = "pplink-hits/1"
Fingerprint = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{4}( [0-9a-f]{4}){7}\Z")]


class SealedHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which unit may open the rest of the file, and where it comes from. It is bound into the seal."""

    format: Literal["pplink-hits/1"] = FORMAT
    agreement: Digest
    """The agreement's id."""
    run: Run
    unit: Name
    """Whose hits these are."""
    recipient: Fingerprint
    """Fingerprint of that unit's card: a unit with a new key ring is told at once why it cannot open."""

    def to_json(self) -> dict[str, Json]:
        """As it stands in the file, and as it is bound into the seal."""
        value: dict[str, Json] = msgspec.to_builtins(self)
        return value

    def to_line(self) -> bytes:
        """The first line, newline included."""
        return canonical.to_bytes(self.to_json()) + b"\n"


def read_header(line: bytes) -> SealedHeader:
    """The header in a first line without its newline. Raises MalformedError for any other byte form."""
    value = canonical.exactly(line)
    if not isinstance(value, dict) or "format" not in value:
        raise MalformedError("is not the header of a hits file")
    return read_strict(value, SealedHeader)
