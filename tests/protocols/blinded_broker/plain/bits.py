"""Bits: polynomials over them as sets of sets, and numbers as lists of them."""

from __future__ import annotations

from functools import cache
from itertools import combinations


@cache
def digit_polynomials(start: int, c: tuple[int, ...]) -> tuple[set, set]:
    """[c = r] and [c < r] of one digit, over the bits of r from start on."""
    eq, lt = {()}, set()
    for n, bit in enumerate(c, start):
        clear = set() if bit else {()}
        same = clear ^ {(n,)}
        lt = times(clear, {(n,)}) ^ times(same, lt)
        eq = times(same, eq)
    return eq, lt


@cache
def group_polynomial(group: range, w: tuple[int, ...]) -> set:
    """The product of a group's values, over the masks of what was opened as w."""
    product = {()}
    for n in group:
        product = times(product, ({()} if w[n] else set()) ^ {(n,)})
    return product


@cache
def merge_polynomial(q: int, w: tuple[int, ...]) -> set:
    """The sum over j of lt(j) eq(j+1) ... eq(q-1), over the masks of what was opened as w."""
    total: set = set()
    for j in range(q - 1):
        term = {()}
        for n in (*range(j, q - 1), q - 1 + j):
            term = times(term, ({()} if w[n] else set()) ^ {(n,)})
        total ^= term
    return total


def put(stacks: dict, found: dict, row: int, column: int, height: int, width: int) -> None:
    """Write bits into their planes, which are made when first needed."""
    for name, bits in found.items():
        if name not in stacks:
            stacks[name] = [[[0] * width for _ in range(height)] for _ in bits]
        for plane, bit in zip(stacks[name], bits, strict=True):
            plane[row][column] = bit


def sets(values: range, least: int) -> list[tuple[int, ...]]:
    return [s for n in range(least, len(values) + 1) for s in combinations(values, n)]


def as_number(places: tuple[int, ...]) -> int:
    return sum(2**n for n in places)


def times(left: set, right: set) -> set:
    """The product of polynomials over bits, where a bit's square is itself."""
    found: set = set()
    for a in left:
        for b in right:
            found ^= {tuple(sorted({*a, *b}))}
    return found


def parity(bits) -> int:
    return sum(bits) % 2


def bits_of(number: int, count: int) -> list[int]:
    return [number >> n & 1 for n in range(count)]


def number_of(bits: list[int]) -> int:
    return sum(bit << n for n, bit in enumerate(bits))
