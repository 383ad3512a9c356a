"""Transliteration: any script to ASCII, so that Łukasz, Лукаш and Lukasz share most of their tokens."""

from __future__ import annotations

import unicodedata

import numpy as np
from anyascii import anyascii

from pplink.fields.strings import Strings, from_list

PICTURES = ("So",)
"""Category of Unicode: other symbols."""


def transliterate(value: str) -> str:
    """ASCII, by anyascii's tables (ISC licence; https://github.com/anyascii/anyascii).

    Composed first (NFC): `é` written as one code point or as two must give the same text. Pictures part words:
    anyascii calls them by words, and two people with one emoji would share those.
    """
    if value.isascii():
        return value
    plain = "".join(" " if unicodedata.category(each) in PICTURES else each for each in value)
    return anyascii(unicodedata.normalize("NFC", plain))


def transliterate_all(values: Strings) -> Strings:
    """UTF-8 strings to ASCII strings; only those that are not ASCII are visited one at a time."""
    foreign = values.holds(values.data >= 0x80)
    if not foreign.any():
        return values
    texts = values.to_list()
    for row in np.flatnonzero(foreign).tolist():
        texts[row] = transliterate(texts[row].decode()).encode()
    return from_list(texts)
