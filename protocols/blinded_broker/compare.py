"""Compare: the comparison on shared bits, and products of such bits, 64 pairs a word (SPEC.md, steps 6 to 11).

A bit is shared as the exclusive or of Alice's and Bob's. `one` is the share of a constant 1: all ones for
Alice, 0 for Bob. In a stack of folds, entry T is the share of the value times the product T of mask bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.circuit import Circuit, Index, Level, Products
from protocols.primitives.compiled import given, kernel
from protocols.primitives.planes import Planes

Plane = npt.NDArray[np.uint64]

CHUNK = 64
"""Words worked on at a time: all that they need stays in the first-level cache."""
ONES = np.uint64(2**64 - 1)
NONE = np.uint64(0)


@kernel
def _multiply_out(
    singles: Planes, shares: Planes, earlier: Index, single: Index, work: Planes, at: int, out: Planes
) -> None:
    """out = the products of single bits, exclusive or shares; for the words from `at` on."""
    count, width = len(singles), min(CHUNK, singles.shape[1] - at)
    for s in range(count):
        for w in range(width):
            work[s, w] = singles[s, at + w]
    for n in range(len(earlier)):
        a, b = earlier[n], single[n]
        for w in range(width):
            work[count + n, w] = work[a, w] & work[b, w]
        for w in range(width):
            out[n, at + w] = work[count + n, w] ^ shares[n, at + w]


@kernel
def _deal(singles: Planes, shares: Planes, earlier: Index, single: Index, out: Planes) -> None:
    work = np.empty((len(singles) + len(earlier), CHUNK), np.uint64)
    for at in range(0, singles.shape[1], CHUNK):
        _multiply_out(singles, shares, earlier, single, work, at, out)


@kernel
def _fold(bit: int, size: int, known: Plane, stack: Planes, width: int) -> None:
    """stack[T] = known * stack[T] + stack[T with bit], for the sets T of bits above `bit`."""
    for t in range(0, 1 << size, 2 << bit):
        u = t | (1 << bit)
        for w in range(width):
            stack[t, w] = (known[w] & stack[t, w]) ^ stack[u, w]


@kernel
def _fold_less(bit: int, size: int, known: Plane, products: Planes, stack: Planes, width: int) -> None:
    """The same for "less": a digit's bit decides when r has it and c has not, else the bits below do."""
    for t in range(0, 1 << size, 2 << bit):
        u = t | (1 << bit)
        if bit == 0:
            for w in range(width):
                stack[t, w] = known[w] & products[u, w]
        else:
            for w in range(width):
                stack[t, w] = (known[w] & (products[u, w] ^ stack[t, w])) ^ stack[u, w]


@kernel
def _load(
    own: Planes,
    first: int,
    dealt: Planes,
    next_: int,
    size: int,
    one: np.uint64,
    at: int,
    products: Planes,
    width: int,
) -> int:
    """Shares of all products of `size` bits: products[T] for T below 2**size. Returns where dealt ones go on."""
    for w in range(width):
        products[0, w] = one
    for t in range(1, 1 << size):
        low = t & -t
        if t == low:
            bit = 0
            while low > 1:
                low >>= 1
                bit += 1
            for w in range(width):
                products[t, w] = own[first + bit, at + w]
        else:
            for w in range(width):
                products[t, w] = dealt[next_, at + w]
            next_ += 1
    return next_


@kernel
def _keep(
    digit: int, count: int, equal: Plane, less: Plane, at: int, width: int, values: Planes, last: Plane
) -> None:
    """Put a digit's two results where they belong."""
    for w in range(width):
        if digit > 0:
            values[digit - 1, at + w] = equal[w]
        if digit == count - 1:
            last[at + w] = less[w]
        else:
            values[count - 1 + digit, at + w] = less[w]


@kernel
def _compare_digits(
    total: Planes, own: Planes, dealt: Planes, one: np.uint64, sizes: Index, values: Planes, last: Plane
) -> None:
    count, entries = len(sizes), 1 << max(sizes)
    products = np.empty((entries, CHUNK), np.uint64)
    equal, less = np.empty((entries, CHUNK), np.uint64), np.empty((entries, CHUNK), np.uint64)
    clear = np.empty(CHUNK, np.uint64)
    for at in range(0, total.shape[1], CHUNK):
        width, first, next_ = min(CHUNK, total.shape[1] - at), 0, 0
        for digit in range(count):
            size = sizes[digit]
            next_ = _load(own, first, dealt, next_, size, one, at, products, width)
            equal[:] = products
            for bit in range(size):
                for w in range(width):
                    clear[w] = ~total[first + bit, at + w]
                _fold_less(bit, size, clear, products, less, width)
                if digit > 0:
                    _fold(bit, size, clear, equal, width)
            first += size
            _keep(digit, count, equal[0], less[0], at, width, values, last)


