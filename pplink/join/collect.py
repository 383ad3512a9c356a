"""Collect: blocks of pairs become one result, bounded in memory, or a refusal that says what would fit."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.errors import RefusedError
from pplink.join.backends.interface import Bar, Found, Problem
from pplink.join.pairs import Pairs, Rows, Scores

STEPS = 10_000
"""A suggested threshold is a multiple of 1 / STEPS."""
SLACK = 2**21
"""Pairs gathered beyond what is kept, before the rest is dropped."""


class Columns(NamedTuple):
    """Pairs in any order."""

    left: Rows
    right: Rows
    score: Scores


class Collector:
    """Keeps the pairs that are wanted, and how far the bar must rise for them to fit."""

    def __init__(
        self,
        problem: Problem,
        bar: Bar,
        max_pairs: int | None,
        k_best: int | None,
        hint: str = "raise max_pairs, or read the pairs as blocks",
    ) -> None:
        """hint: what to do if there are more than max_pairs."""
        self._problem, self._bar, self._hint = problem, bar, hint
        self._max_pairs, self._k_best = max_pairs, k_best
        self._kept: list[Columns] = []
        self._beyond, self._slack = 0, SLACK

    def add(self, found: Found) -> None:
        """Take a block. Raises RefusedError if not even threshold 1 would fit."""
        self.take(Columns(found.left, found.right, self._problem.scores(found)))

    def take(self, pairs: Columns) -> None:
        """The same with scores."""
        self._kept.append(pairs)
        self._beyond += len(pairs.score)
        if (self._max_pairs is not None or self._k_best is not None) and self._beyond > self._slack:
            self._drop()

    def result(self) -> Pairs:
        """All pairs that were wanted. Raises RefusedError if they are more than max_pairs."""
        self._drop()
        if self._bar.threshold > self._problem.threshold:
            fits = f"{float(self._bar.threshold):.4f}"
            raise self._refused(f"threshold {fits} fits; or {self._hint}")
        return Pairs.ordered(*self._kept[0]) if self._kept else Pairs.empty()

    def _drop(self) -> None:
        """Drop what cannot be in the result; the bar rises if there is still too much."""
        if not self._kept:
            return
        pairs = Columns(*map(np.concatenate, zip(*self._kept, strict=True)))
        if self._k_best is not None:
            pairs = best(pairs, self._k_best)
        size = len(pairs.score)
        if self._max_pairs is not None and size > self._max_pairs:
            place = size - self._max_pairs - 1
            self._raise_above(float(np.partition(pairs.score, place)[place]))
        if self._bar.threshold > self._problem.threshold:
            pairs = _only(pairs, pairs.score >= float(self._bar.threshold))
        self._kept, self._beyond = [pairs], 0
        self._slack = max(SLACK, len(pairs.score) // 2)  # so that all dropping costs a few sorts

    def _raise_above(self, score: float) -> None:
        if score >= 1:
            raise self._refused(f"even threshold 1 does not fit: {self._hint}")
        self._bar.raise_to(Fraction(math.floor(score * STEPS) + 1, STEPS))

    def _refused(self, hint: str) -> RefusedError:
        asked = f"{float(self._problem.threshold):g}"
        return RefusedError(f"more than {self._max_pairs} pairs score {asked} or more", hint)


def best(pairs: Columns, k: int) -> Columns:
    """The k pairs with the highest scores for each left row; equal scores are taken by right row."""
    order = np.lexsort((pairs.right, -pairs.score, pairs.left))
    left = pairs.left[order]
    rank = np.arange(len(left)) - np.searchsorted(left, left)
    return _only(pairs, order[rank < k])


def _only(pairs: Columns, which: npt.NDArray[Any]) -> Columns:
    return Columns(*(column[which] for column in pairs))
