"""Every kind: the vectorised path gives what the plain one gives, on anything."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.fields.catalogue import KINDS
from pplink.fields.numbers import NearNumber
from pplink.fields.problem import LONGEST, BadValueError, Problem

WRITTEN = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text("aZ9 '-_.\0\t", max_size=12),
    st.text("0123456789.-T: ", max_size=20),
    st.dates().map(str),
    st.dates().map(lambda day: day.isoformat().replace("-", "")),
    st.sampled_from(["12.0", ".0", "1.0.0", " 7.0 ", "20240229.0", "19000229", "2024-02-30", "0000-01-01"]),
    st.sampled_from(
        ["1980-04-03 00:00:00", "1980-04-03T00:00:00", "1980-04-03 01:00:00", "٢٠٢٤٠١٠١", "Łódź"]
    ),
    st.sampled_from(["von der X", "Mr Unknown", "a b", "fnu", "Dr. de", "la", "Leslie", "an annan", "Li"]),
    st.sampled_from(["x" * LONGEST, "x" * (LONGEST + 1), "é" * LONGEST, "é" * (LONGEST + 1)]),
)
UNSEEN = (
    "\u200b\u200d\u200e\u200f\u202a\u202b\u202e\u2060\u2066\u2067\u2069\ufeff\u00ad\u061c\U000e0067\U000e007f"
)
"""Joiners, directions, marks of byte order and soft hyphens, the tags in flags."""
EVERY = {**KINDS, "near number": NearNumber(9, 4)}
EVERY_KIND = pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY.keys())


def plainly(kind, value: str) -> tuple[str, int]:
    try:
        return kind.normalise(value), Problem.NONE
    except BadValueError as error:
        return "", error.problem


@EVERY_KIND
@settings(deadline=None)
@given(values=st.lists(WRITTEN, max_size=8), q=st.integers(1, 4), start=st.integers(0, 3))
def test_columns_are_read_as_single_values_are(kind, values, q, start):
    for arrow_type in (pa.string(), pa.large_string()):
        column = pa.array(values, arrow_type)[start:]
        expected = [plainly(kind, value) for value in values[start:]]
        texts, problems = kind.normalise_all(column)
        assert [text.decode() for text in texts.to_list()] == [text for text, _ in expected]
        assert problems.tolist() == [problem for _, problem in expected]
        tokens = kind.tokenise_all(texts, q)
        assert tokens.to_list() == [kind.tokens(text, q) for text, _ in expected]
        shares = tokens.shares or (1,) * len(tokens.vocabulary)
        assert [[shares[i] for i in tokens.ids[a:b]] for a, b in pairwise(tokens.offsets)] == [
            kind.shares(text, q) for text, _ in expected
        ]
        assert len(set(zip(tokens.vocabulary, shares, strict=True))) == len(tokens.vocabulary)


@EVERY_KIND
@settings(deadline=None)
@given(value=WRITTEN)
def test_a_normal_form_is_ascii_and_its_own_normal_form(kind, value):
    text, problem = plainly(kind, value)
    assert text.isascii()
    if problem == Problem.NONE and len(text) <= LONGEST:
        assert kind.normalise(text) == text


@EVERY_KIND
@settings(deadline=None)
@given(values=st.lists(WRITTEN, max_size=8))
def test_who_is_named_is_told_of_columns_as_of_single_values(kind, values):
    texts, _ = kind.normalise_all(pa.array(values, pa.string()))
    assert kind.names_all(texts).tolist() == [kind.names(text.decode()) for text in texts.to_list()]


@EVERY_KIND
@settings(deadline=None)
@given(value=WRITTEN, unseen=st.text(UNSEEN, min_size=1, max_size=5), place=st.integers(0, 20))
def test_what_is_not_seen_changes_nothing(kind, value, unseen, place):
    if len(value) < LONGEST - 5:
        assert plainly(kind, value[:place] + unseen + value[place:]) == plainly(kind, value)


@EVERY_KIND
@pytest.mark.parametrize("value", ["", " ", "\t \n", "\u3000", "\u00a0"])
def test_white_space_says_nothing(kind, value):
    assert kind.normalise(value) == ""
    assert kind.tokens("", 2) == []


@EVERY_KIND
@pytest.mark.parametrize(
    ("value", "problem"),
    [("a\0b", Problem.NUL), ("1" * (LONGEST + 1), Problem.TOO_LONG), ("\0", Problem.NUL)],
)
def test_no_kind_takes_a_damaged_value(kind, value, problem):
    with pytest.raises(BadValueError) as caught:
        kind.normalise(value)
    assert caught.value.problem == problem


@EVERY_KIND
def test_an_empty_column_has_no_tokens(kind):
    texts, problems = kind.normalise_all(pa.array([], pa.string()))
    tokens = kind.tokenise_all(texts, 2)
    assert (len(texts), len(problems), tokens.to_list()) == (0, 0, [])
