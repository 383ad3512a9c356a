"""Whole numbers that are alike when they are near."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.numbers import NearNumber
from pplink.fields.problem import BadValueError, Problem

NUMBERS = st.integers(-(10**12), 10**12)


def common(kind: NearNumber, one: int, two: int) -> int:
    return len(set(kind.tokens(str(one), 2)) & set(kind.tokens(str(two), 2)))


@pytest.mark.parametrize(
    ("value", "normal"), [("170", "170"), (" +07 ", "7"), ("7.0", "7"), ("-5", "-5"), ("٧", "7"), ("", "")]
)
def test_a_number_is_read_as_meant(value, normal):
    assert NearNumber(9, 4).normalise(value) == normal


@pytest.mark.parametrize(
    "value", ["1.75", "1,000", "seven", "1e3", "--1", "1" * 19, "12 B", "-", "0x10", "½"]
)
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(BadValueError) as caught:
        NearNumber(9, 4).normalise(value)
    assert caught.value.problem == Problem.NOT_WHOLE


def test_three_apart_within_nine_share_six_of_nine():
    kind = NearNumber(9, 4)
    assert [common(kind, 170, 170 + apart) for apart in range(11)] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]


@given(NUMBERS, st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 20))
def test_what_two_numbers_share_falls_with_their_distance_to_nothing(number, apart, distance, resolution):
    kind, steps = NearNumber(distance, resolution), 2 * resolution + 1
    shared = common(kind, number, number + apart)
    assert abs(shared - max(0.0, steps * (1 - apart / distance))) <= 1
    assert len(set(kind.tokens(str(number), 2))) == steps
    if apart >= distance:
        assert shared == 0
