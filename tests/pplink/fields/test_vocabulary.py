"""Vocabulary: tokens of values, and what part of a value each is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pplink.fields.vocabulary import Tokens

WORDS = [b"a", b"b", b"c", b"d"]
VALUES = st.lists(st.lists(st.integers(0, 3), max_size=6), max_size=6)


def tokens_of(values: list[list[int]], shares: tuple[int, ...] | None) -> Tokens:
    return Tokens(
        vocabulary=tuple(WORDS),
        ids=np.array([word for value in values for word in value], np.int32),
        offsets=np.cumsum([0, *map(len, values)]),
        shares=shares,
    )


def thousandths(share: int, whole: int) -> int:
    return round(1000 * share / whole)


@given(values=VALUES, shares=st.one_of(st.none(), st.tuples(*[st.integers(1, 5)] * 4)), parted=st.booleans())
def test_each_token_gets_its_share_of_its_value_or_its_own(values, shares, parted):
    tokens = replace(tokens_of(values, shares), parted=parted)
    own = shares or (1, 1, 1, 1)
    words, counts, ids = tokens.counted(thousandths)
    assert words[ids].tolist() == [word for value in values for word in value]
    assert counts[ids].tolist() == [
        thousandths(own[word], sum(own[each] for each in value) if parted else 1)
        for value in values
        for word in value
    ]
    assert len(words) <= len(WORDS) * max(1, len(values))
    assert all(np.array(words) < len(WORDS))


@pytest.mark.parametrize("values", [[], [[]], [[], [0]]])
@pytest.mark.parametrize("parted", [True, False])
def test_values_without_tokens_have_nothing_to_count(values, parted):
    tokens = replace(tokens_of(values, None), parted=parted)
    assert len(tokens.counted(thousandths)[2]) == sum(map(len, values))


def test_more_words_and_sums_of_shares_than_32_bits_tell_apart_are_told_apart():
    count = 50_000
    numbers = np.arange(count, dtype=np.int32)
    tokens = Tokens(
        vocabulary=tuple(b"%d" % each for each in range(count)),
        ids=numbers[::-1].copy(),
        offsets=np.arange(count + 1),
        shares=tuple(range(1, count + 1)),
        parted=True,
    )
    words, counts, ids = tokens.counted(lambda share, whole: share + whole)
    assert np.array_equal(words[ids], tokens.ids)
    assert np.array_equal(counts[ids], 2 * (tokens.ids + 1))
