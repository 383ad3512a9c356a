"""Bits: instructions that Numba does not name, and the counters that are wired from them.

`count_misses` looks at one probe and 64 * LANES partners at once. The partners stand on their side: one
vector holds one column of bits, a lane of 64 partners after the other. Adding a column to counters that
stand on their side too (plane p holds bit p of every partner's counter) takes five logic instructions for
64 * LANES partners, against a load, an and, a population count and an addition for 64 bits of one.
The tree of carry-save adders is that of Harley and Seal, as in Mula, Kurz and Lemire, "Faster population
counts using AVX2 instructions" (2018), turned by 90 degrees.

Numba keeps machine code by the file of the kernel that uses these, here `sweep.py`, `lsh/buckets.py` and
`index/scan.py`: after a change in this file, change or touch those too, or old code runs on. The last one uses
`sweep.py` too.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import config, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

LANES = 8 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 4
"""64-bit lanes of a vector: 256 bits, or 512 where the CPU has them (elsewhere the planes would not fit
the registers)."""

_TARGET = get_host_cpu_features() if config.CPU_FEATURES is None else config.CPU_FEATURES
TERNARY = LANES == 8 and "+avx512f" in _TARGET.split(",")
"""Whether machine code may have `_ternary`: not where NUMBA_ENABLE_AVX or NUMBA_CPU_FEATURES keeps it from the CPU's
own, and LLVM would end the process."""

GROUP = 16
"""Columns added per step of `count_misses`."""
LOW = 4
"""Planes that a group fills: 2**LOW == GROUP."""

SUM, CARRY = 0x96, 0xE8
"""Tables of `_ternary`: whether an odd number of three bits is set; whether at least two are."""

I64 = ir.IntType(64)
VECTOR = ir.VectorType(I64, LANES)


def _popcount(_: Any, word: Any) -> Any:
    return types.int64(word), lambda *parts: parts[1].ctpop(parts[3][0])


def _lowest(_: Any, word: Any) -> Any:
    never_zero = ir.Constant(ir.IntType(1), 1)
    return types.int64(word), lambda *parts: parts[1].cttz(parts[3][0], never_zero)


def _prefetch(_: Any, rows: Any, row: Any) -> Any:
    """prefetch(rows, row): fetch the start of a row of a 2-D array into the cache, if it is not there."""
    signature = types.void(rows, row)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        width = builder.extract_value(array.shape, 1)
        number = builder.zext(args[1], I64) if args[1].type.width < 64 else args[1]
        begin = builder.gep(array.data, [builder.mul(number, width)])
        _fetch(builder, begin)
        _fetch(builder, builder.gep(begin, [I64(8)]))
        return context.get_dummy_value()

    return signature, generate


def _fetch(builder: Any, pointer: Any) -> None:
    place = builder.bitcast(pointer, ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [place.type, *[ir.IntType(32)] * 3])
    prefetch = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
    number = ir.IntType(32)
    builder.call(prefetch, [place, number(0), number(3), number(1)])  # to read; to stay; as data


def _count_misses(
    _: Any, slices: Any, tile: Any, columns: Any, at: Any, groups: Any, room: Any, high: Any, out: Any
) -> Any:
    """count_misses(slices, tile, columns, at, groups, room, high, out) -> are there partners left?

    slices: uint64 array; tile: the word where the tile begins in it.
    columns: uint32 array, the words of the tile where columns begin; at: the first to add; groups: how
    many times GROUP of them. A set bit is a miss.
    out: (LANES,) uint64, gets a set bit for each partner with more than `room` misses. The adding stops
    when all partners have.
    high: a tuple of n numbers, so that counters have LOW + n planes, and room < 2**(LOW + n).
    All numbers are int64.
    """
    signature = types.boolean(slices, tile, columns, at, groups, room, high, out)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 2, 7)]
        base, first = builder.gep(data[0], [args[1]]), builder.gep(data[1], [args[3]])
        counters = _Counters(builder, LOW + signature.args[6].count, args[5])
        step = builder.alloca(I64)
        builder.store(I64(0), step)
        loop, after = builder.append_basic_block("group"), builder.append_basic_block("after")
        builder.branch(loop)
        builder.position_at_end(loop)
        done = builder.load(step)
        counters.add(base, builder.gep(first, [builder.mul(done, I64(GROUP))]))
        done = builder.add(done, I64(1))
        builder.store(done, step)
        builder.cbranch(builder.or_(counters.full(), builder.icmp_signed(">=", done, args[4])), after, loop)
        builder.position_at_end(after)
        where = builder.bitcast(data[2], VECTOR.as_pointer())
        builder.store(builder.load(counters.over), where, align=8)
        return builder.not_(counters.full())

    return signature, generate


class _Counters:
    """One counter a partner, in planes; each begins so far below overflow as it has room for misses."""

    def __init__(self, builder: Any, planes: int, room: Any) -> None:
        self.builder = builder
        self.planes = [builder.alloca(VECTOR) for _ in range(planes)]
        self.over = builder.alloca(VECTOR)
        builder.store(VECTOR([0] * LANES), self.over)
        start = builder.sub(I64(2**planes - 1), room)
        for number, plane in enumerate(self.planes):
            bit = builder.and_(builder.lshr(start, I64(number)), I64(1))
            builder.store(self._everywhere(builder.neg(bit)), plane)

    def _everywhere(self, word: Any) -> Any:
        none, index = ir.Constant(VECTOR, ir.Undefined), ir.IntType(32)
        one = self.builder.insert_element(none, word, index(0))
        return self.builder.shuffle_vector(one, none, ir.VectorType(index, LANES)([0] * LANES))

    def add(self, base: Any, columns: Any) -> None:
        """Add GROUP columns. A counter that has overflowed is never forgotten."""
        builder = self.builder
        carry = self._carry(base, columns, LOW, 0)
        for plane in self.planes[LOW:]:
            value = builder.load(plane)
            builder.store(builder.xor(value, carry), plane)
            carry = builder.and_(value, carry)
        builder.store(builder.or_(builder.load(self.over), carry), self.over)

    def full(self) -> Any:
        """Whether every counter has overflowed."""
        wide = ir.IntType(64 * LANES)
        over = self.builder.bitcast(self.builder.load(self.over), wide)
        return self.builder.icmp_unsigned("==", over, wide(-1))

    def _carry(self, base: Any, columns: Any, level: int, at: int) -> Any:
        """What overflows from plane level - 1 when 2**level columns from `at` on are added below it."""
        if level == 0:
            return self._column(base, columns, at)
        one = self._carry(base, columns, level - 1, at)
        two = self._carry(base, columns, level - 1, at + 2 ** (level - 1))
        return self._full_add(self.planes[level - 1], one, two)

    def _full_add(self, plane: Any, one: Any, two: Any) -> Any:
        builder, value = self.builder, self.builder.load(plane)
        if TERNARY:  # LLVM makes four instructions of what is one for the sum and one for the carry
            builder.store(self._ternary(SUM, value, one, two), plane)
            return self._ternary(CARRY, value, one, two)
        half = builder.xor(value, one)
        builder.store(builder.xor(half, two), plane)
        return builder.or_(builder.and_(value, one), builder.and_(half, two))

    def _ternary(self, table: int, *bits: Any) -> Any:
        """AVX-512's vpternlog: bit 4 a + 2 b + c of the table, for the bits a, b, c of three vectors."""
        kind = ir.FunctionType(VECTOR, [VECTOR, VECTOR, VECTOR, ir.IntType(32)])
        ternary = self.builder.module.declare_intrinsic("llvm.x86.avx512.pternlog.q.512", (), kind)
        return self.builder.call(ternary, [*bits, ir.IntType(32)(table)])

    def _column(self, base: Any, columns: Any, at: int) -> Any:
        builder = self.builder
        begin = builder.zext(builder.load(builder.gep(columns, [I64(at)])), I64)
        where = builder.bitcast(builder.gep(base, [begin]), VECTOR.as_pointer())
        return builder.load(where, align=8)


popcount = intrinsic(_popcount)
"""popcount(uint64) -> int64: bits set."""
lowest = intrinsic(_lowest)
"""lowest(uint64) -> int64: number of the lowest bit set; undefined for 0."""
prefetch = intrinsic(_prefetch)
count_misses = intrinsic(_count_misses)
