"""What each kind makes of values as people write them."""

from __future__ import annotations

import pytest

from pplink.fields.catalogue import KINDS
from pplink.fields.problem import BadValueError, Problem


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("name", "  D'Arcy-Smith, J. ", "darcy smith j"),
        ("name", "O’Brien", "obrien"),
        ("name", "Łukasz", "lukasz"),
        ("name", "Müller", "muller"),
        ("name", "Mu\u0308ller", "muller"),
        ("name", "STRAßE", "strasse"),
        ("name", "Лукаш", "lukash"),
        ("name", "Ann 2", "ann"),
        ("name", "--", ""),
        ("text", "Flat 2/14B", "flat 2 14b"),
        ("text", "Ｆｌａｔ２", "flat2"),
        ("date", "19800403", "19800403"),
        ("date", " 1980-04-03 ", "19800403"),
        ("date", "19800403.0", "19800403"),
        ("date", "1980-04-03 00:00:00", "19800403"),
        ("date", "2000-02-29", "20000229"),
        ("number", "No. 12", "12"),
        ("number", "4223.0", "4223"),
        ("number", "1.000", "1000"),
        ("number", "+46 70-123", "4670123"),
        ("number", "007", "007"),
        ("category", "SE ", "se"),
    ],
)
def test_a_value_is_read_as_meant(kind, value, normal):
    assert KINDS[kind].normalise(value) == normal


@pytest.mark.parametrize(
    "value",
    [
        "1980",
        "03/04/1980",
        "1980-4-3",
        "19800431",
        "1900-02-29",
        "0000-01-01",
        "198004030",
        "1980_04_03",
        "1980-13-01",
        "1980-00-10",
        "+1980403",
        "unknown",
        "-",
        "??.??.1980",
        "1980-04-03T12:00:00",
    ],
)
def test_what_is_no_day_is_refused(value):
    with pytest.raises(BadValueError) as caught:
        KINDS["date"].normalise(value)
    assert caught.value.problem == Problem.NOT_A_DATE
    assert (
        str(caught.value) == "is not a date (YYYY-MM-DD or YYYYMMDD; other ways of writing: `--date-format`)"
    )


def test_a_number_without_digits_is_refused():
    with pytest.raises(BadValueError):
        KINDS["number"].normalise("none")


def test_q_grams_reach_over_both_ends():
    assert KINDS["name"].tokens("mia", 2) == [b"_m", b"mi", b"ia", b"a_"]
    assert KINDS["name"].tokens("a", 3) == [b"__a", b"_a_", b"a__"]
    assert KINDS["name"].tokens("mia", 1) == [b"m", b"i", b"a"]


def test_one_wrong_digit_leaves_most_of_a_date():
    tokens = KINDS["date"].tokens
    shared = set(tokens("19800403", 2)) & set(tokens("19800404", 2))
    assert len(shared) == len(tokens("19800403", 2)) - 2


def test_equal_digits_in_other_places_are_other_tokens():
    tokens = KINDS["date"].tokens
    assert not set(tokens("19040312", 2)) & set(tokens("20121203", 2))


def test_a_category_is_one_token_of_any_length():
    assert KINDS["category"].tokens("stateless person", 2) == [b"stateless person"]
