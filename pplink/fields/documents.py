"""Documents: passports and other identity papers by their number, or by the line that machines read."""

from __future__ import annotations

import re

from pplink.fields.grams import grams
from pplink.fields.problem import BadValueError, Problem
from pplink.fields.visited import Shared, Visited

SHORTEST = 4
"""Letters and digits; a shorter number is some other one."""

WHOLE = 10
"""Share of the whole number, where a pair of its characters has 1."""

Part = tuple[tuple[slice, ...], int]
"""What a check digit is of, and its place."""


def _part(at: int, *spans: tuple[int, int]) -> Part:
    return tuple(slice(*span) for span in spans), at


_COMMON = (_part(9, (0, 9)), _part(19, (13, 19)), _part(27, (21, 27)))

LINES: dict[str, tuple[re.Pattern[str], tuple[Part, ...]]] = {
    "TD3": (re.compile(r"[A-Z0-9<]{9}\d[A-Z<]{3}[\d<]{6}\d[MFX<]\d{6}\d[A-Z0-9<]{14}[\d<]\d"),
            (*_COMMON, _part(42, (28, 42)), _part(43, (0, 10), (13, 20), (21, 43)))),
    "TD2": (re.compile(r"[A-Z0-9<]{9}\d[A-Z<]{3}[\d<]{6}\d[MFX<]\d{6}\d[A-Z0-9<]{7}\d"),
            (*_COMMON, _part(35, (0, 10), (13, 20), (21, 35)))),
    "TD1": (re.compile(r"[ACI][A-Z<][A-Z<]{3}[A-Z0-9<]{9}\d[A-Z0-9<]{15}"), (_part(14, (5, 14)),)),
}  # fmt: skip
"""The line with the number, and what its check digits are of: passports, and cards of two formats (ICAO Doc 9303,
parts 4 to 6); the last of passports and TD2 is of all. The first part is the number."""

_VALUES = {mark: value for value, mark in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}


class Document(Visited):
    """Letters and digits of a number, small."""

    def fold(self, value: str) -> str:
        """`AB 123-456` is `ab123456`; of a machine-readable line, with or without the line before it, the number.

        Raises BadValueError if a check digit of such a line is wrong, for less than SHORTEST characters, for one
        character over and over, and where no digit is but zeros: all who have `none` or `P000000` would be one person.
        """
        lines = value.upper().split()
        for kind, parts in LINES.values():
            if lines and kind.fullmatch(lines[-1]):
                return _read(lines[-1], parts)
            if lines and kind.fullmatch(lines[0]):
                return _read(lines[0], parts)
        plain = re.sub(r"[^a-z0-9]", "", value.lower())
        return _checked(plain) if value.strip(" \t\r\n\v\f") else ""

    def cut(self, text: str) -> Shared:
        """The whole (`w:`), and its bigrams, so that one wrong digit leaves some."""
        parts = dict.fromkeys(grams(text, 2), 1)
        return [(b"w:" + text.encode(), WHOLE), *parts.items()]


DOCUMENT = Document()


def check_digit(text: str) -> int:
    """Of the letters, digits and `<` of a machine-readable line, weighed 7, 3, 1 (ICAO Doc 9303, part 3, 4.9)."""
    return sum(_VALUES[mark] * (7, 3, 1)[place % 3] for place, mark in enumerate(text)) % 10


def _read(line: str, parts: tuple[Part, ...]) -> str:
    for spans, at in parts:
        if check_digit("".join(line[span] for span in spans)) != _VALUES[line[at]]:
            raise BadValueError(Problem.WRONG_CHECK_DIGIT)
    return _checked(line[parts[0][0][0]].replace("<", "").lower())


def _checked(number: str) -> str:
    if len(number) < SHORTEST or len(set(number)) == 1 or not set(number) & set("123456789"):
        raise BadValueError(Problem.NOT_A_DOCUMENT)
    return number
