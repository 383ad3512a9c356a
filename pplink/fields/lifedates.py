"""Life dates: births as lists have them: a day, a month, a year, about a year, or between two years.

By rules of our own: dateutil and dateparser fill in what a text leaves open, and here it stays open.
"""

from __future__ import annotations

import re
from datetime import date

from pplink.fields.problem import OLDEST, BadValueError, Problem
from pplink.fields.visited import Shared, Visited

SHARES = {"y": 84, "n": 6, "o": 6, "m": 60, "d": 60, "x": 12, "f": 12}
"""Draws of a whole day's tokens, 240 in all, as many as a long name's. y: the year; n, o: pairs of years, so that
neighbours share one; m: the month; d: the day of the month; x: the two in either order; f: the whole day, since
equal days say more than equal parts. A wrong month or day leaves 156, the next year 138, any other year 132, a swapped
day and month 108, a year alone 96."""

EARLIEST, LATEST = 1800, 2099
"""Years of birth of people that a list may hold."""

WIDEST = 12
"""Years in a range; a wider one says too little."""

_YEAR = r"(?P<year>\d{4})"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = r"(?P<word>[a-z]{3,9})"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}(?:[-/.](?P<month>\d{{1,2}})(?:[-/.](?P<day>\d{{1,2}})(?:[ t]00:00:00)?)?)?",
        rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})(?:\.0)?",
        r"(?P<year>\d{4})\.0",
        rf"(?:(?P<day>\d{{1,2}})[ -])?{_WORD}[ -]{_YEAR}",
        rf"(?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})[-/.]{_YEAR}",
    )
)
_ABOUT = re.compile(r"(?:about|approx(?:imately|\.)?|around|circa|ca?\.?|estimated|est\.?|~)\s*")
_RANGE = re.compile(r"(?:between )?(\d{4})\s?(?:-|/|to|and|or)\s?(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{1,2}|(?:\d{1,2}[ -])?[a-z]{3,9}[ -]\d{2}")


class LifeDate(Visited):
    """A day, `1964-03-08`, a month, `1964-03`, a year, `1964`, or years, `1964/1966`."""

    def fold(self, value: str) -> str:
        """`8 Mar 1964`, `19640308` and `31/12/1964` are days; `circa 1964` and `1 Jan 1964` only a year: lists
        write the first of January, or month or day 00, for a day that nobody knows.

        Raises BadValueError for days there are not, for years of two digits, for orders that could be another
        (`3/4/1964`), for years that no living person was born in, and for what is no date.
        """
        text = " ".join(value.lower().replace(",", " ").split())
        about = _ABOUT.match(text)
        text = text[about.end() :] if about else text
        if not text:
            return _nothing(about is not None)
        years = _RANGE.fullmatch(text)
        if years:
            return _range(int(years[1]), int(years[2]))
        for form in _FORMS:
            found = form.fullmatch(text)
            if found:
                return _written(found.groupdict())[: 4 if about else None]
        raise BadValueError(Problem.SHORT_YEAR if _SHORT_YEAR.fullmatch(text) else Problem.NOT_A_LIFE_DATE)

    def cut(self, text: str) -> Shared:
        """Tokens by part, `y:1964 n:982 o:982 m:03 d:08 x:03-08 f:1964-03-08`; of a range, each year's own."""
        first, _, last = text.partition("/")
        years = range(int(first[:4]), int((last or first)[:4]) + 1)
        tokens: dict[bytes, int] = {}
        for year in years:
            tokens[b"y:%d" % year] = SHARES["y"] // len(years)
            tokens[b"n:%d" % (year // 2)] = tokens[b"o:%d" % ((year + 1) // 2)] = SHARES["n"]
        if len(first) >= 7:
            tokens[b"m:" + first[5:7].encode()] = SHARES["m"]
        if len(first) == 10:
            month, day = first[5:7], first[8:]
            tokens[b"d:" + day.encode()] = SHARES["d"]
            tokens[f"x:{min(month, day)}-{max(month, day)}".encode()] = SHARES["x"]
            tokens[b"f:" + first.encode()] = SHARES["f"]
        return list(tokens.items())

    def doubt(self, text: str, today: date) -> Problem:
        """Nobody is born after today, nor more than OLDEST years before; of years, the first and the last count."""
        first, _, last = text.partition("/")
        if first > today.isoformat()[: len(first)]:
            return Problem.NOT_BORN
        return Problem.TOO_OLD if int((last or first)[:4]) < today.year - OLDEST else Problem.NONE


LIFE_DATE = LifeDate()


def _nothing(about: bool) -> str:
    if about:
        raise BadValueError(Problem.NOT_A_LIFE_DATE)
    return ""


def _range(first: int, last: int) -> str:
    if not EARLIEST <= first <= last <= LATEST or last - first >= WIDEST:
        raise BadValueError(Problem.NOT_A_LIFE_DATE)
    return f"{first}" if first == last else f"{first}/{last}"


def _written(parts: dict[str, str | None]) -> str:
    """A date from what a form found. Raises BadValueError."""
    year = int(parts["year"] or 0)
    month, day = _month_and_day(parts)
    _check_day(year, month or 1, day or 1)
    if not month or (month, day) == (1, 1):
        return f"{year}"
    return f"{year}-{month:02d}-{day:02d}" if day else f"{year}-{month:02d}"


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int]:
    """Month, or its word, and day; or two numbers of which one must be the day. 0 for what is left open."""
    if one := parts.get("one"):
        return _ordered(int(one), int(parts["two"] or 0))
    word, month = parts.get("word"), int(parts.get("month") or 0)
    return _month(word) if word else month, int(parts.get("day") or 0)


def _check_day(year: int, month: int, day: int) -> None:
    try:
        found = date(year, month, day)
    except ValueError:
        raise BadValueError(Problem.NOT_A_LIFE_DATE) from None
    if not EARLIEST <= found.year <= LATEST:
        raise BadValueError(Problem.NOT_A_LIFE_DATE)


def _ordered(one: int, two: int) -> tuple[int, int]:
    """(month, day) of two numbers before a year. Raises BadValueError if either may be the day."""
    if one <= 12 and two <= 12 and one != two:
        raise BadValueError(Problem.WHICH_ORDER)
    return (two, one) if two <= 12 else (one, two)


def _month(word: str) -> int:
    names = [place for place, name in enumerate(_MONTHS, 1) if word.startswith(name)]
    if not names:
        raise BadValueError(Problem.NOT_A_LIFE_DATE)
    return names[0]
