from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.primitives.flags import flag_words, from_words, to_words


@given(st.lists(st.booleans(), max_size=200))
def test_flags_come_back_as_they_went(flags: list[bool]) -> None:
    words = to_words(flags)
    assert len(words) == flag_words(len(flags))
    found = from_words(words, len(flags))
    assert found is not None
    assert found.tolist() == flags


def test_the_first_flag_is_the_lowest_bit() -> None:
    assert to_words([True, False, True]).tolist() == [5]
    assert to_words([False] * 64 + [True]).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("words", "count"), [([5], 2), ([1], 0), ([], 1), ([1, 0], 64), ([0], 65), ([1 << 63], 63)]
)
def test_another_number_of_words_or_a_bit_past_the_end_are_no_flags(words: list[int], count: int) -> None:
    assert from_words(np.array(words, np.uint64), count) is None
