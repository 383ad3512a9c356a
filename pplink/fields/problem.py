"""Problem: why a value cannot be used. Says what is wrong, never the value."""

from __future__ import annotations

from enum import IntEnum


class Problem(IntEnum):
    """What is wrong with one value; 0 is nothing."""

    NONE = 0
    TOO_LONG = 1
    NUL = 2
    NOT_A_DATE = 3
    NO_DIGITS = 4
    MISSING = 5
    REPEATED_ID = 6
    NOT_A_LIFE_DATE = 7
    SHORT_YEAR = 8
    WHICH_ORDER = 9
    TOO_MANY_VARIANTS = 10

    @property
    def words(self) -> str:
        """For a sentence: row 7, field birth_date: `is not a date`."""
        return _WORDS[self]


class BadValueError(ValueError):
    """A value that its kind of field cannot be."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.words)
        self.problem = problem


LONGEST = 4096
"""Characters; a longer value is a damaged file or an attack, not a person's attribute."""

_WORDS = {
    Problem.NONE: "is as it should be",
    Problem.TOO_LONG: f"is longer than {LONGEST:,} characters",
    Problem.NUL: "has a NUL character",
    Problem.NOT_A_DATE: "is not a date (YYYY-MM-DD or YYYYMMDD)",
    Problem.NO_DIGITS: "has no digits",
    Problem.MISSING: "is missing",
    Problem.REPEATED_ID: "repeats the id of an earlier row",
    Problem.NOT_A_LIFE_DATE: "is not a date, month, year or narrow range of years from 1800 to 2099",
    Problem.SHORT_YEAR: "has a year of two digits: write four",
    Problem.TOO_MANY_VARIANTS: "has more variants than the agreement allows",
    Problem.WHICH_ORDER: "may have the day or the month first: write YYYY-MM-DD",
}
