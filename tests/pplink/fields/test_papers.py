"""Documents, countries, phones and sexes: what is read, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.catalogue import KINDS
from pplink.fields.countries import ALSO, LANGUAGES, SUCCESSORS
from pplink.fields.documents import check_digit
from pplink.fields.problem import BadValueError, Problem

PASSPORT = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD = "I<UTOD231458907<<<<<<<<<<<<<<<"
"""The specimens of ICAO Doc 9303, parts 4 and 5."""


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("document", "AB 123-456", "ab123456"),
        ("document", "№ 123456", "123456"),
        ("document", PASSPORT, "l898902c3"),
        ("document", f"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n{PASSPORT}", "l898902c3"),
        ("document", CARD, "d23145890"),
        ("document", "٤٥٦٧٨٩", "456789"),
        ("country", "DE", "de"),
        ("country", "DEU", "de"),
        ("country", "Deutschland", "de"),
        ("country", "Германия", "de"),
        ("country", "ألمانيا", "de"),
        ("country", "中国", "cn"),
        ("country", "the Netherlands", "nl"),
        ("country", "Syria, Lebanon", "lb sy"),
        ("country", "Bosnia and Herzegovina", "ba"),
        ("country", "Syria and Iraq", "iq sy"),
        ("country", "Korea, Democratic People's Republic of", "kp"),
        ("country", "СССР", "suhh"),
        ("country", "UK", "gb"),
        ("phone", "0046 (0)70-123 45 67", "+46701234567"),
        ("phone", "＋46 70 1234567", "+46701234567"),
        ("sex", "Female", "f"),
        ("sex", "женский", "f"),
        ("sex", "männlich", "m"),
        ("sex", "unknown", ""),
    ],
)
def test_a_value_is_read_as_meant(kind, value, normal):
    assert KINDS[kind].normalise(value) == normal
    assert KINDS[kind].normalise(normal) == normal


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("document", "0000000", Problem.NOT_A_DOCUMENT),
        ("document", "XXXX", Problem.NOT_A_DOCUMENT),
        ("document", "123", Problem.NOT_A_DOCUMENT),
        ("document", "--", Problem.NOT_A_DOCUMENT),
        ("document", "none", Problem.NOT_A_DOCUMENT),
        ("document", "unknown", Problem.NOT_A_DOCUMENT),
        ("document", "P0000000", Problem.NOT_A_DOCUMENT),
        ("document", PASSPORT.replace("C36", "C37"), Problem.WRONG_CHECK_DIGIT),
        ("document", PASSPORT.replace("740812", "740813"), Problem.WRONG_CHECK_DIGIT),
        ("document", PASSPORT.replace("120415", "120416"), Problem.WRONG_CHECK_DIGIT),
        ("document", PASSPORT[:-1] + "1", Problem.WRONG_CHECK_DIGIT),
        ("document", PASSPORT[:-2] + "20", Problem.WRONG_CHECK_DIGIT),
        ("document", CARD.replace("D2", "D3"), Problem.WRONG_CHECK_DIGIT),
        ("country", "Atlantis", Problem.NOT_A_COUNTRY),
        ("country", "Germany, Atlantis", Problem.NOT_A_COUNTRY),
        ("country", "ZZ", Problem.NOT_A_COUNTRY),
        ("country", "12", Problem.NOT_A_COUNTRY),
        ("phone", "070-123 45 67", Problem.NOT_A_PHONE),
        ("phone", "+1", Problem.NOT_A_PHONE),
        ("phone", "+999 123 456 789", Problem.NOT_A_PHONE),
        ("phone", "none", Problem.NOT_A_PHONE),
        ("sex", "?", Problem.NOT_A_SEX),
        ("sex", "mf", Problem.NOT_A_SEX),
    ],
)
def test_what_it_cannot_be_is_refused(kind, value, problem):
    with pytest.raises(BadValueError) as caught:
        KINDS[kind].normalise(value)
    assert caught.value.problem == problem
    assert value not in str(caught.value)


@given(
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<", min_size=1, max_size=12),
    st.integers(0, 11),
    st.integers(1, 9),
)
def test_a_check_digit_catches_any_one_wrong_digit(text, at, by):
    place = at % len(text)
    if text[place].isdigit():
        other = str((int(text[place]) + by) % 10)
        assert check_digit(text) != check_digit(text[:place] + other + text[place + 1 :])


def test_a_former_country_shares_a_token_with_each_that_followed():
    cut = {code: dict(KINDS["country"].cut(code)) for code in ("suhh", "ru", "ua", "fr")}
    assert cut["suhh"].keys() & cut["ru"].keys() == {b"ru"}
    assert cut["suhh"].keys() & cut["ua"].keys() == {b"ua"}
    assert not cut["suhh"].keys() & cut["fr"].keys()


def test_every_code_in_the_tables_is_a_country():
    codes = {*ALSO.values(), *" ".join(SUCCESSORS.values()).split()}
    assert all(KINDS["country"].normalise(code) == code for code in codes)
    assert len(LANGUAGES) == len(set(LANGUAGES))


def test_one_wrong_digit_leaves_bigrams_and_two_numbers_share_none():
    document = KINDS["document"]
    one, other, far = (set(document.tokens(text, 2)) for text in ("ab123456", "ab123457", "zz998877"))
    assert len(one & other) >= 6
    assert not one & far
