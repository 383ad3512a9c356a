"""Steps are handed out in tasks as long as they should be, and what comes of them is taken in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from pplink.errors import UnavailableError
from pplink.join.backends import cpu, tasks
from pplink.join.backends.cluster import Cluster
from pplink.join.backends.tasks import AHEAD, GOAL, Pace, in_order
from pplink.join.measures import Ints


class Done(NamedTuple):
    steps: int
    cursor: Ints | None
    seconds: float


class Simulator:
    """A cluster of two threads, each of which does 100 steps a second, and at most `most` in a task."""

    def __init__(self, most: int = 10**6, fails_at: int = -1) -> None:
        self.most, self.fails_at = most, fails_at
        self.asked: list[tuple[list[int], Ints | None]] = []
        self.cancelled: list[Any] = []

    def threads(self) -> int:
        return 2

    def submit(self, some: Sequence[int], cursor: Ints | None) -> int:
        self.asked.append((list(some), cursor))
        return len(self.asked) - 1

    def result(self, future: int) -> Done:
        some, _ = self.asked[future]
        if self.fails_at in some:
            raise UnavailableError("gone", "try again")
        steps = min(self.most, len(some))
        return Done(steps, np.array([some[0]]) if steps < len(some) else None, steps / 100)

    def cancel(self, futures: Iterable[int]) -> None:
        self.cancelled += futures


def handed_out(simulator: Simulator, steps: int, pace: Pace) -> Iterator[tuple[Done, Sequence[int]]]:
    cluster = cast("Cluster", simulator)
    return in_order(cluster, simulator.submit, iter(range(steps)), lambda _: 1, pace, steps)


def test_all_steps_come_once_and_in_order() -> None:
    given = list(handed_out(Simulator(), 1000, Pace(100)))
    assert [step for done, some in given for step in some[: done.steps]] == list(range(1000))


def test_tasks_grow_to_what_workers_do_in_the_time_wanted() -> None:
    simulator, pace = Simulator(), Pace(1)
    list(handed_out(simulator, 5000, pace))
    sizes = [len(some) for some, _ in simulator.asked]
    assert sizes[0] == 1
    assert max(sizes) == pytest.approx(100 * GOAL, rel=0.05)
    assert pace.amount == pytest.approx(100, rel=0.05)


def test_a_task_with_more_than_it_may_give_is_gone_on_with_before_the_next() -> None:
    simulator = Simulator(most=7)
    given = list(handed_out(simulator, 100, Pace(20 / GOAL)))
    assert [step for done, some in given for step in some[: done.steps]] == list(range(100))
    rest = [(some, cursor) for some, cursor in simulator.asked if cursor is not None]
    assert rest[0][0] == list(range(7, 20))
    assert rest[0][1] is not None


def test_not_more_is_handed_out_than_keeps_all_threads_busy() -> None:
    simulator = Simulator()
    given = handed_out(simulator, 10**6, Pace(100))
    next(given)
    assert len(simulator.asked) == 2 * AHEAD


def test_the_last_tasks_are_small_so_that_threads_end_together() -> None:
    simulator = Simulator()
    list(handed_out(simulator, 1000, Pace(100)))
    sizes = [len(some) for some, _ in simulator.asked]
    assert max(sizes) == pytest.approx(100 * GOAL, abs=1)
    assert max(sizes[-4:]) <= max(1, 2 * 0.1 * 100 * GOAL)
    assert sizes[5:] == sorted(sizes[5:], reverse=True)


@pytest.mark.parametrize("how", ["left", "failed"])
def test_what_is_wanted_no_more_is_cancelled(how: str) -> None:
    simulator = Simulator(fails_at=0 if how == "failed" else -1)
    given = handed_out(simulator, 10**6, Pace(100))
    if how == "failed":
        with pytest.raises(UnavailableError):
            next(given)
    else:
        next(given)
        given.close()  # type: ignore[attr-defined]
    assert len(simulator.cancelled) == 2 * AHEAD - 1


@pytest.mark.parametrize("steps", [0, 1])
def test_few_steps_are_few_tasks(steps: int) -> None:
    simulator = Simulator()
    assert len(list(handed_out(simulator, steps, Pace(100)))) == steps == len(simulator.asked)


def test_a_task_that_tells_nothing_leaves_the_pace() -> None:
    pace = Pace(5)
    for amount, seconds in ((0, 1), (1, 0)):
        pace.learn(amount, seconds)
    assert pace.amount == 5


def test_each_thread_has_room_for_matches_of_its_own() -> None:
    from concurrent.futures import ThreadPoolExecutor

    here = cpu.own_room(8)
    assert cpu.own_room(8) is here
    assert len(cpu.own_room(16).probe) == 16
    with ThreadPoolExecutor(1) as executor:
        there = executor.submit(cpu.own_room, 16).result()
    assert not np.shares_memory(there.probe, cpu.own_room(16).probe)


def test_a_goal_is_at_least_half_a_second() -> None:
    """Handing a task out takes milliseconds."""
    assert tasks.GOAL >= 0.5
