"""Collect: blocks of pairs become one result, bounded in memory, or a refusal that says what would fit."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from pplink.errors import RefusedError
from pplink.join.backends.interface import Bar, Found, Problem
from pplink.join.pairs import Pairs

STEPS = 10_000
"""A suggested threshold is a multiple of 1 / STEPS."""
SLACK = 2**21
"""Pairs gathered beyond what is kept, before the rest is dropped."""


class Collector:
    """Keeps the pairs that are wanted, and how far the bar must rise for them to fit."""

    def __init__(self, problem: Problem, bar: Bar, max_pairs: int | None, k_best: int | None) -> None:
        self._problem, self._bar = problem, bar
        self._max_pairs, self._k_best = max_pairs, k_best
        self._pairs = Pairs.empty()
        self._waiting: list[Found] = []
        self._beyond = 0

    def add(self, found: Found) -> None:
        """Take a block. Raises RefusedError if not even threshold 1 would fit."""
        self._waiting.append(found)
        self._beyond += len(found.common)
        if (self._max_pairs is not None or self._k_best is not None) and self._beyond > SLACK:
            self._drop()

    def result(self) -> Pairs:
        """All pairs that were wanted. Raises RefusedError if they are more than max_pairs."""
        pairs = self._drop()
        if self._bar.threshold > self._problem.threshold:
            fits = f"{float(self._bar.threshold):.4f}"
            raise self._refused(f"threshold {fits} fits; or raise max_pairs, or read the pairs as blocks")
        return pairs

    def _drop(self) -> Pairs:
        """Drop what cannot be in the result; the bar rises if there is still too much."""
        pairs = self._pairs
        if self._waiting:
            together = Found(*map(np.concatenate, zip(*self._waiting, strict=True)))
            scored = self._problem.scored(together)
            pairs = Pairs.together([pairs, scored]) if len(pairs) else scored
        if self._k_best is not None:
            pairs = best(pairs, self._k_best)
        if self._max_pairs is not None and len(pairs) > self._max_pairs:
            beyond = float(pairs.score[self._max_pairs])
            if beyond >= 1:
                raise self._refused("even threshold 1 does not fit: raise max_pairs, or read them as blocks")
            self._bar.raise_to(Fraction(math.floor(beyond * STEPS) + 1, STEPS))
        if self._bar.threshold > self._problem.threshold:
            pairs = _first(pairs, int(np.sum(pairs.score >= float(self._bar.threshold))))
        self._pairs, self._waiting, self._beyond = pairs, [], 0
        return pairs

    def _refused(self, hint: str) -> RefusedError:
        asked = f"{float(self._problem.threshold):g}"
        return RefusedError(f"more than {self._max_pairs} pairs score {asked} or more", hint)


def best(pairs: Pairs, k: int) -> Pairs:
    """The first k pairs of each left row; equal scores are taken by right row."""
    order = np.argsort(pairs.left, kind="stable")
    left = pairs.left[order]
    rank = np.arange(len(left)) - np.searchsorted(left, left)
    kept = np.sort(order[rank < k])
    return Pairs(left=pairs.left[kept], right=pairs.right[kept], score=pairs.score[kept])


def _first(pairs: Pairs, size: int) -> Pairs:
    return Pairs(left=pairs.left[:size], right=pairs.right[:size], score=pairs.score[:size])
