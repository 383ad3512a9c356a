from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import UsageError
from pplink.evaluation import Quality, of_clusters, of_pairs, of_whole_clusters

ids = st.tuples(st.integers(0, 5), st.integers(0, 5))


@given(st.sets(ids), st.sets(ids))
def test_figures_follow_from_the_counts(found: set[tuple[int, int]], truth: set[tuple[int, int]]) -> None:
    quality = of_pairs(found, truth)
    assert (quality.found, quality.true_pairs, quality.right) == (len(found), len(truth), len(found & truth))
    assert 0 <= quality.precision <= 1
    assert 0 <= quality.recall <= 1
    low, high = sorted((quality.precision, quality.recall))
    if quality.right:
        assert low - 1e-12 <= quality.f1 <= high + 1e-12
        assert quality.f1 == pytest.approx(2 / (1 / quality.precision + 1 / quality.recall))


@pytest.mark.parametrize(
    ("found", "truth", "figures"),
    [
        ([], [], (1, 1, 1)),
        ([], [(0, 0)], (1, 0, 0)),
        ([(0, 0)], [], (0, 1, 0)),
        ([(0, 0)], [(0, 1)], (0, 0, 0)),
    ],
)
def test_nothing_divides_by_zero(
    found: list[tuple[int, int]], truth: list[tuple[int, int]], figures: tuple[float, float, float]
) -> None:
    quality = of_pairs(found, truth)
    assert (quality.precision, quality.recall, quality.f1) == figures


def test_ids_tuples_and_arrays_give_the_same() -> None:
    rows = np.array([[0, 1], [2, 3], [0, 1]])
    assert of_pairs(rows, [(0, 1), (5, 5)]) == Quality(true_pairs=2, found=2, right=1)
    assert of_pairs([("a", "b")], {("a", "b")}) == Quality(true_pairs=1, found=1, right=1)
    assert of_pairs(zip("ab", "cd", strict=True), [("c", "a")]).right == 0


def test_a_person_reads_counts_and_figures() -> None:
    quality = Quality(true_pairs=5000, found=4000, right=3900)
    expected = "precision 0.9750, recall 0.7800, F1 0.8667 (3,900 right of 4,000 found, 5,000 true)"
    assert str(quality) == expected


columns = st.lists(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=6), max_size=4)


@given(columns)
@settings(max_examples=200)
def test_clusters_are_counted_as_if_pair_by_pair(datasets: list[list[tuple[int, int]]]) -> None:
    said, real = set(), set()
    for (i, some), (j, others) in combinations(enumerate(datasets), 2):
        for a, one in enumerate(some):
            for b, other in enumerate(others):
                pair = ((i, a), (j, b))
                said |= {pair} if one[0] == other[0] >= 0 else set()
                real |= {pair} if one[1] == other[1] >= 0 else set()
    labels, people = ([[row[side] for row in rows] for rows in datasets] for side in (0, 1))
    assert of_clusters(labels, people) == of_pairs(said, real)


@given(columns)
def test_a_cluster_is_right_if_it_is_all_of_a_person_and_nothing_else(
    datasets: list[list[tuple[int, int]]],
) -> None:
    found: list[set[frozenset[tuple[int, int]]]] = []
    for side in (0, 1):
        groups: dict[int, set[tuple[int, int]]] = {}
        for number, rows in enumerate(datasets):
            for row, values in enumerate(rows):
                groups.setdefault(values[side], set()).add((number, row))
        found.append({frozenset(group) for label, group in groups.items() if label >= 0 and len(group) > 1})
    said, real = found
    labels, people = ([[row[side] for row in rows] for rows in datasets] for side in (0, 1))
    expected = Quality(true_pairs=len(real), found=len(said), right=len(said & real))
    assert of_whole_clusters(labels, people) == expected


def test_records_of_one_dataset_are_no_pair_across() -> None:
    assert of_clusters([[7, 7], [7]], [[1, 2], [1]]) == Quality(true_pairs=1, found=2, right=1)


@pytest.mark.parametrize(
    ("labels", "people"),
    [
        ([[0, 1]], [[0]]),
        ([[0], [1]], [[0]]),
        ([[0.5]], [[0]]),
        ([["a"]], [[0]]),
        ([[[0]]], [[0]]),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: list[object], people: list[object]) -> None:
    for count in (of_clusters, of_whole_clusters):
        with pytest.raises(UsageError):
            count(labels, people)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 3), (1, 2, 2)])
def test_an_array_that_is_no_table_of_pairs_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError):
        of_pairs(np.zeros(shape, int), [])
