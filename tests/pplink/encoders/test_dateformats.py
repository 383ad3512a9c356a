"""Columns whose days are written in one known way."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.encoders.dateformats import with_dates
from pplink.errors import DataError, UsageError
from pplink.fields.lifedates import LIFE_DATE
from pplink.fields.problem import BadValueError

TODAY = date(2030, 6, 15)


def read(form: str, *values: str | None) -> list[str | None]:
    table = pa.table({"a": ["x"] * len(values), "born": pa.array(values, pa.string())})
    return with_dates(table, {"born": form}, TODAY).column("born").to_pylist()


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("%d/%m/%Y", "3/4/1964", "1964-04-03"),
        ("%m/%d/%Y", "3/4/1964", "1964-03-04"),
        ("%d.%m.%y", "03.04.64", "1964-04-03"),
        ("%d.%m.%y", "15.06.30", "2030-06-15"),
        ("%d.%m.%y", "16.06.30", "1930-06-16"),
        ("%d.%m.%y", "29.02.00", "2000-02-29"),
        ("%d %b %y", "3 Apr 64", "1964-04-03"),
        ("%d%m%y", "030464", "1964-04-03"),
        ("%d/%m/%Y", "1964", "1964"),
        ("%d/%m/%Y", "circa 1964", "circa 1964"),
        ("%d/%m/%Y", "1964-04-03", "1964-04-03"),
        ("%d/%m/%Y", "3/4/1964; 5/6/1965;1966", "1964-04-03;1965-06-05;1966"),
        ("%d/%m/%Y", "", ""),
        ("%d/%m/%Y", None, None),
    ],
)
def test_a_day_is_read_as_the_format_says(form, value, expected):
    assert read(form, value) == [expected]


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("%d/%m/%Y", "12/31/1964"),
        ("%d/%m/%Y", "3/4/64"),
        ("%d/%m/%Y", "31.12.1964"),
        ("%d%m%y", "321364"),
        ("%d/%m/%y", "29/02/00x"),
    ],
)
def test_a_day_that_could_be_read_otherwise_is_refused(form, value):
    (text,) = read(form, value)
    with pytest.raises(BadValueError):
        LIFE_DATE.normalise(text)


@pytest.mark.parametrize(
    "form", ["", "%d/%m", "%d/%m/%Y/%y", "%d/%d/%Y", "%d/%m/%Y %H", "dd/mm/yyyy", "%x", "%d/%m/%Y%"]
)
def test_what_is_no_format_of_a_day_is_refused(form):
    with pytest.raises(UsageError, match="a date format has"):
        read(form, "1964")


def test_a_column_that_is_not_there_or_no_text_is_refused():
    with pytest.raises(UsageError, match="no column"):
        with_dates(pa.table({"a": ["x"]}), {"born": "%d/%m/%Y"}, TODAY)
    with pytest.raises(DataError, match="is no text"):
        with_dates(pa.table({"born": [7]}), {"born": "%d/%m/%Y"}, TODAY)


@given(
    st.dates(TODAY - timedelta(days=36_500), TODAY),
    st.sampled_from(["%d/%m/%Y", "%m-%d-%Y", "%d.%m.%y", "%d %B %y"]),
)
def test_every_day_of_a_hundred_years_comes_back(day, form):
    assert read(form, day.strftime(form)) == [day.isoformat()]
