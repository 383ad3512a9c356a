from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.join.index.segments import State, _groups
from pplink.join.rows import counts

Alike = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@given(st.lists(st.integers(0, 5000), max_size=40))
def test_each_segment_has_twice_the_rows_of_the_next(sizes: list[int]) -> None:
    groups = _groups(sizes)
    assert [at for each in groups for at in range(each.begin, each.end)] == list(range(len(sizes)))
    assert all(one.rows >= 2 * two.rows for one, two in pairwise(groups))


@given(st.lists(st.integers(1, 50), max_size=60))
def test_a_row_moves_only_when_its_segment_grows_by_half(sizes: list[int]) -> None:
    held: list[int] = []
    for size in sizes:
        before = [*held, size]
        groups = _groups(before)
        for each in groups:
            for at in range(each.begin, min(each.end, len(held))):
                assert each.end - each.begin == 1 or 2 * each.rows >= 3 * before[at]
        held = [each.rows for each in groups]
    assert len(held) <= max(1, sum(sizes)).bit_length()


def test_many_small_additions_leave_few_segments_with_every_row(
    alike: Alike, executor: ThreadPoolExecutor
) -> None:
    rows, state = alike(300, 2, seed=1), State.empty(2)
    for row in range(300):
        state = state.added(rows[row : row + 1], executor)
        assert len(state.segments) <= 9
    held = np.sort(np.concatenate([each.side.origin for each in state.segments]))
    assert held.tolist() == np.flatnonzero(counts(rows)).tolist()
    for one, two in pairwise(state.segments):
        assert one.stop == two.first
    assert (state.segments[0].first, state.segments[-1].stop) == (0, 300)


def test_a_segment_that_is_half_dead_is_made_anew(alike: Alike, executor: ThreadPoolExecutor) -> None:
    rows = alike(200, 2, seed=2) | np.uint64(1)
    state = State.empty(2).added(rows[:150], executor).added(rows[150:], executor)
    assert [len(each) for each in state.segments] == [150, 50]
    less = state.removed(np.arange(150, 175), executor)
    assert [len(each) for each in less.segments] == [150, 50]
    assert less.segments[1] is state.segments[1]
    less = less.removed(np.array([175]), executor)
    assert [len(each) for each in less.segments] == [150, 24]
    assert less.segments[0] is state.segments[0]
    less = less.removed(np.arange(0, 120), executor)
    assert [len(each) for each in less.segments] == [54]
    assert np.sort(less.segments[0].side.origin).tolist() == [*range(120, 150), *range(176, 200)]


def test_a_purged_state_has_the_live_rows_and_no_other(alike: Alike, executor: ThreadPoolExecutor) -> None:
    rows = alike(200, 2, seed=2) | np.uint64(1)
    state = State.empty(2).added(rows[:150], executor).added(rows[150:], executor)
    assert state.purged(executor) is state
    less = state.removed(np.array([3, 160]), executor)
    assert [len(each) for each in less.segments] == [150, 50]
    purged = less.purged(executor)
    held = np.sort(np.concatenate([each.side.origin for each in purged.segments]))
    assert held.tolist() == [row for row in range(200) if row not in (3, 160)]
    assert purged.alive.tolist() == less.alive.tolist()


def test_an_earlier_state_is_left_as_it_was(alike: Alike, executor: ThreadPoolExecutor) -> None:
    rows = alike(40, 2, seed=3)
    before = State.empty(2).added(rows, executor)
    copy = before.alive.copy(), before.segments
    before.added(rows, executor)
    before.removed(np.arange(30), executor)
    assert np.array_equal(before.alive, copy[0])
    assert before.segments is copy[1]
