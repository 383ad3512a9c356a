"""Numbers: house numbers, document numbers, postcodes of digits. Only the digits count."""

from __future__ import annotations

import re

import numpy as np

from pplink.fields.kind import Kind, Normalised, Problems
from pplink.fields.problem import BadValueError, Problem
from pplink.fields.strings import Bools, Strings, stripped

_NOT_DIGIT = re.compile(r"[^0-9]+")
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


def _written_as_float(values: Strings) -> Bools:
    """(n,): digits, then `.0`."""
    long_enough = values.lengths >= 3
    tails = values.offsets[1:][long_enough]
    found = np.zeros(len(values), np.bool_)
    found[long_enough] = (values.data[tails - 2] == ord(".")) & (values.data[tails - 1] == ord("0"))
    whole: Bools = found & (values.keeping(values.digits).lengths == values.lengths - 1)
    return whole
