"""Days: which tokens say how much, and that errors in one part leave the others."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.days import DAY, SHARES

DAYS = st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8))


def shared(one: str, other: str) -> int:
    """The shares that two days have in common."""
    tokens = [dict(zip(DAY.tokens(day, 2), DAY.shares(day, 2), strict=True)) for day in (one, other)]
    return sum(share for token, share in tokens[0].items() if token in tokens[1])


def test_a_day_is_cut_as_the_format_says():
    assert b" ".join(DAY.tokens("19800304", 2)) == (
        b"0:1980 1:80 2:03 3:04 4:0 5:3 6:4 7:198003 8:0304 9:198004"
    )
    assert DAY.shares("19800304", 2) == list(SHARES)
    assert (DAY.tokens("", 2), DAY.shares("", 2)) == ([], [])


@pytest.mark.parametrize(
    ("other", "left"),
    [
        ("19800304", 28),
        ("19800403", 14),  # day and month swapped
        ("19800305", 17),  # a wrong day
        ("19800404", 17),  # a wrong month
        ("19810304", 10),  # a wrong year
        ("19370819", 0),
    ],
)
def test_an_error_leaves_what_it_does_not_touch(other, left):
    assert shared("19800304", other) == left


@given(st.lists(DAYS, max_size=5))
def test_columns_are_cut_as_single_days_are(days):
    tokens = DAY.tokenise_all(DAY.normalise_all(pa.array(days, pa.string())).texts, 2)
    assert tokens.to_list() == [DAY.tokens(day, 2) for day in days]
