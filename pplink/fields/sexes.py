"""Sexes: as documents have them, m, f or x, from the words of several languages."""

from __future__ import annotations

from pplink.fields.problem import BadValueError, Problem
from pplink.fields.visited import Shared, Visited

WORDS: dict[str, str] = {
    "m": "m male man masculine masculin masculino maschio uomo homme hombre mann mannlich muzh"
    " muzhskoy muzhchina dhkr erkek",
    "f": "f female woman feminine feminin femenino femminile feminino femme mujer donna frau weiblich w kvinna kvinne"
    " zhen zhenskiy zhenshchina antha kadin",
    "x": "x other unspecified diverse divers nonbinary",
    "": "u unknown undisclosed na",
}
"""Values to words, transliterated: documents' letters (ICAO Doc 9303) and dictionaries of European languages, Turkish,
Russian and Arabic. The last are missing values."""

_BY_WORD = {word: value for value, words in WORDS.items() for word in words.split()}


class Sex(Visited):
    """One of m, f, x."""

    def fold(self, value: str) -> str:
        """`Female`, `Frau`, `женский` are `f`; `unknown` says nothing. Raises BadValueError for other words."""
        word = "".join(filter(str.isalpha, value.lower()))
        if word in _BY_WORD:
            return _BY_WORD[word]
        if value.strip(" \t\r\n\v\f"):
            raise BadValueError(Problem.NOT_A_SEX)
        return ""

    def cut(self, text: str) -> Shared:
        """Itself."""
        return [(text.encode(), 1)]


SEX = Sex()
