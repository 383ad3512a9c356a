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
    NOT_A_DOCUMENT = 11
    WRONG_CHECK_DIGIT = 12
    NOT_A_PHONE = 13
    NOT_A_SEX = 14
    NOT_A_COUNTRY = 15
    NOT_WHOLE = 16
    NOT_BORN = 17
    TOO_OLD = 18
    NOT_YET = 19
    LONG_AGO = 20

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

OLDEST = 125
"""Years that a person may live: the longest proven life had 122."""

OLDEST_DAY = 150
"""Years since a day that is about a living person, birth or other."""

_WORDS = {
    Problem.NONE: "is as it should be",
    Problem.TOO_LONG: f"is longer than {LONGEST:,} characters",
    Problem.NUL: "has a NUL character",
    Problem.NOT_A_DATE: "is not a date (YYYY-MM-DD or YYYYMMDD; other ways of writing: `--date-format`)",
    Problem.NO_DIGITS: "has no digits",
    Problem.MISSING: "is missing",
    Problem.REPEATED_ID: "repeats the id of an earlier row",
    Problem.NOT_A_LIFE_DATE: "is not a date, month, year or narrow range of years from 1800 to 2099",
    Problem.SHORT_YEAR: "has a year of two digits: write four, or say it with `--date-format`",
    Problem.NOT_A_DOCUMENT: "is no document number: four or more letters and digits, not all the same, a digit above 0",
    Problem.WRONG_CHECK_DIGIT: "has a wrong check digit",
    Problem.NOT_A_PHONE: "is no telephone number with + and country code",
    Problem.NOT_A_SEX: "is none of m, f and x",
    Problem.NOT_A_COUNTRY: "has the name or code of no country",
    Problem.TOO_MANY_VARIANTS: "has more variants than the agreement allows",
    Problem.WHICH_ORDER: "may have the day or the month first: write YYYY-MM-DD, or say it with `--date-format`",
    Problem.NOT_WHOLE: "is no whole number of at most 18 digits",
    Problem.NOT_BORN: "is a birth in the future",
    Problem.NOT_YET: "is a day in the future",
    Problem.LONG_AGO: f"is a day more than {OLDEST_DAY} years ago",
    Problem.TOO_OLD: f"is a birth more than {OLDEST} years ago",
}
