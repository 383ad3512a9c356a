"""Planes: numbers turned on their side, so that one instruction works on a bit of many of them.

A plane holds one bit of every number. A row of c numbers (c a multiple of 64) fills c / 64 words of a
plane; seen as c / 16 pieces of 16 bits, bit v of piece l belongs to number v * (c / 16) + l. That is what
turning 16 x 16 bits (Warren, "Hacker's Delight", 7-3) does to 16 runs of c / 16 numbers each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from protocols.primitives.compiled import given, kernel

Planes = npt.NDArray[np.uint64]
"""(planes, words)."""
Shorts = npt.NDArray[np.uint16]
Costs = npt.NDArray[np.uint32]

I64 = ir.IntType(64)
CHUNK = 64


def _flip(lanes: int) -> Any:
    """flip(source, at, step, count, target, to, stride, planes): turn 16 x 16 bits, in `lanes` words at once.

    Row v is read from source[at + v * step], or is zero from `count` on; plane p is written to
    target[to + p * stride] while p < planes. All are uint64 arrays and int64 numbers.
    """
    vector = ir.VectorType(I64, lanes)

    def flip(
        _: Any, source: Any, at: Any, step: Any, count: Any, target: Any, to: Any, stride: Any, planes: Any
    ) -> Any:
        signature = types.void(source, at, step, count, target, to, stride, planes)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            def place(array: int, number: int) -> Any:
                data = context.make_array(signature.args[array])(context, builder, args[array]).data
                far = builder.add(args[array + 1], builder.mul(I64(number), args[array + 2]))
                return builder.bitcast(builder.gep(data, [far]), vector.as_pointer())

            slots = [cgutils.alloca_once(builder, vector) for _ in range(16)]
            for number, slot in enumerate(slots):
                builder.store(vector([0] * lanes), slot)
                with builder.if_then(builder.icmp_signed("<", I64(number), args[3])):
                    builder.store(builder.load(place(0, number), align=8), slot)
            turned = _turned(builder, vector, lanes, [builder.load(slot) for slot in slots])
            for number, row in enumerate(turned):
                with builder.if_then(builder.icmp_signed("<", I64(number), args[7])):
                    builder.store(row, place(4, number), align=8)
            return context.get_dummy_value()

        return signature, generate

    return intrinsic(flip)


def _turned(builder: Any, vector: Any, lanes: int, rows: list[Any]) -> list[Any]:
    for shift, piece in ((8, 0x00FF), (4, 0x0F0F), (2, 0x3333), (1, 0x5555)):
        mask = vector([piece * 0x0001000100010001] * lanes)
        by = vector([shift] * lanes)
        for low in range(16):
            if low & shift == 0:
                high = low + shift
                swap = builder.and_(builder.xor(builder.lshr(rows[low], by), rows[high]), mask)
                rows[high] = builder.xor(rows[high], swap)
                rows[low] = builder.xor(rows[low], builder.shl(swap, by))
    return rows


_flip_many = _flip(4)
_flip_one = _flip(1)


@kernel
def _turn(
    source: Any, at: int, step: int, count: int, target: Any, to: int, stride: int, planes: int
) -> None:
    """Turn runs of `step` words each."""
    whole = step - step % 4
    for word in range(0, whole, 4):
        _flip_many(source, at + word, step, count, target, to + word, stride, planes)
    for word in range(whole, step):
        _flip_one(source, at + word, step, count, target, to + word, stride, planes)


@kernel
def _spread(numbers: Shorts, scale: int, rows: Costs, columns: Costs, target: Any, planes: int) -> None:
    count, width = numbers.shape
    words = width // 64
    low, high = np.empty(width, np.uint16), np.empty(width, np.uint16)
    for i in range(count):
        if planes <= 16:
            by, less = np.uint16(scale), np.uint16(rows[i])
            for j in range(width):
                low[j] = np.uint16(by * numbers[i, j] - less - np.uint16(columns[j]))
        else:
            for j in range(width):
                value = np.uint32(scale * numbers[i, j] - rows[i] - columns[j])
                low[j] = np.uint16(value)
                high[j] = np.uint16(value >> np.uint32(16))
        stride = count * words
        _turn(low.view(np.uint64), 0, words, 16, target, i * words, stride, min(planes, 16))
        if planes > 16:
            far = 16 * stride + i * words
            _turn(high.view(np.uint64), 0, words, 16, target, far, stride, planes - 16)


@kernel
def _gather(planes: Any, count: int, width: int, kept: int, target: Any) -> None:
    words = width // 64
    row = np.empty(16 * words, np.uint64)
    for i in range(count):
        for p in range(kept):
            for w in range(words):
                row[p * words + w] = planes[(p * count + i) * words + w]
        _turn(row, 0, words, kept, target, i * 16 * words, words, 16)


def spread(numbers: Shorts, scale: int, rows: Costs, columns: Costs, planes: int) -> Planes:
    """Planes of scale * number - rows[row] - columns[column], mod 2**planes; planes is at most 32.

    numbers: (n, c) uint16, c a multiple of 64; rows: (n,) and columns: (c,) uint32. Gives
    (planes, n * c / 64).
    """
    target = np.empty((planes, numbers.size // 64), np.uint64)
    _spread(given(numbers), scale, given(rows), given(columns), target.reshape(-1), planes)
    return given(target)


@kernel
def _add_bits(numbers: Shorts, rows: Any, out: Shorts) -> None:
    count, words = rows.shape
    for word in range(words):
        for bit in range(64):
            at = 64 * word + bit
            for n in range(count):
                out[at, n] = np.uint16(numbers[at, n] + ((rows[n, word] >> np.uint64(bit)) & np.uint64(1)))
            for n in range(count, out.shape[1]):
                out[at, n] = numbers[at, n]


def add_bits(numbers: Shorts, rows: npt.NDArray[np.uint64]) -> Shorts:
    """numbers, and 1 more at [b, n] where row n has bit b. (64 * words, c) numbers and (n, words) rows, n at most c."""
    out = np.empty(numbers.shape, np.uint16)
    _add_bits(given(numbers), given(rows), out)
    return given(out)


def pack(numbers: Shorts, planes: int) -> Planes:
    """Planes of the numbers, mod 2**planes; planes is at most 16. (n, c) gives (planes, n * c / 64)."""
    none = np.zeros(max(numbers.shape), np.uint32)
    return spread(numbers, 1, none[: numbers.shape[0]], none[: numbers.shape[1]], planes)


def unpack(planes: Planes, width: int) -> Shorts:
    """The numbers whose planes were packed: (p, words) gives (n, width) uint16."""
    count = planes.shape[1] * 64 // width
    target = np.empty((count, width), np.uint16)
    flat = np.ascontiguousarray(planes).reshape(-1)
    _gather(given(flat), count, width, len(planes), target.reshape(-1).view(np.uint64))
    return given(target)


@kernel
def _add(left: Planes, right: Planes, invert: np.uint64, target: Planes) -> None:
    """left + (right ^ invert) + (1 if invert), plane by plane with a carry."""
    planes, words = left.shape
    carry = np.empty(CHUNK, np.uint64)
    for at in range(0, words, CHUNK):
        width = min(CHUNK, words - at)
        for w in range(width):
            carry[w] = invert
        for p in range(planes):
            for w in range(width):
                a, b, c = left[p, at + w], right[p, at + w] ^ invert, carry[w]
                mixed = a ^ b
                target[p, at + w] = mixed ^ c
                carry[w] = (a & b) | (mixed & c)


def add(left: Planes, right: Planes, out: Planes | None = None) -> Planes:
    """The sums of the numbers in two stacks of planes, mod 2**planes."""
    target = np.empty(left.shape, np.uint64) if out is None else out
    _add(given(left), given(right), np.uint64(0), target)
    return given(target)


def subtract(left: Planes, right: Planes, out: Planes | None = None) -> Planes:
    """The differences of the numbers in two stacks of planes, mod 2**planes."""
    target = np.empty(left.shape, np.uint64) if out is None else out
    _add(given(left), given(right), np.uint64(2**64 - 1), target)
    return given(target)


def members(plane: npt.NDArray[np.uint64], width: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(n,), (n,): rows and columns of the set bits in one plane, (words,), of rows of `width` numbers, by row, then
    column."""
    pieces = plane.view(np.uint16).reshape(-1, width // 16)
    rows, places = np.nonzero(pieces)
    bits = (pieces[rows, places, None] >> np.arange(16, dtype=np.uint16)) & 1
    which, bit = np.nonzero(bits)
    rows, columns = rows[which], bit * (width // 16) + places[which]
    order = np.lexsort((columns, rows))
    return rows[order], columns[order]


def bits_at(
    plane: npt.NDArray[np.uint64], width: int, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """(n,): the bits of some numbers in one plane, (words,), of rows of `width` numbers, each as 0 or 1."""
    run = width // 16
    pieces = plane.view(np.uint16)[rows * run + columns % run]
    found: npt.NDArray[np.uint64] = ((pieces >> (columns // run).astype(np.uint16)) & 1).astype(np.uint64)
    return found
