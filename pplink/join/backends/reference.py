"""Reference: the join in its plainest words. Slow, and what every other backend is held to."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import numpy as np

from pplink.join.backends.interface import Bar, Found, Part, Problem, Progress


def blocks(
    problem: Problem, bar: Bar, *, threads: int, begin: int, progress: Progress | None
) -> Iterator[Part]:
    """Every left row against every right row, in the order of left rows; one block and step a left row."""
    del bar, threads  # a bar may be ignored, and one thread is plainer than two
    matches = lru_cache(maxsize=None)(_matches)
    name, bits, threshold = problem.measure.name, problem.bits, problem.threshold
    for left, row in enumerate(problem.left[begin:], begin):
        common = np.bitwise_count(row & problem.right).sum(axis=1, dtype=np.int64)
        a = int(problem.left_counts[left])
        rights = [
            right
            for right in range(left + 1 if problem.itself else 0, len(problem.right))
            if matches(name, int(common[right]), a, int(problem.right_counts[right]), bits, threshold)
        ]
        found = np.array(rights, np.int64)
        yield Part(Found(np.full(len(found), left, np.int64), found, common[found]), left + 1)
        if progress is not None:
            progress((left + 1) * len(problem.right), len(problem.left) * len(problem.right))


def _matches(name: str, c: int, a: int, b: int, bits: int, threshold: Fraction) -> bool:
    """The measures' definitions, in fractions; the cosine is squared, since both sides are positive."""
    if a == 0 or b == 0:
        return False
    if name == "dice":
        return Fraction(2 * c, a + b) >= threshold
    if name == "jaccard":
        return Fraction(c, a + b - c) >= threshold
    if name == "cosine":
        return Fraction(c * c, a * b) >= threshold**2
    times = 2 if name == "minhash" else 1
    return max(Fraction(0), 1 - times * Fraction(a + b - 2 * c, bits)) >= threshold
