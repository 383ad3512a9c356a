"""Date formats: a column whose dates are written in one known way, day or month first, two-digit years and all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from pplink.encoders.tokens import distinct
from pplink.encoders.variants import MARK
from pplink.errors import DataError, UsageError

DIRECTIVES = (("%d",), ("%m", "%b", "%B"), ("%Y", "%y"))
"""Of strptime; a format has one of each, once."""

_DIRECTIVE = re.compile("%.?")
_OTHER_DAY = re.compile(r"\s*\d{1,2}\D\d{1,2}\D(?:\d{2}){1,2}\s*|\s*\d{6}\s*")


def check_format(form: str) -> None:
    """Raise UsageError for what is no format of a day."""
    found = _DIRECTIVE.findall(form)
    if len(found) != len(DIRECTIVES) or any(
        sum(found.count(each) for each in one) != 1 for one in DIRECTIVES
    ):
        raise UsageError(
            "a date format has a day, a month and a year, each once: %d; %m, %b or %B; %Y or %y",
            "for example --date-format birth=%d/%m/%Y",
        )


def with_dates(table: Any, formats: Mapping[str, str], today: date) -> Any:
    """The table with the days of some columns as YYYY-MM-DD. formats: {header: format of strptime}.

    %y: the latest such year whose day is not after `today`, for nobody is born later. What is written otherwise stays
    (a year, a month, YYYY-MM-DD); but what could be read as another order of day, month and two or four digits of a
    year is marked, so that it is refused as no date. Raises UsageError, DataError for a column that is no text.
    """
    for header, form in formats.items():
        check_format(form)
        if header not in table.column_names:
            raise UsageError(
                "the list has no column for which a date format is given", "check `--date-format`"
            )
        place = table.column_names.index(header)
        column = table.column(place)
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            raise DataError(f"column {header[:64]!r} is no text, and needs no date format", "leave it out")
        values, places = distinct(column)
        read = [
            value and MARK.join(_read(part, form, today) for part in value.split(MARK))
            for value in values.to_pylist()
        ]
        table = table.set_column(
            place, header, pa.chunked_array([pa.array(read, pa.string()).take(pa.array(places))])
        )
    return table


def _read(value: str, form: str, today: date) -> str:
    try:
        day = datetime.strptime(value.strip(), form).date()
    except ValueError:
        return f"not {form}: {value}" if _OTHER_DAY.fullmatch(value) else value
    if "%y" in form:
        day = _born(day, today)
    return day.isoformat()


def _born(day: date, today: date) -> date:
    """The day in the latest year of those two digits that is not after today; 29 February keeps to leap years."""
    for year in range(today.year - today.year % 100 + day.year % 100, 0, -100):
        try:
            found = day.replace(year=year)
        except ValueError:
            continue
        if found <= today:
            return found
    return day
