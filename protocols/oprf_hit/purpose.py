"""Purpose: why somebody asks; the holder reads it with every query and keeps it. The session layer signs it."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.errors import MisuseError

CASE, BASIS = 64, 192
"""Bytes that each text has on its way."""


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """Raises MisuseError for a text that is empty, too long, or has unprintable characters."""

    case: str
    """The asker's case number: at most 64 bytes in UTF-8."""
    basis: str
    """The legal basis, as the agreement names it: at most 192 bytes in UTF-8."""

    def __post_init__(self) -> None:
        for name, text, size in (("case", self.case, CASE), ("basis", self.basis, BASIS)):
            if not text or not text.isprintable() or len(text.encode()) > size:
                raise MisuseError(f"a {name} is printable text of 1 to {size} bytes")

    def packed(self) -> tuple[bytes, bytes]:
        """Case and basis, filled up with zeros."""
        return self.case.encode().ljust(CASE, b"\0"), self.basis.encode().ljust(BASIS, b"\0")


def unpacked(case: bytes, basis: bytes) -> Purpose | None:
    """The purpose that was packed so; None if none was."""
    try:
        purpose = Purpose(case=case.rstrip(b"\0").decode(), basis=basis.rstrip(b"\0").decode())
    except (UnicodeDecodeError, MisuseError):
        return None
    return purpose
