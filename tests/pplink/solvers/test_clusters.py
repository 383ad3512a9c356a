from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import UsageError
from pplink.join.pairs import Pairs
from pplink.solvers import Clusters, cluster

Record = tuple[int, int]
Group = frozenset[Record]
Links = dict[tuple[Record, Record], float]


def pairs_from(links: Links, sizes: Sequence[int], own: Collection[int] = ()) -> dict[tuple[int, int], Pairs]:
    keys = [*combinations(range(len(sizes)), 2), *((d, d) for d in own)]
    columns: dict[tuple[int, int], list[tuple[int, int, float]]] = {key: [] for key in keys}
    for (one, other), score in links.items():
        columns[one[0], other[0]].append((one[1], other[1], score))
    return {
        key: Pairs(
            left=np.array([t[0] for t in triples], np.int64),
            right=np.array([t[1] for t in triples], np.int64),
            score=np.array([t[2] for t in triples], float),
        )
        for key, triples in columns.items()
    }


def groups(clusters: Clusters) -> set[Group]:
    found: dict[int, set[Record]] = {}
    for number, dataset, row in clusters.members.tolist():
        found.setdefault(number, set()).add((dataset, row))
    return {frozenset(group) for group in found.values()}


def strong(pair: tuple[Record, Record], links: Links, duplicates: Collection[int]) -> bool:
    """A link that no end has a better one than, in the other's dataset: unless the other's has duplicates."""
    return all(
        there[0] in duplicates
        or not any(
            here in other
            and there[0] == (other[0] if other[1] == here else other[1])[0]
            and score > links[pair]
            for other, score in links.items()
        )
        for here, there in (pair, pair[::-1])
    )


def mean(
    one: Group, other: Group, links: Links, duplicates: Collection[int], own: Collection[int]
) -> tuple[Fraction, object] | None:
    """The mean score between two clusters, and their best link; None if nothing links them, or they cannot be one."""
    cross = [(min(a, b), max(a, b)) for a, b in product(one, other)]
    there = [(-links[pair], pair) for pair in cross if pair in links]
    if not there or any(a[0] == b[0] and a[0] not in duplicates for a, b in cross):
        return None
    compared = sum(a[0] != b[0] or a[0] in own for a, b in cross)
    return sum((Fraction(-score) for score, _ in there), Fraction(0)) / compared, min(there)


def reference(
    links: Links, sizes: Sequence[int], duplicates: Collection[int], own: Collection[int], cohesion: Fraction
) -> set[Group]:
    """Average linkage by looking at every two clusters before each merger, in exact arithmetic."""
    links = {pair: links[pair] for pair in links if strong(pair, links, duplicates)}
    clusters = [frozenset({(d, row)}) for d, size in enumerate(sizes) for row in range(size)]
    while True:
        mergers = []
        for i, j in combinations(range(len(clusters)), 2):
            found = mean(clusters[i], clusters[j], links, duplicates, own)
            if found is not None and found[0] >= cohesion:
                mergers.append((-found[0], found[1], i, j))
        if not mergers:
            return {group for group in clusters if len(group) > 1}
        _, _, i, j = min(mergers)
        merged = clusters[i] | clusters[j]
        clusters = [c for k, c in enumerate(clusters) if k not in (i, j)] + [merged]


@st.composite
def problems(draw: st.DrawFn) -> tuple[Links, list[int], set[int], set[int]]:
    sizes = draw(st.lists(st.integers(0, 4), min_size=2, max_size=4))
    duplicates = draw(st.sets(st.integers(0, len(sizes) - 1)))
    own = draw(st.sets(st.sampled_from(sorted(duplicates)))) if duplicates else set()
    records = [(d, row) for d, size in enumerate(sizes) for row in range(size)]
    possible = [(a, b) for a, b in combinations(records, 2) if a[0] != b[0] or a[0] in own]
    if not possible:
        return {}, sizes, duplicates, own
    score = st.integers(8, 16).map(lambda sixteenths: sixteenths / 16)
    return draw(st.dictionaries(st.sampled_from(possible), score, max_size=25)), sizes, duplicates, own


