"""Dates: calendar days, cut into tokens by place so that one wrong digit spoils few of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from pplink.fields.kind import Kind, Normalised, Problems
from pplink.fields.problem import OLDEST_DAY, BadValueError, Problem
from pplink.fields.strings import Bools, Offsets, Strings, stripped
from pplink.fields.vocabulary import Tokens, from_codes

FORMS = ("DDDDDDDD", "DDDD-DD-DD", "DDDDDDDD.0", "DDDD-DD-DD 00:00:00", "DDDD-DD-DDT00:00:00")
"""How a day may be written, D for a digit: year, month, day. The last three are what pandas makes of the
first two. No form has the day first: 03/04/1980 is two days, by country."""

Parts = tuple[tuple[int, ...], ...]
"""Which digits of a text make a token together."""

PARTS: Parts = ((0, 1, 2, 3), (2, 3), (4, 5), (6, 7), (2,), (3,), (5,), (6,), (7,))
"""Which digits of YYYYMMDD make a token together; a token also says which part it is. As many tokens as padded
bigrams would make, none of them shared by most people (as `19` is); on FEBRL1-3 with four fields the best F1 of
any threshold is 0.975, 0.929, 0.942 where bigrams give 0.960, 0.915, 0.927 and single digits 0.947, 0.901, 0.913."""

_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

Digits = npt.NDArray[np.int32]


class Date(Kind):
    """A day of the Gregorian calendar, years 0001 to 9999."""

    def fold(self, value: str) -> str:
        """YYYYMMDD. Raises BadValueError for other forms than FORMS, and for days there are not."""
        plain = value.strip(" \t\r\n\v\f")
        if not plain:
            return ""
        for form in FORMS:
            if len(plain) == len(form) and all(map(_fits, plain, form)):
                digits = "".join(c for c, mark in zip(plain, form, strict=True) if mark == "D")
                return _checked(digits)
        raise BadValueError(Problem.NOT_A_DATE)

    def fold_all(self, values: Strings) -> Normalised:
        """As `fold`."""
        plain = stripped(values)
        digits = np.zeros((len(plain), 8), np.int32)
        for form in FORMS:
            _read_form(plain, form.encode(), digits)
        good = _are_days(digits)
        problems = np.where(good | (plain.lengths == 0), Problem.NONE, Problem.NOT_A_DATE).astype(np.uint8)
        offsets = np.zeros(len(plain) + 1, np.int64)
        np.cumsum(good * 8, out=offsets[1:])
        return Normalised(
            Strings(data=(digits[good] + ord("0")).astype(np.uint8).ravel(), offsets=offsets), problems
        )

    def doubt(self, text: str, today: date) -> Problem:
        """Lists of persons have no day after today, nor one more than OLDEST_DAY years before."""
        if text > f"{today:%Y%m%d}":
            return Problem.NOT_YET
        return Problem.LONG_AGO if int(text[:4]) < today.year - OLDEST_DAY else Problem.NONE

    def doubt_all(self, texts: Strings, today: date) -> Problems:
        """As `doubt`."""
        digits = texts.data.reshape(-1, 8).astype(np.int32) - ord("0")
        days, doubts = number(digits, tuple(range(8))), np.zeros(len(texts), np.uint8)
        late, old = days > int(f"{today:%Y%m%d}"), days // 10_000 < today.year - OLDEST_DAY
        doubts[texts.lengths > 0] = np.where(late, Problem.NOT_YET, np.where(old, Problem.LONG_AGO, 0))
        return doubts

    def tokens(self, text: str, q: int) -> list[bytes]:
        """One token a part, whatever q is: `0:1980 1:80 2:04 3:03 4:8 5:0 6:4 7:0 8:3`."""
        del q
        return cut(text, PARTS)

    def tokenise_all(self, texts: Strings, q: int) -> Tokens:
        """As `tokens`."""
        del q
        return cut_all(texts.data.reshape(-1, 8).astype(np.int32) - ord("0"), texts.offsets // 8, PARTS)


DATE = Date()


def _fits(character: str, mark: str) -> bool:
    return character in "0123456789" if mark == "D" else character == mark


def _checked(digits: str) -> str:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise BadValueError(Problem.NOT_A_DATE) from None
    return digits


def _read_form(values: Strings, form: bytes, digits: Digits) -> None:
    """Fill the rows of `digits`, (n, 8), whose value is written in this form."""
    rows = np.flatnonzero(values.lengths == len(form))
    marks = np.frombuffer(form, np.uint8)
    cells = values.data[values.offsets[rows, None] + np.arange(len(form))]
    wanted = marks == ord("D")
    fits = np.where(wanted, cells - np.uint8(ord("0")) < 10, cells == marks).all(axis=1)
    digits[rows[fits]] = cells[fits][:, wanted].astype(np.int32) - ord("0")


def _are_days(digits: Digits) -> Bools:
    """(n,): whether the calendar has that day. Year 0 is none, so a row of zeros is not a day."""
    year, month, day = number(digits, (0, 1, 2, 3)), number(digits, (4, 5)), number(digits, (6, 7))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = _DAYS[np.clip(month, 1, 12) - 1] + (leap & (month == 2))
    good: Bools = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= last)
    return good


def number(digits: Digits, places: Sequence[int]) -> Digits:
    """(n,): the digits at `places` of (n, 8) read as one number."""
    found = np.zeros(len(digits), np.int32)
    for place in places:
        found = found * 10 + digits[:, place]
    return found


def cut(text: str, parts: Parts) -> list[bytes]:
    """A token for each part of a text of digits, in the order of parts; none of an empty one."""
    spelt = ["".join(text[i] for i in part) for part in parts] if text else []
    return [f"{place}:{digits}".encode() for place, digits in enumerate(spelt)]


def cut_all(digits: Digits, offsets: Offsets, parts: Parts) -> Tokens:
    """As `cut`, of every row of digits. offsets: (n + 1,), value i has the rows offsets[i] to offsets[i + 1]."""
    bases = (
        0,
        *accumulate(10 ** len(part) for part in parts),
    )  # tokens of part i are numbered from bases[i] on
    codes = [number(digits, part) + base for part, base in zip(parts, bases, strict=False)]

    def spell(found: npt.NDArray[np.int64]) -> list[bytes]:
        spelt: list[bytes] = []
        for place, some in enumerate(np.split(found, np.searchsorted(found, bases[1:-1]))):
            size = len(parts[place])
            spelt += [b"%d:%0*d" % (place, size, code) for code in (some - bases[place]).tolist()]
        return spelt

    return from_codes(np.stack(codes, axis=1).ravel(), offsets * len(parts), bases[-1], spell)
