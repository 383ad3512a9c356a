"""From encodings to links, as the agreement says; rows of unrelated people stay apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pplink.broker.linking import Effort, Links, link, plans
from pplink.errors import DataError, RefusedError
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs

SIZES = (30, 40, 20)


def bits(*shape: int, seed: int = 0) -> np.ndarray:
    """Rows that are as unlike as chance has it: dice about 0.5."""
    return np.random.default_rng(seed).integers(0, 2**64, (*shape, 16), np.uint64)


@pytest.fixture
def rows() -> list[np.ndarray]:
    """Three datasets; rows 0-9 of all are the same persons, 10-14 of the first two."""
    common = bits(15)
    parts = [bits(size - 15, seed=size) for size in SIZES]
    made = [np.concatenate([common, part]) for part in parts]
    made[2][10:15] = bits(5, seed=9)
    return made


@pytest.fixture
def terms(proposed_agreement):
    def make(**changes):
        return proposed_agreement(change=lambda value: value.update(threshold=0.8, **changes)).terms

    return make


def test_two_datasets_are_assigned_one_to_one(rows, terms):
    links = link(rows[:2], terms(), Effort(), None)
    assert links.kept[0, 1].left.tolist() == links.kept[0, 1].right.tolist() == list(range(15))
    assert (links.comparisons, links.found) == (1200, 15)


def test_three_datasets_are_clustered(rows, terms):
    links = link(rows, terms(), Effort(), None)
    assert {couple: len(pairs) for couple, pairs in links.kept.items()} == {
        (0, 1): 15,
        (0, 2): 10,
        (1, 2): 10,
    }
    assert links.comparisons == sum(a * b for a, b in combinations(SIZES, 2))


def test_one_to_one_means_that_no_row_is_in_two_links(rows, terms):
    twice = [np.concatenate([each, each[:10]]) for each in rows[:2]]
    for solver in ("greedy", "optimal"):
        pairs = link(twice, terms(solver=solver), Effort(), None).kept[0, 1]
        assert len(set(pairs.left.tolist())) == len(set(pairs.right.tolist())) == len(pairs) == 25


def test_many_to_many_keeps_every_pair(rows, terms):
    twice = [np.concatenate([each, each[:10]]) for each in rows[:2]]
    links = link(twice, terms(assignment="many-to-many"), Effort(), None)
    expected = threshold_join(*twice, 0.8, backend="reference")
    assert links.kept[0, 1].left.tolist() == expected.left.tolist()
    assert links.found == len(expected) == 45


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_a_dataset_without_rows_links_nothing_and_harms_nothing(rows, terms, empty):
    rows[empty] = rows[empty][:0]
    links = link(rows, terms(), Effort(), None)
    assert all(len(pairs) == 0 for couple, pairs in links.kept.items() if empty in couple)
    assert sum(len(pairs) for pairs in links.kept.values()) > 0
    labels = links.components([len(each) for each in rows])
    assert [len(each) for each in labels] == [len(each) for each in rows]


def test_rows_without_a_bit_match_nothing(terms):
    blank = np.zeros((5, 16), np.uint64)
    links = link([blank, blank, blank], terms(), Effort(), None)
    assert links.found == 0
    assert [each.tolist() for each in links.components([5, 5, 5])] == [[-1] * 5] * 3


def test_datasets_of_different_widths_are_refused(rows, terms):
    with pytest.raises(DataError):
        link([rows[0], rows[1][:, :8]], terms(), Effort(), None)


def test_a_threshold_that_lets_everything_through_is_refused(monkeypatch, terms):
    from pplink.broker import linking

    def capped(*arguments, **options):
        return threshold_join(*arguments, **(options | {"max_pairs": 100}))

    monkeypatch.setattr(linking, "threshold_join", capped)
    alike = np.full((20, 16), 7, np.uint64)
    with pytest.raises(RefusedError) as caught:
        link([alike, alike], terms(), Effort(), None)
    assert caught.value.hint


def test_the_number_of_threads_changes_nothing(rows, terms):
    one, four = (link(rows, terms(), Effort(threads=threads), None) for threads in (1, 4))
    for couple, pairs in one.kept.items():
        assert pairs.left.tobytes() == four.kept[couple].left.tobytes()
        assert pairs.score.tobytes() == four.kept[couple].score.tobytes()


def test_progress_goes_forward_over_all_couples_to_the_end(rows, terms):
    told: list[tuple[int, int]] = []
    link(rows, terms(), Effort(), lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (2600, 2600)
    assert {total for _, total in told} == {2600}


def test_components_join_what_is_linked_over_several_datasets():
    links = Links(
        kept={
            (0, 1): Pairs.ordered([0, 2], [1, 0], [1.0, 0.9]),
            (0, 2): Pairs.empty(),
            (1, 2): Pairs.ordered([1], [2], [0.8]),
        },
        comparisons=27,
        recall=1.0,
        cut=0,
        found=3,
    )
    first, second, third = (each.tolist() for each in links.components([3, 3, 3]))
    assert first[0] == second[1] == third[2] >= 0
    assert first[2] == second[0] >= 0
    assert first[0] != first[2]
    assert [first[1], second[2], third[0], third[1]] == [-1] * 4


def test_no_links_make_no_components():
    links = Links(kept={(0, 1): Pairs.empty()}, comparisons=6, found=0, recall=1.0, cut=0)
    assert [each.tolist() for each in links.components([2, 3])] == [[-1, -1], [-1, -1, -1]]


def test_tables_find_what_is_alike_and_say_with_what_chance(rows, terms):
    links = link(rows, terms(), Effort(strategy="lsh", recall=0.9), None)
    assert links.recall == 0.9
    assert links.cut == 0
    full = link(rows, terms(), Effort(strategy="exact"), None)
    assert full.recall == 1.0
    assert 0.8 * full.found <= links.found <= full.found


def test_a_plan_is_told_for_every_two_datasets(rows, terms):
    told = plans(rows, terms(), Effort(strategy="exact"))
    assert [plan.recall for plan in told] == [1.0] * 3


def test_variants_are_compared_and_records_counted(rows, proposed_agreement):
    def change(terms):
        terms.update(threshold=0.8)
        terms["encoding"].update(variants=2)

    terms = proposed_agreement(change=change).terms
    spread = [np.concatenate([each[:10], each[-10:]]).reshape(2, 10, 16).swapaxes(0, 1) for each in rows[:2]]
    spread[1] = spread[1][:, ::-1]  # the variant that matches stands in another place
    links = link([each.reshape(20, 16) for each in spread], terms, Effort(), None)
    assert links.kept[0, 1].left.tolist() == links.kept[0, 1].right.tolist() == list(range(10))
    assert (links.comparisons, links.found) == (100, 10)