@given(problems(), st.sampled_from([0.0, 0.25, 0.375, 0.5, 0.75]))
@settings(max_examples=300, deadline=None)
def test_clusters_are_those_of_average_linkage_done_slowly(
    problem: tuple[Links, list[int], set[int], set[int]], cohesion: float
) -> None:
    links, sizes, duplicates, own = problem
    found = cluster(pairs_from(links, sizes, own), sizes, duplicates=duplicates, cohesion=cohesion)
    assert groups(found) == reference(links, sizes, duplicates, own, Fraction(cohesion))


@given(problems(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_what_comes_out_is_consistent_whatever_the_order_of_pairs(
    problem: tuple[Links, list[int], set[int], set[int]], random: object
) -> None:
    links, sizes, duplicates, own = problem
    found = cluster(pairs_from(links, sizes, own), sizes, duplicates=duplicates)
    items = list(links.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    again = cluster(pairs_from(dict(items), sizes, own), sizes, duplicates=duplicates)
    assert all(np.array_equal(a, b) for a, b in zip(found.labels, again.labels, strict=True))
    assert len(found) == len(found.sizes) == len(found.weakest) == len(found.mean) == len(found.counts)
    for group in groups(found):
        singles = [d for d, _ in group if d not in duplicates]
        assert len(singles) == len(set(singles))
    for number, dataset, row in found.members.tolist():
        assert found.labels[dataset][row] == number
    check_links(found, links)


def check_links(found: Clusters, links: Links) -> None:
    label = {(d, row): number for number, d, row in found.members.tolist()}
    inside = {
        pair: s for pair, s in links.items() if pair[0] in label and label[pair[0]] == label.get(pair[1])
    }
    kept = {
        ((key[0], left), (key[1], right)): score
        for key, pairs in found.links.items()
        for left, right, score in zip(
            pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True
        )
    }
    assert kept == inside
    for number in range(len(found)):
        scores = [score for pair, score in inside.items() if label[pair[0]] == number]
        assert found.weakest[number] == min(scores)
        assert found.mean[number] == pytest.approx(sum(scores) / len(scores))
        assert found.counts[number] == len(scores)


def test_one_wrong_link_does_not_merge_two_large_clusters() -> None:
    sizes = [2] * 6
    first, second = [(d, 0) for d in range(3)], [(d, 1) for d in range(3, 6)]
    links: Links = {pair: 0.9 for group in (first, second) for pair in combinations(group, 2)}
    links[first[0], second[0]] = 1.0 - 1 / 16
    links.update({pair: 1.0 for pair in links if pair[0][1] == pair[1][1]})
    assert groups(cluster(pairs_from(links, sizes), sizes)) == {frozenset(first), frozenset(second)}


def test_a_record_joins_by_half_of_the_links_it_could_have_if_they_are_perfect() -> None:
    links: Links = {((0, 0), (1, 0)): 1.0, ((1, 0), (2, 0)): 1.0}
    sizes = [1, 1, 1]
    assert groups(cluster(pairs_from(links, sizes), sizes)) == {frozenset({(0, 0), (1, 0), (2, 0)})}
    links[(1, 0), (2, 0)] = 0.9
    assert groups(cluster(pairs_from(links, sizes), sizes)) == {frozenset({(0, 0), (1, 0)})}


def test_a_record_whose_best_partner_has_a_better_one_stays_out() -> None:
    links: Links = {((0, 0), (1, 0)): 0.9, ((0, 0), (2, 0)): 0.9, ((1, 0), (2, 0)): 0.9}
    relative = {((0, 1), (1, 0)): 0.8, ((0, 1), (2, 0)): 0.8}
    sizes = [2, 1, 1]
    person = frozenset({(0, 0), (1, 0), (2, 0)})
    assert groups(cluster(pairs_from(links | relative, sizes), sizes, cohesion=0)) == {person}
    both = person | {(0, 1)}
    assert groups(cluster(pairs_from(links | relative, sizes), sizes, duplicates=[0])) == {both}


def test_two_records_of_one_dataset_meet_only_where_duplicates_are_declared() -> None:
    links: Links = {((0, 0), (1, 0)): 1.0, ((0, 1), (1, 0)): 0.9, ((0, 0), (2, 0)): 0.9}
    links |= {((0, 1), (2, 0)): 0.9, ((1, 0), (2, 0)): 0.9}
    sizes = [2, 1, 1]
    assert frozenset({(0, 0), (1, 0), (2, 0)}) in groups(cluster(pairs_from(links, sizes), sizes))
    everyone = frozenset({(0, 0), (0, 1), (1, 0), (2, 0)})
    assert groups(cluster(pairs_from(links, sizes), sizes, duplicates=[0])) == {everyone}


def test_nothing_found_gives_no_clusters() -> None:
    found = cluster(pairs_from({}, [3, 0, 2]), [3, 0, 2])
    assert len(found) == 0
    assert [label.tolist() for label in found.labels] == [[-1, -1, -1], [], [-1, -1]]
    assert found.members.shape == (0, 3)


def test_thirty_datasets_of_people_all_alike_end_soon() -> None:
    sizes = [12] * 30
    links: Links = {
        ((i, a), (j, b)): 1.0 for i, j in combinations(range(30), 2) for a, b in product(range(12), repeat=2)
    }
    found = cluster(pairs_from(links, sizes), sizes)
    assert found.sizes.tolist() == [30] * 12


LINK: Links = {((0, 0), (1, 0)): 0.9}
Given = Mapping[tuple[int, int], Pairs]


def changed(key: tuple[int, int], left: int = 0, right: int = 0, score: float = 0.9) -> Given:
    pairs = Pairs(left=np.array([left]), right=np.array([right]), score=np.array([score]))
    return {**pairs_from(LINK, [2, 2, 2]), key: pairs}


BAD: dict[str, tuple[Given, list[int], dict[str, object]]] = {
    "one dataset": ({}, [3], {}),
    "sixty-five datasets": (pairs_from({}, [1] * 65), [1] * 65, {}),
    "a negative size": (pairs_from({}, [2, -2, 2]), [2, -2, 2], {}),
    "pairs of two datasets missing": ({(0, 1): Pairs.empty(), (0, 2): Pairs.empty()}, [2, 2, 2], {}),
    "datasets the wrong way round": (changed((1, 0)), [2, 2, 2], {}),
    "a dataset that does not exist": (changed((0, 3)), [2, 2, 2], {}),
    "a dataset against itself without duplicates": (changed((1, 1), 0, 1), [2, 2, 2], {}),
    "a row against itself": (changed((1, 1), 1, 1), [2, 2, 2], {"duplicates": [1]}),
    "a higher row first": (changed((1, 1), 1, 0), [2, 2, 2], {"duplicates": [1]}),
    "a left row past the end": (changed((0, 1), 2, 0), [2, 2, 2], {}),
    "a right row past the end": (changed((0, 1), 0, 2), [2, 2, 2], {}),
    "a negative row": (changed((0, 1), -1, 0), [2, 2, 2], {}),
    "a score that is no number": (changed((0, 1), score=float("nan")), [2, 2, 2], {}),
    "a score above one": (changed((0, 1), score=1.01), [2, 2, 2], {}),
    "duplicates in a dataset that does not exist": (changed((0, 1)), [2, 2, 2], {"duplicates": [3]}),
    "a cohesion that is no number": (changed((0, 1)), [2, 2, 2], {"cohesion": float("nan")}),
    "a cohesion above one": (changed((0, 1)), [2, 2, 2], {"cohesion": 1.5}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_clustered_is_refused(name: str) -> None:
    pairs, sizes, options = BAD[name]
    with pytest.raises(UsageError):
        cluster(pairs, sizes, **options)  # type: ignore[arg-type]


def test_a_pair_given_twice_is_refused() -> None:
    twice = Pairs(left=np.array([0, 0]), right=np.array([1, 1]), score=np.array([0.9, 0.8]))
    with pytest.raises(UsageError):
        cluster({(0, 1): twice}, [2, 2])
