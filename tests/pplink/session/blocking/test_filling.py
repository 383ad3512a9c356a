"""Fillings: who meets whom, whatever the lists and whatever was told; and what the protocol finds then."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.session.blocking.counts import noised, true_counts
from pplink.session.blocking.filling import Blocks
from pplink.session.blocking.keys import bins_of, year_bins
from pplink.session.blocking.layout import Layout
from pplink.session.blocking.shape import Shape
from protocols import loopback
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.errors import RefusedError
from protocols.primitives.stream import Stream

SHAPE = Shape(sampled=1, bands=2, bins=3, side=64, scale=Fraction(6), shift=4, stash=2)


def fillings(bins, shape=SHAPE, told=None):
    """Both units' blocks; told: their counts, if not those noised."""
    streams = [Stream(bytes([unit]) * 32) for unit in (1, 2)]
    if told is None:
        told = [
            noised(true_counts(each, shape), shape, stream, len(each))
            for each, stream in zip(bins, streams, strict=True)
        ]
    layout = Layout(shape=shape, counts=tuple(told), sizes=(len(bins[0]), len(bins[1])))
    return [Blocks(layout=layout, unit=unit, bins=bins[unit], stream=streams[unit]) for unit in (0, 1)]


def meeting(blocks):
    """Pairs of rows that are in blocks of one number."""
    places = [each.fill(each.tell()).reshape(-1, SHAPE.side).tolist() for each in blocks]
    assert len(places[0]) == len(places[1]) == blocks[0].layout.pairs
    return {
        (i, j) for left, right in zip(*places, strict=True) for i in left for j in right if min(i, j) >= 0
    }


BINS = st.lists(
    st.one_of(st.tuples(*[st.integers(0, 2)] * 2), st.just((-1, -1))), min_size=1, max_size=150
).map(lambda rows: np.array(rows, np.int64))


@settings(max_examples=25, deadline=None)
@given(left=BINS, right=BINS)
def test_rows_of_a_bin_meet_and_no_row_is_dropped(left, right):
    blocks = fillings((left, right))
    met = meeting(blocks)
    shared = (left[:, None] == right) & (left[:, None] >= 0)
    assert {tuple(pair) for pair in np.argwhere(shared.any(axis=2)).tolist()} <= met
    for unit, each in enumerate(blocks):
        whole = each.table()[blocks[0].layout.blocks(unit) - blocks[0].layout.whole(unit) :]
        assert sorted(whole[whole >= 0]) == list(range(len((left, right)[unit])))


@settings(max_examples=10, deadline=None)
@given(left=BINS, right=BINS)
def test_rows_without_room_meet_all_of_the_other_unit(left, right):
    """Nothing but zeros is told: every row of a bin is one without room."""
    nothing = np.zeros((2, 3), np.int64)
    blocks = fillings((left[:120], right[:120]), told=[nothing, nothing])
    kept = [np.flatnonzero(each[:120, 0] >= 0).tolist() for each in (left, right)]
    met = meeting(blocks)
    everyone = [range(len(each[:120])) for each in (left, right)]
    assert met == {(i, j) for i in kept[0] for j in everyone[1]} | {
        (i, j) for i in everyone[0] for j in kept[1]
    }


YEARLY = Shape(sampled=0, bands=1, bins=161, side=64, scale=Fraction(2), shift=9, stash=1)
BORN = st.lists(
    st.sampled_from([0, 1700, 1880, 1881, 1950, 1951, 1952, 1990, 2039, 2040]), min_size=1, max_size=200
)


@settings(max_examples=10, deadline=None)
@given(left=BORN, right=BORN)
def test_rows_of_years_at_most_one_apart_meet_and_those_of_none_meet_all(left, right):
    bins = [year_bins(np.array(each, np.int64), np.ones((len(each), 1), np.uint64)) for each in (left, right)]
    blocks = fillings(bins, YEARLY)
    met = meeting(blocks)
    known = [[year if 1880 <= year < 2040 else None for year in each] for each in (left, right)]
    expected = {
        (i, j)
        for i, one in enumerate(known[0])
        for j, other in enumerate(known[1])
        if one is None or other is None or abs(one - other) <= 1
    }
    assert expected <= met
    tables = [
        each.table()[each.layout.stash(unit) :][: each.layout.stashed(unit)]
        for unit, each in enumerate(blocks)
    ]
    alone = [set(table[table >= 0].tolist()) for table in tables]
    assert all(i in alone[0] or j in alone[1] for i, j in met - expected)


