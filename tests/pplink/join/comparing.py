"""Comparing: what the tests of several backends ask."""

from __future__ import annotations

from collections.abc import Callable

from pplink.join.backends.cluster import Cluster
from pplink.join.pairs import Pairs


def same(one: Pairs, two: Pairs) -> bool:
    """Whether these are the same bytes."""
    return all(
        getattr(one, column).tobytes() == getattr(two, column).tobytes()
        for column in ("left", "right", "score")
    )


def spied(scheduler: str) -> tuple[Cluster, list[tuple[object, ...]]]:
    """A cluster, and what is sent to it from now on: the arguments of each task."""
    sent: list[tuple[object, ...]] = []

    class Spy(Cluster):
        def submit(self, function: Callable[..., object], *arguments: object) -> object:
            sent.append(arguments)
            return super().submit(function, *arguments)

    return Spy(scheduler, None, 1), sent
