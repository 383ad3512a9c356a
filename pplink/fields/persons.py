"""Persons' names, whole, in any script and order: cut by sound, so that spellings of one name share most tokens."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isqrt

import numpy as np

from pplink.fields.grams import grams
from pplink.fields.spellings import FEWEST, SAME_SOUND, SOFT, TITLES, told_by
from pplink.fields.strings import Bools, Strings
from pplink.fields.texts import DROPPED
from pplink.fields.visited import Shared, Visited

FULL = 240
"""Draws of a name of LONG letters or more, at weight 1 and one hash: long names do not drown a date."""

LONG = 15
"""Letters. A shorter name says less and gets fewer draws, by the root of its length: `Omar` half of FULL."""

NOBODY = FULL // 8
"""Draws of a name of nothing but titles, particles, single letters and words for unknown: many are called so."""

WHOLE = 3
"""Units of a whole word, where a pair of letters has 1: equal words say more than equal pieces."""

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_GAP = re.compile("[^a-z]+")
_TWICE = re.compile(r"(.)\1+")
_UNWRITTEN = re.compile(f"[{SOFT}]")


class PersonName(Visited):
    """Given, family, father's name: all in one value, in any order."""

    def fold(self, value: str) -> str:
        """Words once each, by the alphabet: `NOWAK, Dr. Jan (a.k.a. Johnny)` is `jan nowak`.

        What stands in brackets goes, then titles, particles, single letters and words for unknown, unless nothing were
        left by which somebody is told (see `told_by`). Without the order `Kim Il` and `Il Kim`, and without the tables
        `Abu Bakr al-Adil` and `Bakr Adil`, would differ.
        """
        bare = _BRACKETS.sub(" ", value)
        small = (bare if _GAP.sub("", bare.lower()) else value).lower()
        words = _GAP.sub(" ", small.translate({ord(mark): None for mark in DROPPED})).split()
        kept = told_by(words) or [word for word in words if word not in TITLES] or words
        return " ".join(sorted(set(kept)))

    def cut(self, text: str) -> Shared:
        """Every word's pieces, each with its part of what the name is due, to the nearest, halves up."""
        words = text.split()
        units = {token: unit for word in words for token, unit in pieces(word)}
        letters = sum(map(len, told_by(words)))
        due = min(FULL, isqrt(FULL * FULL * letters // LONG)) or NOBODY
        whole = 2 * sum(units.values())
        return [(token, max(1, (4 * due * unit + whole) // (2 * whole))) for token, unit in units.items()]

    def names(self, text: str) -> bool:
        """Whether it has FEWEST letters or more in words by which somebody is told."""
        return sum(map(len, told_by(text.split()))) >= FEWEST

    def names_all(self, texts: Strings) -> Bools:
        """As `names`."""
        return np.array([self.names(text.decode()) for text in texts.to_list()], np.bool_)


PERSON_NAME = PersonName()


@lru_cache(1 << 17)
def pieces(word: str) -> tuple[tuple[bytes, int], ...]:
    """Tokens of a word of small letters, and their units of importance: its bigrams by sound (`f:`), bigrams of its
    consonants (`s:`), pairs of letters with one between (`k:`), its consonants (`b:`) and its sound (`w:`)."""
    sound = sound_of(word)
    bones = _TWICE.sub(r"\1", _UNWRITTEN.sub("", sound)) or sound[:1]
    padded = f"_{sound}_"
    skips = [f"k:{padded[i]}{padded[i + 2]}".encode() for i in range(len(sound))] if len(sound) > 1 else []
    parts = [*(b"f:" + gram for gram in grams(sound, 2)), *(b"s:" + gram for gram in grams(bones, 2)), *skips]
    wholes = (b"b:" + bones.encode(), b"w:" + sound.encode())
    return (*((part, 1) for part in parts), *((whole, WHOLE) for whole in wholes))


def sound_of(word: str) -> str:
    """`grigorijevitj` and `grigoryevich` are both `grigorievich`, `youssef` is `iusef`."""
    for written, sound in SAME_SOUND:
        word = word.replace(written, sound)
    return _TWICE.sub(r"\1", word)
