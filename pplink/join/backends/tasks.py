"""Tasks: steps of a join handed out to a cluster, many enough at a time, and what comes of them in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from pplink.join.backends.cluster import Cluster
from pplink.join.measures import Ints

GOAL = 0.55
"""Seconds a task should take: far more than handing it out, and little to lose with a worker."""
LEAST = 0.1
"""Of the goal, that a task should take at least when little is left."""
AHEAD = 3
"""Tasks handed out for each thread, so that none waits for us."""


class Given(Protocol):
    """What comes of a task."""

    @property
    def steps(self) -> int:
        """How many of its steps are whole; fewer than it was asked for if they gave all that a task may give."""
        ...

    @property
    def cursor(self) -> Ints | None:
        """Where to go on in the step after them; None: at its beginning."""
        ...

    @property
    def seconds(self) -> float:
        """That it took."""
        ...


Step = TypeVar("Step")
Gives = TypeVar("Gives", bound=Given)
Submit = Callable[[Sequence[Step], Ints | None], Any]
"""Hands out some steps, the first from a cursor on; a future."""


class Pace:
    """How much workers do in a second, as tasks tell."""

    def __init__(self, amount: float) -> None:
        """amount: till they have told."""
        self.amount = amount

    def learn(self, amount: float, seconds: float) -> None:
        """A task did so much in so long."""
        if amount and seconds:
            self.amount = 0.6 * self.amount + 0.4 * amount / seconds


def in_order(
    cluster: Cluster,
    submit: Submit[Step],
    steps: Iterator[Step],
    size: Callable[[Step], float],
    pace: Pace,
    rest: float,
) -> Iterator[tuple[Gives, Sequence[Step]]]:
    """What each task gives and the steps it was asked for, in order, while others are worked on.

    size: of a step, in the pace's measure. rest: of all steps together. Of what is left each thread may get half of
    its share in a task, so that at the end none waits long for another.
    """
    waiting: deque[tuple[Sequence[Step], Any]] = deque()
    try:
        while True:
            threads = cluster.threads()
            while len(waiting) < AHEAD * threads:
                share = max(LEAST * GOAL * pace.amount, rest / (2 * threads))
                if not (taken := _take(steps, size, min(GOAL * pace.amount, share))):
                    break
                rest -= sum(map(size, taken))
                waiting.append((taken, submit(taken, None)))
            if not waiting:
                return
            some, future = waiting.popleft()
            while some:
                given: Gives = cluster.result(future)
                yield given, some
                pace.learn(sum(map(size, some[: given.steps])), given.seconds)
                some = some[given.steps :]
                if some:  # it had more than a task may give
                    future = submit(some, given.cursor)
    finally:
        cluster.cancel(future for _, future in waiting)


def _take(steps: Iterator[Step], size: Callable[[Step], float], amount: float) -> list[Step]:
    """The next steps that are about so much; one at least, if there is one."""
    some: list[Step] = []
    for step in steps:
        some.append(step)
        amount -= size(step)
        if amount <= 0:
            break
    return some
