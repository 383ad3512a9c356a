"""Names and texts: letters, with or without digits, in small ASCII and single spaces."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

import numpy as np

from pplink.fields.kind import Kind, Normalised
from pplink.fields.spellings import NO_NAMES, tells_alone
from pplink.fields.strings import Bools, Strings

DROPPED = "'`\""
"""Marks inside a word: O'Brien is Obrien, not two words."""

_SPACE = ord(" ")


def _marked(pairs: Iterable[str]) -> Bools:
    """(256, 256): these two bytes, one after the other."""
    found = np.zeros((256, 256), np.bool_)
    for pair in pairs:
        found[ord(pair[0]), ord(pair[1])] = True
    return found


_BEGIN = _marked((*(word[:2] for word in NO_NAMES), *(letter + " " for letter in string.ascii_lowercase)))
_END = _marked((*(word[-2:] for word in NO_NAMES), *(" " + letter for letter in string.ascii_lowercase)))
"""How a text begins and ends that may be nothing but words that do not tell."""


class Words(Kind):
    """Letters of `kept` make words, apostrophes vanish, anything else parts words."""

    def __init__(self, kept: str) -> None:
        """kept: small letters and digits that stay; capitals are made small."""
        self.kept = kept
        self._gap = re.compile(f"[^{kept}]+")
        table = np.full(256, _SPACE, np.uint8)
        for small in kept:
            table[[ord(small), ord(small.upper())]] = ord(small)
        table[[ord(mark) for mark in DROPPED]] = 0
        self._table = table.tobytes()

    def fold(self, value: str) -> str:
        """`  D'Arcy-Smith, J. ` and `darcy smith j` are one; without this they share half their bigrams."""
        plain = value.translate({ord(mark): None for mark in DROPPED})
        return self._gap.sub(" ", plain.lower()).strip()

    def fold_all(self, values: Strings) -> Normalised:
        """As `fold`: each byte through a table, then spaces that follow a space or stand at an end go."""
        mapped = values.mapped(self._table)
        spaced = mapped if mapped.data.all() else mapped.keeping(mapped.data != 0)
        blank = spaced.data == _SPACE
        if blank.any():
            after = np.zeros_like(blank)
            after[1:] = blank[:-1]
            spaced = spaced.keeping(~(blank & (after | spaced.starts)))
            spaced = spaced.keeping(~((spaced.data == _SPACE) & spaced.ends))
        return Normalised(spaced, np.zeros(len(values), np.uint8))


class Names(Words):
    """Names in columns of their own: given, family, of a place."""

    def names(self, text: str) -> bool:
        """Not what is nothing but words that are no names, and single letters: many are called `A. B.`."""
        return any(map(tells_alone, text.split()))

    def names_all(self, texts: Strings) -> Bools:
        """As `names`. Only what begins and ends as such a word is read."""
        named: Bools = texts.lengths > 1
        rows = np.flatnonzero(named)
        starts, ends, data = texts.offsets[rows], texts.offsets[rows + 1], texts.data
        likely = _BEGIN[data[starts], data[starts + 1]] & _END[data[ends - 2], data[ends - 1]]
        for place in np.flatnonzero(likely).tolist():
            named[rows[place]] = self.names(data[starts[place] : ends[place]].tobytes().decode())
        return named


NAME = Names(string.ascii_lowercase)
TEXT = Words(string.ascii_lowercase + string.digits)
