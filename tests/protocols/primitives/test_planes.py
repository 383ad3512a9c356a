from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from protocols.primitives import planes

SHAPES = st.tuples(st.integers(1, 9), st.sampled_from([64, 128, 192, 256, 320, 576]))


def numbers(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1 << 16, shape, dtype=np.uint16)


def from_planes(stack: np.ndarray, width: int) -> np.ndarray:
    """By the words of FORMAT.md: bit v of piece l belongs to number v * (c / 16) + l."""
    run = width // 16
    pieces = stack.view(np.uint16).reshape(len(stack), -1, run).astype(np.int64)
    found = np.zeros((pieces.shape[1], width), np.int64)
    for column in range(width):
        bits = pieces[:, :, column % run] >> (column // run) & 1
        found[:, column] = (bits << np.arange(len(stack))[:, None]).sum(0)
    return found


@given(SHAPES, st.integers(1, 16), st.integers(0, 99))
def test_packing_is_what_the_format_says_and_can_be_undone(
    shape: tuple[int, int], bits: int, seed: int
) -> None:
    given_numbers = numbers(seed, shape)
    packed = planes.pack(given_numbers, bits)
    assert packed.shape == (bits, given_numbers.size // 64)
    assert (from_planes(packed, shape[1]) == given_numbers.astype(np.int64) % (1 << bits)).all()
    assert (planes.unpack(packed, shape[1]) == given_numbers.astype(np.int64) % (1 << bits)).all()


@given(SHAPES, st.integers(1, 31), st.integers(0, 2**31), st.integers(0, 99))
def test_spreading_scales_and_takes_costs_off(
    shape: tuple[int, int], bits: int, scale: int, seed: int
) -> None:
    dice = np.random.default_rng(seed)
    given_numbers = numbers(seed, shape)
    rows, columns = (dice.integers(0, 1 << 24, size).astype(np.uint32) for size in shape)
    got = from_planes(planes.spread(given_numbers, scale, rows, columns, bits), shape[1])
    want = given_numbers.astype(object) * scale - rows[:, None].astype(object) - columns.astype(object)
    assert (got == want % (1 << bits)).all()


@given(SHAPES, st.integers(1, 16), st.integers(0, 99))
def test_sums_and_differences_are_those_of_numbers(shape: tuple[int, int], bits: int, seed: int) -> None:
    left, right = numbers(seed, shape), numbers(seed + 1, shape)
    packed = planes.pack(left, bits), planes.pack(right, bits)
    assert (
        planes.unpack(planes.add(*packed), shape[1]) == (left + right).astype(np.int64) % (1 << bits)
    ).all()
    assert (
        planes.unpack(planes.subtract(*packed), shape[1]) == (left - right).astype(np.int64) % (1 << bits)
    ).all()


@given(SHAPES, st.integers(0, 99))
def test_members_are_the_set_bits_in_order(shape: tuple[int, int], seed: int) -> None:
    chosen = np.random.default_rng(seed).random(shape) < 0.1
    (plane,) = planes.pack(chosen.astype(np.uint16), 1)
    rows, columns = planes.members(plane, shape[1])
    assert np.stack([rows, columns], 1).tolist() == np.argwhere(chosen).tolist()
    assert planes.bits_at(plane, shape[1], rows, columns).all()
    rows, columns = np.nonzero(~chosen)
    assert not planes.bits_at(plane, shape[1], rows, columns).any()


@given(st.integers(1, 3), st.integers(0, 64), st.integers(0, 99))
def test_bits_are_added_to_their_numbers(words: int, count: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, 1 << 64, (count, words), dtype=np.uint64)
    before = numbers(seed, (64 * words, 64))
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little").T.astype(np.uint16)
    want = before.copy()
    want[:, :count] += bits
    assert (planes.add_bits(before, rows) == want).all()
