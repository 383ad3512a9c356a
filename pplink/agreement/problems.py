"""Problems: what the checks of terms yield, and the questions that several of them ask."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from fractions import Fraction

Problems = Iterator[tuple[str, str]]
"""(path below the terms, what is wrong there)."""


def repeated(values: Iterable[Hashable], path: str) -> Problems:
    """Of each value that stands there before. path: with {} for its place."""
    seen: set[Hashable] = set()
    for i, value in enumerate(values):
        if value in seen:
            yield path.format(i), "stands here a second time"
        seen.add(value)


def has_decimals(number: float, most: int) -> bool:
    """Whether it is a decimal of so many at most, as it is written."""
    denominator = Fraction(repr(number)).denominator
    return int(10**most) % denominator == 0