def test_rows_of_years_far_apart_do_not_meet():
    left, right = (
        year_bins(np.full(20, year, np.int64), np.ones((20, 1), np.uint64)) for year in (1950, 1952)
    )
    assert meeting(fillings((left, right), YEARLY, told=[np.full((1, 161), 20)] * 2)) == set()


def test_more_rows_without_room_than_the_stash_has_are_refused_and_not_dropped():
    left = np.zeros((129, 2), np.int64)
    blocks = fillings((left, left), told=[np.zeros((2, 3), np.int64)] * 2)
    with pytest.raises(RefusedError, match="found no room") as caught:
        blocks[0].fill(blocks[0].tell())
    assert "in another session it would be the same" in caught.value.hint


def test_filling_needs_the_memory_that_it_says():
    left = np.random.default_rng(1).integers(0, 3, (90, 2))
    blocks = fillings((left, left), told=[np.full((2, 3), 4000)] * 2)[0]
    tracemalloc.start()
    blocks.fill(blocks.tell())
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.5 * blocks.memory < taken < 1.5 * blocks.memory


def test_the_place_of_a_row_does_not_tell_how_full_its_bin_is():
    """Of 20 rows in 64 places all are taken alike: the mean place is the middle, not the twentieth's half."""
    left = np.zeros((20, 2), np.int64)
    places = []
    for seed in range(100):
        layout = fillings((left, left), told=[np.full((2, 3), 30)] * 2)[0].layout
        table = Blocks(layout=layout, unit=0, bins=left, stream=Stream(bytes([seed]) * 32)).table()
        places.append(np.flatnonzero(table[0] >= 0))
    assert abs(np.mean(places) - 31.5) < 2.5
    assert (np.bincount(np.concatenate(places), minlength=64) > 10).all()


def test_the_same_list_is_filled_the_same_way_again():
    left = np.random.default_rng(1).integers(0, 3, (90, 2))
    once, again = (fillings((left, left))[0].fill(np.zeros(0, np.uint64)) for _ in range(2))
    assert np.array_equal(once, again)


def plain(left, right, threshold):
    """Hits by the plain computation."""
    common = np.bitwise_count(left[:, None] & right).sum(axis=2, dtype=np.int64)
    total = sum(np.ix_(*(np.bitwise_count(side).sum(axis=1, dtype=np.int64) for side in (left, right))))
    hits = (2 * common * threshold.denominator >= threshold.numerator * total) & (total > 0)
    return {tuple(pair) for pair in np.argwhere(hits).tolist()}


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), sizes=st.tuples(*[st.integers(1, 120)] * 2))
def test_blocked_hits_are_exact_hits_that_meet_and_dummies_never_are(keys, seed, sizes):
    dice, threshold = np.random.default_rng(seed), Fraction(4, 5)
    left, right = (dice.integers(0, 1 << 63, (size, 1), np.uint64) for size in sizes)
    half = min(sizes) // 2
    right[:half] = left[:half] ^ (np.uint64(1) << dice.integers(0, 63, (half, 1), np.uint64))
    left[-1] = 0
    blocks = fillings([bins_of(rows, keys, SHAPE) for rows in (left, right)])
    parameters = Parameters(
        bits=64, threshold=threshold, side=64, layout="paired", pairs=blocks[0].layout.pairs, batch=5,
        quota=300, openings=1200, scores=True,
    )  # fmt: skip
    common = {"session": bytes(32), "parameters": parameters, "spent": set()}
    roles = [
        Alice(rows=left, seed=b"a" * 32, filling=blocks[0], **common),
        Bob(rows=right, seed=b"b" * 32, filling=blocks[1], **common),
        Dealer(seed=b"c" * 32, **common),
    ]
    loopback.run(roles, keep=False)
    found = [sorted(zip(role.result.alice, role.result.bob, strict=True)) for role in roles[:2]]
    assert found[0] == found[1] == sorted(plain(left, right, threshold) & meeting(blocks))
