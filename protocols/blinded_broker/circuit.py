"""Circuit: which products of mask bits the dealer deals, and in which order (SPEC.md, "The comparison", "Levels")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]

MOST_IN_GROUP = 4
"""Values that one product of a level is of, at most: it costs 2**n - 1 - n dealt bits, and n + n opened ones. Eight
would save one trip in four, and cost six times the bytes."""


@dataclass(frozen=True, kw_only=True)
class Products:
    """Products of single bits, each of an earlier value and one single bit."""

    singles: int
    """Values 0 to singles - 1 are the single bits; the products follow."""
    earlier: Index
    """(n,) the value that is multiplied."""
    single: Index
    """(n,) the single bit that it is multiplied with."""

    def __len__(self) -> int:
        return len(self.earlier)


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """How z's lower bits are compared: digits, lowest first, and what joins them."""

    sizes: tuple[int, ...]
    """Bits of each digit."""
    digits: Products
    """Of r's lower bits: in each digit, all sets of two or more bits, as rising numbers."""
    merge: Products
    """Of the opened values' masks: eq 1 to q-1, then lt 0 to q-2."""

    @property
    def opened(self) -> int:
        """Values that are opened behind masks."""
        return self.merge.singles


@cache
def circuit(z_bits: int) -> Circuit:
    """The circuit for z of so many bits (at least 2): the number of digits is the one that costs least."""
    low = z_bits - 1
    choices = [_with(low, count) for count in range(max(1, -(-low // 5)), min(low, 6) + 1)]
    return min(choices, key=lambda c: len(c.digits) + len(c.merge) + 2 * c.opened)


@dataclass(frozen=True, kw_only=True)
class Level:
    """Values of which those of a group are multiplied; the products are the next level's values."""

    sizes: tuple[int, ...]
    """Values in each group, in their order."""
    products: tuple[Products, ...]
    """What each group's product needs of its masks: all sets of two or more, as rising numbers."""

    @property
    def values(self) -> int:
        """Of all groups."""
        return sum(self.sizes)

    @property
    def dealt(self) -> int:
        """Products of masks, of all groups."""
        return sum(len(products) for products in self.products)


@cache
def levels(count: int) -> tuple[Level, ...]:
    """How the product of so many shared values is found, level by level; none for one value."""
    if count == 1:
        return ()
    sizes = _shares(count, -(-count // MOST_IN_GROUP))
    level = Level(sizes=sizes, products=tuple(_all_of(size) for size in sizes))
    return (level, *levels(len(sizes)))


@cache
def _all_of(count: int) -> Products:
    return _products(count, (found for found in range(1 << count) if found.bit_count() > 1))


def _shares(values: int, groups: int) -> tuple[int, ...]:
    """Values in each group: as equal as can be, larger ones first."""
    return tuple(values // groups + (number < values % groups) for number in range(groups))


def _with(low: int, count: int) -> Circuit:
    sizes = _shares(low, count)
    return Circuit(
        sizes=sizes,
        digits=_products(low, _digit_sets(sizes)),
        merge=_products(2 * (count - 1), _merge_sets(count)),
    )


def _digit_sets(sizes: tuple[int, ...]) -> Iterator[int]:
    start = 0
    for size in sizes:
        yield from (found << start for found in range(1 << size) if found.bit_count() > 1)
        start += size


def _merge_sets(count: int) -> Iterator[int]:
    equal = count - 1
    yield from (found for found in range(1 << equal) if found.bit_count() > 1)
    for digit in range(equal):
        above = range(1 << digit, 1 << equal, 1 << digit)
        yield from (found | 1 << (equal + digit) for found in above)


def _products(singles: int, sets: Iterator[int]) -> Products:
    """Each set is the set without its highest bit, times that bit."""
    place = {1 << number: number for number in range(singles)}
    earlier, single = [], []
    for found in sets:
        highest = found.bit_length() - 1
        earlier.append(place[found ^ (1 << highest)])
        single.append(highest)
        place[found] = len(place)
    return Products(singles=singles, earlier=np.array(earlier, np.int64), single=np.array(single, np.int64))
