"""Births as lists write them; what could be two days, or is none, is refused."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.lifedates import EARLIEST, LATEST, LIFE_DATE
from pplink.fields.problem import BadValueError, Problem


def cut(value: str) -> dict[bytes, int]:
    return dict(LIFE_DATE.cut(LIFE_DATE.normalise(value)))


def common(one: str, two: str) -> int:
    left, right = cut(one), cut(two)
    return sum(min(left[token], right[token]) for token in left.keys() & right.keys())


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        ("1964-03-08", "1964-03-08"),
        ("19640308", "1964-03-08"),
        ("19640308.0", "1964-03-08"),
        ("1964-03-08T00:00:00", "1964-03-08"),
        ("8 Mar 1964", "1964-03-08"),
        ("08-MARCH-1964", "1964-03-08"),
        ("March 1964", "1964-03"),
        ("1964-3", "1964-03"),
        ("1964", "1964"),
        ("1964.0", "1964"),
        ("circa 1964", "1964"),
        ("c.1964", "1964"),
        ("approximately 1964-03-08", "1964"),
        ("31/12/1964", "1964-12-31"),
        ("12/31/1964", "1964-12-31"),
        ("3.3.1964", "1964-03-03"),
        ("1964-01-01", "1964"),
        ("1 Jan 1964", "1964"),
        ("1964-00-00", "1964"),
        ("1964-03-00", "1964-03"),
        ("between 1964 and 1966", "1964/1966"),
        ("1964-1966", "1964/1966"),
        ("1964 to 1964", "1964"),
        ("2000-02-29", "2000-02-29"),
        ("１９６４", "1964"),
    ],
)
def test_a_birth_is_read_as_meant(value, normal):
    assert LIFE_DATE.normalise(value) == normal
    assert LIFE_DATE.normalise(normal) == normal


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("1900-02-29", Problem.NOT_A_LIFE_DATE),
        ("1964-13-01", Problem.NOT_A_LIFE_DATE),
        ("1964-04-31", Problem.NOT_A_LIFE_DATE),
        ("1799", Problem.NOT_A_LIFE_DATE),
        ("2100-05-05", Problem.NOT_A_LIFE_DATE),
        ("0000", Problem.NOT_A_LIFE_DATE),
        ("196403", Problem.NOT_A_LIFE_DATE),
        ("8 Foo 1964", Problem.NOT_A_LIFE_DATE),
        ("1960-1999", Problem.NOT_A_LIFE_DATE),
        ("1966-1964", Problem.NOT_A_LIFE_DATE),
        ("circa", Problem.NOT_A_LIFE_DATE),
        ("unknown", Problem.NOT_A_LIFE_DATE),
        ("-", Problem.NOT_A_LIFE_DATE),
        ("99/99/1964", Problem.NOT_A_LIFE_DATE),
        ("3/4/1964", Problem.WHICH_ORDER),
        ("12.11.1964", Problem.WHICH_ORDER),
        ("3/4/64", Problem.SHORT_YEAR),
        ("8 Mar 64", Problem.SHORT_YEAR),
        ("64-03-08", Problem.SHORT_YEAR),
    ],
)
def test_what_is_no_birth_is_refused(value, problem):
    with pytest.raises(BadValueError) as caught:
        LIFE_DATE.normalise(value)
    assert caught.value.problem == problem
    assert value not in str(caught.value)


def test_slips_leave_more_in_common_than_strangers_have():
    stranger = common("1964-03-08", "1971-10-25")
    assert stranger == 0
    for slip in ("1964-03-09", "1964-08-03", "1965-03-08", "1963-03-08", "1974-03-08", "1964", "1964-03"):
        assert common("1964-03-08", slip) >= 96


def test_neighbouring_years_share_a_token_and_distant_ones_none():
    assert common("1964", "1965") > 0
    assert common("1964", "1963") > 0
    assert common("1964", "1966") == 0


def test_a_range_meets_each_of_its_years_and_no_other():
    assert min(common("1960-1963", str(year)) for year in range(1960, 1964)) > common("1960-1963", "1968")


def test_a_placeholder_day_meets_the_year():
    assert cut("1964-01-01") == cut("1964")


@given(st.dates(date(EARLIEST, 1, 1), date(LATEST, 12, 31)))
def test_every_day_has_240_draws_or_is_a_year(day):
    text = LIFE_DATE.normalise(day.isoformat())
    assert LIFE_DATE.normalise(day.strftime("%d %B %Y")) == text
    assert sum(cut(text).values()) == (96 if (day.month, day.day) == (1, 1) else 240)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("2030-06-16", Problem.NOT_BORN),
        ("2030-07", Problem.NOT_BORN),
        ("2031", Problem.NOT_BORN),
        ("2031-2033", Problem.NOT_BORN),
        ("2030-06-15", Problem.NONE),
        ("2030-06", Problem.NONE),
        ("2030", Problem.NONE),
        ("2029-2031", Problem.NONE),
        ("1905", Problem.NONE),
        ("1904-12-31", Problem.TOO_OLD),
        ("1830-06-15", Problem.TOO_OLD),
        ("1901-1904", Problem.TOO_OLD),
        ("1901-1906", Problem.NONE),
    ],
)
def test_a_birth_is_neither_in_the_future_nor_two_hundred_years_ago(value, problem):
    assert LIFE_DATE.doubt(LIFE_DATE.normalise(value), date(2030, 6, 15)) == problem


def test_a_column_is_doubted_as_single_values_are():
    column = LIFE_DATE.normalise_all(pa.array(["2031", "1964", "", "x", "1830"])).doubted(
        LIFE_DATE, date(2030, 6, 15)
    )
    assert column.texts.to_list() == [b"", b"1964", b"", b"", b""]
    assert column.problems.tolist() == [Problem.NOT_BORN, 0, 0, Problem.NOT_A_LIFE_DATE, Problem.TOO_OLD]
