"""Numbers: house numbers, document numbers, postcodes of digits. Only the digits count."""

from __future__ import annotations

import re

import numpy as np

from pplink.fields.kind import Kind, Normalised, Problems
from pplink.fields.problem import BadValueError, Problem
from pplink.fields.strings import Bools, Strings, stripped
from pplink.fields.visited import Shared, Visited

_NOT_DIGIT = re.compile(r"[^0-9]+")
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0*)?", re.ASCII)
_FLOAT = re.compile(r"[0-9]+\.0")


class Number(Kind):
    """A run of digits, cut into q-grams."""

    def fold(self, value: str) -> str:
        """`12 B`, `No. 12` and `12.0` are `12`.

        `12.0` because pandas writes whole numbers so as soon as one of the column is missing; left alone it
        would be the number 120. Raises BadValueError if there is text without any digit.
        """
        plain = value.strip(" \t\r\n\v\f")
        if _FLOAT.fullmatch(plain):
            plain = plain.removesuffix(".0")
        digits = _NOT_DIGIT.sub("", plain)
        if plain and not digits:
            raise BadValueError(Problem.NO_DIGITS)
        return digits

    def fold_all(self, values: Strings) -> Normalised:
        """As `fold`."""
        plain = stripped(values)
        kept = plain.digits
        kept[plain.offsets[1:][_written_as_float(plain)] - 1] = False
        digits = plain.keeping(kept)
        problems: Problems = np.zeros(len(values), np.uint8)
        problems[(plain.lengths > 0) & (digits.lengths == 0)] = Problem.NO_DIGITS
        return Normalised(digits, problems)


NUMBER = Number()


class NearNumber(Visited):
    """A whole number, by those around it: near ones share tokens, the more the nearer (Vatsalan and Christen 2016)."""

    def __init__(self, distance: int, resolution: int) -> None:
        """distance: numbers so far apart share nothing; resolution: tokens on either side."""
        self.distance = distance
        self.resolution = resolution

    def fold(self, value: str) -> str:
        """`+07` and `7.0` are `7`. Raises BadValueError for what is no whole number, or has more than 18 digits."""
        plain = value.strip(" \t\r\n\v\f")
        if plain and not _WHOLE.fullmatch(plain):
            raise BadValueError(Problem.NOT_WHOLE)
        return str(int(plain.partition(".")[0])) if plain else ""

    def cut(self, text: str) -> Shared:
        """The steps of distance / (2 resolution + 1) nearest to the number: 170 within 9, 4 to a side, is `166` to
        `174`, and shares six of nine with 173."""
        steps = 2 * self.resolution + 1
        middle = (2 * int(text) * steps + self.distance) // (2 * self.distance)
        return [(b"%d" % step, 1) for step in range(middle - self.resolution, middle + self.resolution + 1)]


def _written_as_float(values: Strings) -> Bools:
    """(n,): digits, then `.0`."""
    long_enough = values.lengths >= 3
    tails = values.offsets[1:][long_enough]
    found = np.zeros(len(values), np.bool_)
    found[long_enough] = (values.data[tails - 2] == ord(".")) & (values.data[tails - 1] == ord("0"))
    whole: Bools = found & (values.keeping(values.digits).lengths == values.lengths - 1)
    return whole
