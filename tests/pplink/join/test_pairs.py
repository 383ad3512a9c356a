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


def test_those_at_or_above_a_threshold_are_the_first() -> None:
    pairs = Pairs.ordered([0, 1, 2], [0, 1, 2], [0.5, 0.9, 0.7])
    assert pairs.at_least(0.7).score.tolist() == [0.9, 0.7]
    assert pairs.at_least(0.7).left.tolist() == [1, 2]
    assert (len(pairs.at_least(0)), len(pairs.at_least(1))) == (3, 0)


def test_some_are_taken_by_flags_places_or_a_slice() -> None:
    pairs = Pairs.ordered([0, 1, 2], [5, 4, 3], [0.9, 0.8, 0.7])
    for which in (np.array([True, False, True]), np.array([0, 2]), slice(0, 3, 2)):
        some = pairs.take(which)
        assert [some.left.tolist(), some.right.tolist(), some.score.tolist()] == [[0, 2], [5, 3], [0.9, 0.7]]


def test_two_records_score_as_the_best_of_their_rows() -> None:
    pairs = Pairs.ordered([0, 1, 1, 4], [3, 2, 5, 0], [0.8, 0.9, 0.85, 0.7])
    best = pairs.of_records(2)
    assert list(zip(best.left.tolist(), best.right.tolist(), best.score.tolist(), strict=True)) == [
        (0, 1, 0.9),
        (0, 2, 0.85),
        (2, 0, 0.7),
    ]
    assert len(Pairs.empty().of_records(3)) == 0


def test_rows_may_belong_together_in_any_way() -> None:
    pairs = Pairs.ordered([0, 1, 2], [0, 1, 0], [0.7, 0.8, 0.9])
    persons = np.array([7, 7, 3])
    best = pairs.best(persons[pairs.left], np.zeros(3, np.int64))
    assert list(zip(best.left.tolist(), best.right.tolist(), best.score.tolist(), strict=True)) == [
        (3, 0, 0.9),
        (7, 0, 0.8),
    ]
