"""Days that are no person's: after today, or longer ago than anyone lives."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.dates import DATE
from pplink.fields.problem import Problem
from pplink.fields.texts import NAME

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20261128", Problem.NONE),
        ("20261129", Problem.NOT_YET),
        ("99991231", Problem.NOT_YET),
        ("19000101", Problem.NONE),
        ("18760101", Problem.NONE),
        ("18751231", Problem.LONG_AGO),
        ("00010101", Problem.LONG_AGO),
    ],
)
def test_a_day_is_between_long_ago_and_today(text: str, said: Problem) -> None:
    assert DATE.doubt(text, TODAY) == said


@given(st.lists(st.one_of(st.just(""), st.dates().map(lambda day: day.isoformat())), max_size=20))
def test_a_column_is_doubted_as_its_values_are(values: list[str]) -> None:
    normal = DATE.normalise_all(pa.array(values, pa.string()))
    texts, problems = normal.doubted(DATE, TODAY)
    wanted = [DATE.doubt(text, TODAY) if (text := DATE.normalise(value)) else 0 for value in values]
    assert problems.tolist() == wanted
    kept = [
        b"" if problem else DATE.normalise(value).encode()
        for value, problem in zip(values, wanted, strict=True)
    ]
    assert texts.to_list() == kept


def test_a_name_knows_no_day() -> None:
    normal = NAME.normalise_all(pa.array(["Anna"]))
    assert normal.doubted(NAME, TODAY) is normal
