"""Columns of byte strings: taken apart and compared whole."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields import strings
from pplink.fields.strings import from_list


@given(st.lists(st.binary(max_size=5)))
def test_a_column_gives_back_the_strings_that_it_was_made_of(values):
    assert from_list(values).to_list() == values


@pytest.mark.parametrize("values", [[], [b""], [b"", b""], [b"a", b"", b"b"], [b"\0"], [b"a\0", b"", b"b"]])
def test_empty_strings_and_zero_bytes_are_kept(values):
    assert from_list(values).to_list() == values


@pytest.mark.parametrize(
    ("values", "common"),
    [
        ([], None),
        ([b""], b""),
        ([b"", b""], b""),
        ([b"ab", b"ab", b"ab"], b"ab"),
        ([b"ab", b"ba"], None),
        ([b"ab", b"abc"], None),
        ([b"", b"a"], None),
    ],
)
def test_a_column_knows_whether_all_its_strings_are_one(values, common):
    assert from_list(values).common == common


@given(st.lists(st.text("ab\u00e9", max_size=20).map(str.encode)))
def test_a_column_knows_whether_all_its_strings_differ(values):
    for block in (3, 1 << 13):
        with mock.patch.object(strings, "BLOCK", block):
            assert from_list(values).differ == (len(set(values)) == len(values))


@pytest.mark.parametrize("values", [[b"a", b"a\0"], [b"a" * 65], [b"", b"\0\0"]])
def test_where_that_is_not_seen_at_once_it_is_not_claimed(values):
    assert not from_list(values).differ
