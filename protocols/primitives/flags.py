"""Flags: truth values as bits of words, as they travel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


def flag_words(count: int) -> int:
    """Words that so many flags take."""
    return -(-count // 64)


def to_words(flags: Flags | Sequence[bool]) -> Words:
    """(words,): a bit each, the lowest first, zeros up to the end of the last word. flags: (n,)."""
    bits = np.zeros(64 * flag_words(len(flags)), bool)
    bits[: len(flags)] = flags
    return np.packbits(bits, bitorder="little").view(np.uint64)


def from_words(words: Words, count: int) -> Flags | None:
    """(count,): flags that travelled; None if the words are none of so many, to the last bit."""
    if len(words) != flag_words(count):
        return None
    bits = np.unpackbits(np.ascontiguousarray(words).view(np.uint8), bitorder="little").astype(bool)
    return None if bits[count:].any() else bits[:count]