@kernel
def _merge_digits(
    opened: Planes, own: Planes, dealt: Planes, one: np.uint64, last: Plane, out: Plane
) -> None:
    """out ^= [the lower bits of c are less than those of r], from the opened values."""
    equal = len(opened) // 2
    entries = 1 << equal
    products, stack = np.empty((entries, CHUNK), np.uint64), np.empty((entries, CHUNK), np.uint64)
    for at in range(0, opened.shape[1], CHUNK):
        width = min(CHUNK, opened.shape[1] - at)
        next_ = _load(own, 0, dealt, 0, equal, one, at, products, width)
        for digit in range(equal):
            for t in range(0, entries, 1 << digit):
                for w in range(width):
                    high = own[equal + digit, at + w] if t == 0 else dealt[next_, at + w]
                    low = high ^ (opened[equal + digit, at + w] & products[t, w])
                    stack[t, w] = low if digit == 0 else stack[t, w] ^ low
                if t > 0:
                    next_ += 1
            for t in range(0, entries, 2 << digit):
                for w in range(width):
                    stack[t, w] = (opened[digit, at + w] & stack[t, w]) ^ stack[t | (1 << digit), w]
        for w in range(width):
            out[at + w] ^= last[at + w]
            if equal:
                out[at + w] ^= stack[0, w]


@kernel
def _multiply_groups(
    opened: Planes, own: Planes, dealt: Planes, one: np.uint64, sizes: Index, out: Planes
) -> None:
    entries = 1 << max(sizes)
    stack, known = np.empty((entries, CHUNK), np.uint64), np.empty(CHUNK, np.uint64)
    for at in range(0, opened.shape[1], CHUNK):
        width, first, next_ = min(CHUNK, opened.shape[1] - at), 0, 0
        for group in range(len(sizes)):
            size = sizes[group]
            next_ = _load(own, first, dealt, next_, size, one, at, stack, width)
            for bit in range(size):
                for w in range(width):
                    known[w] = opened[first + bit, at + w]
                _fold(bit, size, known, stack, width)
            first += size
            for w in range(width):
                out[group, at + w] = stack[0, w]


def deal(singles: Planes, shares: Planes, products: Products, out: Planes) -> None:
    """out = Bob's shares of the products of single bits, given the bits and Alice's shares of the products."""
    _deal(given(singles), given(shares), products.earlier, products.single, out)


def compare_digits(
    total: Planes, own: Planes, dealt: Planes, one: np.uint64, circuit: Circuit, values: Planes
) -> Plane:
    """values = shares of eq 1 to q-1 and lt 0 to q-2; returns that of the highest digit's lt. total: c's planes."""
    last = np.empty(total.shape[1], np.uint64)
    sizes = np.array(circuit.sizes, np.int64)
    _compare_digits(given(total), given(own), given(dealt), one, given(sizes), values, last)
    return given(last)


def merge_digits(
    opened: Planes, own: Planes, dealt: Planes, one: np.uint64, last: Plane, top: Plane
) -> Plane:
    """The share of the result, exclusive or `top`. own, dealt: shares of the masks and of their products."""
    out = top.copy()
    _merge_digits(given(opened), given(own), given(dealt), one, given(last), out)
    return given(out)


def deal_level(singles: Planes, shares: Planes, level: Level, out: Planes) -> None:
    """out = Bob's shares of the products of a level's masks, given the masks and Alice's shares of the products."""
    first = next_ = 0
    for size, products in zip(level.sizes, level.products, strict=True):
        some = slice(next_, next_ + len(products))
        deal(singles[first : first + size], shares[some], products, out[some])
        first, next_ = first + size, some.stop


def multiply_groups(level: Level, opened: Planes, own: Planes, dealt: Planes, one: np.uint64) -> Planes:
    """(groups, words): the shares of the products of a level's opened values. own, dealt: shares of their masks and of
    the masks' products."""
    out = np.empty((len(level.sizes), opened.shape[1]), np.uint64)
    sizes = np.array(level.sizes, np.int64)
    _multiply_groups(given(opened), given(own), given(dealt), one, given(sizes), out)
    return out
