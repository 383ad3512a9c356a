"""Grams: a text cut into overlapping pieces of q symbols, padded so that its first and last count twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.fields.strings import Strings
from pplink.fields.vocabulary import Codes, Tokens, from_codes

ALPHABET = "_ 0123456789abcdefghijklmnopqrstuvwxyz"
"""What a normalised text is made of. The first, the padding, never stands in a text."""

SHIFT = 6
"""Bits that hold one symbol of ALPHABET."""

_LETTER = np.frombuffer(ALPHABET.encode(), np.uint8)
_SYMBOL = bytes(max(ALPHABET.find(chr(byte)), 0) for byte in range(256))


def grams(text: str, q: int) -> list[bytes]:
    """The padded q-grams of a text over ALPHABET, in order: `_m mi i_` for q = 2. No text, no grams."""
    if not text:
        return []
    padded = "_" * (q - 1) + text + "_" * (q - 1)
    return [padded[i : i + q].encode() for i in range(len(text) + q - 1)]


def grams_all(texts: Strings, q: int) -> Tokens:
    """The padded q-grams of every text.

    The texts are laid out with q - 1 paddings between, before and after. Then the windows of text i follow
    those of text i - 1 without a gap: a window that begins in the padding belongs to the text after it.
    """
    pad = q - 1
    offsets = texts.offsets + np.arange(len(texts) + 1) * pad
    inside = np.ones(len(texts.data) + (len(texts) + 1) * pad, np.bool_)
    for i in range(pad):
        inside[offsets + i] = False
    laid = np.zeros(len(inside), np.uint8)
    laid[inside] = texts.mapped(_SYMBOL).data
    count = len(laid) - pad
    codes = laid[:count].astype(np.min_scalar_type(1 << (SHIFT * q)))
    for i in range(1, q):
        codes <<= SHIFT
        codes |= laid[i : i + count]
    if not texts.lengths.all():
        codes, offsets = _without_empty(codes, offsets)
    return from_codes(codes, offsets, 1 << (SHIFT * q), lambda found: _spell(found, q))


def _without_empty(codes: Codes, offsets: npt.NDArray[np.int64]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Drop the windows of empty texts, which are all padding."""
    kept = np.zeros(len(codes) + 1, np.int64)
    np.cumsum(codes != 0, out=kept[1:])
    return codes[codes != 0], kept[offsets]


def _spell(codes: npt.NDArray[np.int64], q: int) -> list[bytes]:
    shifts = SHIFT * np.arange(q - 1, -1, -1)
    written = _LETTER[codes[:, None] >> shifts & (1 << SHIFT) - 1].tobytes()
    return [written[start : start + q] for start in range(0, len(written), q)]
