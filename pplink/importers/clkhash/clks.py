"""Clks: encodings that clkhash made, as rows that `pplink.threshold_join` compares. They bear no names: row i is the
i-th person of the list they were made from, and only CLKs of one schema and secret can be compared."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pplink.errors import DataError
from pplink.importers.lines import document_of


def read_clks(path: Path) -> npt.NDArray[np.uint64]:
    """(n, words) of clkhash's JSON, `{"clks": ["<base64>", ...]}`. Which bit is which is of no matter, as long as it is
    the same for all.

    Raises UsageError for no file; DataError with the number of the CLK for what is none, or of another length.
    """
    match document_of(path):
        case {"clks": list(texts)} if texts:
            rows = [_row(f"clk {number}", text) for number, text in enumerate(texts, start=1)]
        case _:
            raise DataError(f"{path.name} has no CLKs", "is it what `clkutil hash` wrote?")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]) or not row:
            raise DataError(
                f"clk {number} has another length than the first, or none", "is it of another schema?"
            )
    width = -(-len(rows[0]) // 8) * 8
    data = b"".join(row.ljust(width, b"\0") for row in rows)
    return np.frombuffer(data, "<u8").astype(np.uint64).reshape(len(rows), width // 8)


def _row(where: str, text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "*", validate=True)
    except (binascii.Error, ValueError):
        raise DataError(f"{where} is no base64", "is it what `clkutil hash` wrote?") from None
