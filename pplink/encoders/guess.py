"""Guess: what a file seems to be, by its first bytes, so that a hint names what will work."""

from __future__ import annotations

import codecs
from pathlib import Path

from pplink.errors import DataError

LOOKED_AT = 512
"""Bytes."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8"),
)
"""Byte order marks, and the encoding that reads them."""

_ZEROS = {"0111": "utf-32-le", "1110": "utf-32-be", "0101": "utf-16-le", "1010": "utf-16-be"}
"""Without a mark: which of four bytes are mostly zero in text of Latin letters."""

_FILES = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive", "save the sheet as CSV (UTF-8), or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV (UTF-8)"),
    (b"\x1f\x8b", "compressed (gzip)", "unpack it first"),
    (b"\xfd7zXZ\0", "compressed (xz)", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "unpack it first"),
)  # fmt: skip
"""How files begin that people take for CSV."""


def check_text_file(name: str, first: bytes) -> None:
    """Raise DataError if a file that begins so is no text, whatever its name says."""
    for mark, what, hint in _FILES:
        if first.startswith(mark):
            raise DataError(f"{name} is no CSV: it is {what}", hint)


def encoding_hint(
    path: Path, otherwise: str = "give the file's encoding, for example `--encoding latin-1`"
) -> str:
    """What to do about a file that is not text of that encoding; otherwise: if it does not show. Raises OSError."""
    with path.open("rb") as stream:
        first = stream.read(LOOKED_AT)
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return f"it begins as {encoding} does: give `--encoding {encoding}`"
    mostly = (2 * first[at::4].count(0) > len(first[at::4]) for at in range(4))
    found = _ZEROS.get("".join("01"[zero] for zero in mostly))
    if found is not None:
        return f"it looks like {found}: give `--encoding {found}`"
    return otherwise
