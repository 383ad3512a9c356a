from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.join.pairs import Pairs

triples = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([0.5, 0.8, 1.0])))


@given(triples)
def test_pairs_come_by_falling_score_then_left_then_right(some: list[tuple[int, int, float]]) -> None:
    pairs = Pairs.ordered(*zip(*some, strict=True)) if some else Pairs.empty()
    wanted = sorted(some, key=lambda pair: (-pair[2], pair[0], pair[1]))
    assert list(zip(pairs.left, pairs.right, pairs.score, strict=True)) == wanted
    assert len(pairs) == len(some)


@given(triples, triples)
def test_blocks_together_are_in_order(
    one: list[tuple[int, int, float]], two: list[tuple[int, int, float]]
) -> None:
    blocks = [Pairs.ordered(*zip(*some, strict=True)) if some else Pairs.empty() for some in (one, two)]
    both = one + two
    whole = Pairs.ordered(*zip(*both, strict=True)) if both else Pairs.empty()
    joined = Pairs.together(blocks)
    assert joined.left.tobytes() == whole.left.tobytes()
    assert joined.right.tobytes() == whole.right.tobytes()
    assert joined.score.tobytes() == whole.score.tobytes()


def test_columns_have_one_type_whatever_comes_in() -> None:
    for pairs in (Pairs.empty(), Pairs.together([]), Pairs.ordered(np.array([1], np.uint8), [2], [1])):
        assert (pairs.left.dtype, pairs.right.dtype) == (np.int64, np.int64)
        assert pairs.score.dtype == np.float64


def test_pairs_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Pairs.empty().left = np.zeros(1, np.int64)  # type: ignore[misc]
