"""Vocabulary: tokens of values, and what part of a value each is."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(values=VALUES, shares=st.one_of(st.none(), st.tuples(*[st.integers(1, 5)] * 4)))
def test_the_parts_of_a_value_are_one_whole_in_the_order_of_its_tokens(values, shares):
    parted = tokens_of(values, shares).parted()
    own = shares or (1, 1, 1, 1)
    assert parted.to_list() == [[WORDS[word] for word in value] for value in values]
    for value, (start, end) in zip(values, pairwise(parted.offsets.tolist()), strict=True):
        parts = [Fraction(*parted.weights[i]) for i in parted.ids[start:end]]
        assert parts == [Fraction(own[word], sum(own[each] for each in value)) for word in value]
        assert sum(parts) == bool(value)
    couples = list(zip(parted.vocabulary, parted.weights, strict=True))
    assert len(set(couples)) == len(couples)


@pytest.mark.parametrize("values", [[], [[]], [[], [0]]])
def test_values_without_tokens_have_no_parts(values):
    assert tokens_of(values, None).parted().to_list() == [[WORDS[word] for word in value] for value in values]
