"""Two people who have nothing in common are no hit, whatever stands in their records and whatever the key."""

from __future__ import annotations

import contextlib
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pplink.errors import DataError
from pplink.evaluation.attacks.features import features_of
from pplink.evaluation.encoding import encoded, fields_of
from pplink.join.api import threshold_join

PRESETS = ("persons", "persons-address", "persons-crossborder", "persons-shown")
NOBODY = (
    "",
    "😀",
    "\u200f\u200b",
    "Mr.",
    "von der",
    "Unknown",
    "A",
    "...",
    "N/A",
    "\ue000\ue001",
    "\U0001fa77",
)
"""That both may well have: nobody is called so."""
LETTERS = ("abcdefghijklm", "nopqrstuvwxyz")
DATES = (("1941-02-14", "1942-03-15", "1943-01-16"), ("1876-08-09", "1987-06-27", "1998-07-29"))
MARKS = st.sampled_from(["", "\u200b", "\u202e", "\u0301", "😀", "-"])


def words(letters: str) -> st.SearchStrategy[str]:
    """A name of one letter to 500, with what does not belong into names."""
    word = st.text(letters, min_size=1, max_size=9)
    some = st.lists(st.tuples(word, MARKS).map("".join), min_size=1, max_size=3).map(" ".join)
    long = st.integers(0, 999).map(lambda seed: "".join(Random(seed).choices(letters, k=500)))
    return st.one_of(some, some, long, st.sampled_from(NOBODY))


def person(side: int) -> st.SearchStrategy[dict[str, str]]:
    """A record with every preset's columns; any of them may be empty."""
    name, digits = words(LETTERS[side]), st.text(("123", "678")[side], max_size=6)
    date = st.sampled_from(("", *DATES[side]))
    columns = ("name", "given_name", "family_name", "place", "street")
    return st.fixed_dictionaries(
        {column: name for column in columns}
        | {"birth_date": date, "house_number": digits, "postcode": digits}
    )


@pytest.mark.parametrize("preset", PRESETS)
@settings(deadline=None, max_examples=60)
@given(one=person(0), two=person(1), key=st.integers(0, 1 << 32))
def test_people_who_have_nothing_in_common_are_no_hit(proposed_agreement, preset, one, two, key):
    terms = proposed_agreement(preset).terms
    tables = [fields_of(pd.DataFrame([{"record_id": "1", **each}]), terms) for each in (one, two)]
    features = features_of(tables, terms)
    assume(not features[0].multiply(features[1]).nnz)
    rows = [np.zeros((1, 1), np.uint64)] * 2
    with contextlib.suppress(DataError):  # nothing in it is of any use: no row
        rows = [encoded(table, terms, key, protecting=False)[0] for table in tables]
    assert not len(threshold_join(*rows, terms.threshold, measure=terms.measure))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("value", NOBODY)
def test_what_nobody_is_called_is_no_hit_with_the_same(proposed_agreement, preset, value):
    terms = proposed_agreement(preset).terms
    names = dict.fromkeys(("name", "given_name", "family_name"), value)
    rest = {"birth_date": "1964-03-08", "place": "Lund", "street": "", "house_number": "7", "postcode": "1"}
    usual = names | rest | dict.fromkeys(("name", "given_name", "family_name"), "Boris")
    frame = pd.DataFrame([{"record_id": "1", **names, **rest}, {"record_id": "2", **usual}])
    rows, _ = encoded(fields_of(frame, terms), terms, 1, protecting=False)
    found = threshold_join(rows, rows, terms.threshold, measure=terms.measure)
    assert np.unique(found.left).tolist() == [len(rows) - 1]
