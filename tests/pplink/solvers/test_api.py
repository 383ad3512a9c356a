from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from pplink.errors import UsageError
from pplink.join.pairs import Pairs
from pplink.solvers import assign

SOLVERS = ("greedy", "optimal")


def pairs_of(*triples: tuple[int, int, float]) -> Pairs:
    columns = zip(*triples, strict=True) if triples else ((), (), ())
    left, right, score = columns
    return Pairs(left=np.array(left, np.int64), right=np.array(right, np.int64), score=np.array(score, float))


def triples_of(pairs: Pairs) -> list[tuple[int, int, float]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True))


def some_pairs(rows: int, most: int) -> st.SearchStrategy[list[tuple[int, int, float]]]:
    row = st.integers(0, rows - 1)
    score = st.integers(1, 8).map(lambda eighths: eighths / 8)  # few values: many ties
    return st.lists(st.tuples(row, row, score), max_size=most, unique_by=lambda pair: pair[:2])


def best_sum(triples: list[tuple[int, int, float]]) -> float:
    """By trying every subset."""
    best = 0.0
    for size in range(1, len(triples) + 1):
        for chosen in combinations(triples, size):
            lefts, rights = {t[0] for t in chosen}, {t[1] for t in chosen}
            if len(lefts) == len(rights) == size:
                best = max(best, sum(t[2] for t in chosen))
    return best


@given(some_pairs(4, 9))
@settings(max_examples=60, deadline=None)
def test_optimal_reaches_the_sum_of_the_best_subset(triples: list[tuple[int, int, float]]) -> None:
    assert assign(pairs_of(*triples), solver="optimal").score.sum() == best_sum(triples)


@given(st.integers(0, 2**32), st.integers(1, 40), st.floats(0.05, 1))
@settings(max_examples=60, deadline=None)
def test_optimal_agrees_with_the_dense_solver_of_scipy(seed: int, rows: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.random((rows, rows + 3)) * (rng.random((rows, rows + 3)) < share)
    left, right = dense.nonzero()
    found = assign(Pairs.ordered(left, right, dense[left, right]), solver="optimal")
    assert found.score.sum() == pytest.approx(
        dense[linear_sum_assignment(dense, maximize=True)].sum(), abs=1e-9
    )


@given(some_pairs(6, 30), st.randoms(use_true_random=False), st.sampled_from(SOLVERS))
@settings(max_examples=100, deadline=None)
def test_each_row_is_linked_once_whatever_the_order_of_pairs(
    triples: list[tuple[int, int, float]], random: object, solver: str
) -> None:
    found = assign(pairs_of(*triples), solver=solver)
    assert len(set(found.left.tolist())) == len(set(found.right.tolist())) == len(found)
    assert set(triples_of(found)) <= set(triples)
    assert triples_of(found) == sorted(triples_of(found), key=lambda t: (-t[2], t[0], t[1]))
    shuffled = list(triples)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert triples_of(assign(pairs_of(*shuffled), solver=solver)) == triples_of(found)


@given(some_pairs(6, 30), st.sampled_from(SOLVERS))
@settings(max_examples=60, deadline=None)
def test_no_pair_is_left_whose_two_rows_are_both_free(
    triples: list[tuple[int, int, float]], solver: str
) -> None:
    found = assign(pairs_of(*triples), solver=solver)
    lefts, rights = set(found.left.tolist()), set(found.right.tolist())
    assert all(t[0] in lefts or t[1] in rights for t in triples)


@given(some_pairs(6, 30))
@settings(max_examples=60, deadline=None)
def test_greedy_reaches_half_of_the_best_sum(triples: list[tuple[int, int, float]]) -> None:
    pairs = pairs_of(*triples)
    assert assign(pairs).score.sum() * 2 >= assign(pairs, solver="optimal").score.sum() - 1e-9


def test_greedy_takes_the_best_pair_where_optimal_takes_the_best_two() -> None:
    pairs = pairs_of((0, 0, 0.9), (0, 1, 0.8), (1, 0, 0.8))
    assert triples_of(assign(pairs)) == [(0, 0, 0.9)]
    assert triples_of(assign(pairs, solver="optimal")) == [(0, 1, 0.8), (1, 0, 0.8)]


def test_greedy_breaks_ties_by_the_lower_row() -> None:
    pairs = pairs_of((1, 0, 0.9), (0, 1, 0.9), (0, 0, 0.9), (1, 1, 0.9))
    assert triples_of(assign(pairs)) == [(0, 0, 0.9), (1, 1, 0.9)]


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_pairs_give_no_pairs(solver: str) -> None:
    assert len(assign(pairs_of(), solver=solver)) == 0


@pytest.mark.parametrize("solver", SOLVERS)
def test_rows_far_apart_cost_no_memory(solver: str) -> None:
    far = np.iinfo(np.int64).max
    pairs = pairs_of((far, far - 1, 0.9), (0, far - 1, 0.8), (far, 3, 0.7))
    assert len(assign(pairs, solver=solver)) == (1 if solver == "greedy" else 2)


@pytest.mark.parametrize("solver", SOLVERS)
def test_many_rows_that_are_all_alike_are_solved_at_once(solver: str) -> None:
    left, right = (rows.ravel() for rows in np.indices((300, 300)))
    found = assign(Pairs.ordered(left, right, np.full(len(left), 0.9)), solver=solver)
    assert len(found) == 300


def test_the_pairs_given_are_not_changed() -> None:
    pairs = pairs_of((1, 0, 0.5), (0, 0, 0.9))
    assign(pairs)
    assert triples_of(pairs) == [(1, 0, 0.5), (0, 0, 0.9)]


BAD = {
    "a negative left row": pairs_of((-1, 0, 0.9)),
    "a negative right row": pairs_of((0, -5, 0.9)),
    "a score that is no number": pairs_of((0, 0, float("nan"))),
    "an infinite score": pairs_of((0, 0, float("inf"))),
    "a score of nothing": pairs_of((0, 0, 0.0)),
    "a negative score": pairs_of((0, 0, -0.5)),
    "a score above one": pairs_of((0, 0, 1.5)),
    "a pair twice": pairs_of((0, 0, 0.9), (1, 1, 0.9), (0, 0, 0.9)),
    "a pair twice with two scores": pairs_of((0, 0, 0.9), (1, 1, 0.85), (0, 0, 0.8)),
    "arrays of different lengths": Pairs(left=np.arange(3), right=np.arange(2), score=np.ones(3)),
    "a table for a column": Pairs(left=np.zeros((1, 1), int), right=np.zeros(1, int), score=np.ones(1)),
    "rows that are not whole": Pairs(left=np.array([0.5]), right=np.array([0]), score=np.ones(1)),  # type: ignore[arg-type]
    "rows past the last integer": Pairs(
        left=np.array([2**64 - 1], np.uint64),  # type: ignore[arg-type]
        right=np.array([0]),
        score=np.ones(1),
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("solver", SOLVERS)
def test_pairs_that_cannot_be_are_refused(name: str, solver: str) -> None:
    with pytest.raises(UsageError):
        assign(BAD[name], solver=solver)


def test_an_unknown_solver_is_refused_with_those_known() -> None:
    with pytest.raises(UsageError) as caught:
        assign(pairs_of(), solver="magic")
    assert caught.value.hint == "solvers are: greedy, optimal"
