"""Romanising: the spellings under which one name goes about, in Latin letters and in its own script."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from anyascii import anyascii

from pplink.evaluation.population import tables

SPELLINGS = 5
"""Of each name: the usual one, three others, the native script. Where a name has fewer, some are equal."""
NATIVE = SPELLINGS - 1
"""Number of the spelling in the native script."""

_WORD = re.compile(r"\b[^\W\d_]")
_SYLLABLE = re.compile(r"[A-Z][a-z]*")
_INITIAL = re.compile("^(?:zh|[bdgjqxzcr])")
ACCENTED = ("greek",)
"""Cultures whose letters carry accents that romanisation leaves out."""


def spellings(culture: str, native: str, latin: tuple[str, ...]) -> list[str]:
    """SPELLINGS texts. latin: the usual ones, if the letters do not tell."""
    found = latin or _by_letters(culture, native)
    several = [*found, anyascii(found[0])]
    return [*(several + several[:1] * 3)[: SPELLINGS - 1], native]


def _by_letters(culture: str, native: str) -> tuple[str, ...]:
    if culture == "chinese":
        return _chinese(native)
    if not tables.letters(culture):
        return native, _written(native, "latin", 1), _written(native, "latin", 2)
    return tuple(_written(native, culture, system) for system in range(3))


def _written(native: str, culture: str, system: int) -> str:
    """`Щукин` by system 0: `Shchukin`. What no table has goes by anyascii."""
    small = native.lower()
    if culture in ACCENTED:
        small = "".join(c for c in unicodedata.normalize("NFD", small) if c not in "\u0301\u0308")
    table = tables.letters(culture)
    text = anyascii(_pattern(culture).sub(lambda found: table[found[0]][system], small))
    return _WORD.sub(lambda found: found[0].upper(), text)


@cache
def _pattern(culture: str) -> re.Pattern[str]:
    """Any of a culture's letters, the longest first."""
    return re.compile("|".join(sorted(map(re.escape, tables.letters(culture)), key=len, reverse=True)))


def _chinese(native: str) -> tuple[str, str, str]:
    """Syllables joined, apart, and joined by a hyphen with other initials."""
    syllables = _SYLLABLE.findall(anyascii(native)) or [native]
    table = tables.letters("chinese")
    others = [_INITIAL.sub(lambda found: table[found[0]][2], each.lower(), count=1) for each in syllables]
    return "".join(syllables).capitalize(), " ".join(syllables), "-".join(others).capitalize()
