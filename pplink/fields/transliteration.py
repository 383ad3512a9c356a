"""Transliteration: any script to ASCII, so that Łukasz, Лукаш and Lukasz share most of their tokens."""

from __future__ import annotations

import unicodedata

import numpy as np

from pplink.fields.strings import Strings, from_list

PICTURES = "So"
"""Category of Unicode: other symbols."""
UNSEEN = "Cf"
"""Category of Unicode: marks that are not seen, such as joiners, directions and the tags in flags."""

ARABIC = str.maketrans({"ا": "a", "أ": "a", "إ": "i", "ع": "a", "ظ": "z", "ة": "a"})
"""Letters that anyascii leaves out or writes otherwise than the romanisations of DIN 31635, ALA-LC and BGN/PCGN: alef
is a long a; hamza on it a or i; ayn, which they write as a mark, is heard with a vowel, mostly a; za is z; ta marbuta
ends a name in a."""


def transliterate(value: str) -> str:
    """ASCII, by anyascii's tables (ISC licence; https://github.com/anyascii/anyascii), with ARABIC before them.

    Of names in other scripts on public lists, 0.993 of the Cyrillic and 0.853 of the Arabic ones have a Latin name of
    their own person as the nearest of all; by rigour (ICU's rules) 0.993 and 0.841, by anyascii alone 0.993 and 0.777,
    with a twentieth of rigour's time and a fifth of its weight (benchmarks/transliteration.py).

    Composed first (NFC): `é` written as one code point or as two must give the same text. Pictures part words: anyascii
    calls them by words, `:pink_heart:`, and two people with one emoji would share those. What is not seen vanishes:
    anyascii reads the tags in the flag of Scotland as letters.
    """
    if value.isascii():
        return value
    from anyascii import anyascii  # late: lists in ASCII need not wait for its tables

    def plain(each: str) -> str:
        category = unicodedata.category(each)
        if category == UNSEEN:
            return ""
        newer = category in ("Cn", "Sm") and anyascii(each)[:1] == ":"  # than Python's tables, or signs
        return " " if category == PICTURES or newer else each

    return anyascii(unicodedata.normalize("NFC", "".join(map(plain, value))).translate(ARABIC))


def transliterate_all(values: Strings) -> Strings:
    """UTF-8 strings to ASCII strings; only those that are not ASCII are visited one at a time."""
    foreign = values.holds(values.data >= 0x80)
    if not foreign.any():
        return values
    texts = values.to_list()
    for row in np.flatnonzero(foreign).tolist():
        texts[row] = transliterate(texts[row].decode()).encode()
    return from_list(texts)
