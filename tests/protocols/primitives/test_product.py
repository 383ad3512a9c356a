from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.primitives.product import COLUMNS, DEPTH, ROWS, multiply, multiply_bits, panels


def numbers(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1 << 16, shape, dtype=np.uint16)


def exact(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """With Python's own integers."""
    return ((left.astype(object) @ right.astype(object)) % (1 << 16)).astype(np.uint16)


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 3), st.integers(0, 99))
def test_products_are_those_of_integers(rows: int, depth: int, wide: int, seed: int) -> None:
    left, right = numbers(seed, depth, rows), numbers(seed + 1, depth, wide * COLUMNS)
    got = multiply(panels(left, ROWS), panels(right, COLUMNS), (rows, depth, wide * COLUMNS))
    assert (got == exact(left.T, right)).all()


@pytest.mark.parametrize("depth", [DEPTH - 1, DEPTH, DEPTH + 1, 2 * DEPTH + 64])
def test_long_sums_go_through_memory_unharmed(depth: int) -> None:
    left, right = numbers(1, depth, ROWS + 1), numbers(2, depth, COLUMNS)
    got = multiply(panels(left, ROWS), panels(right, COLUMNS), (ROWS + 1, depth, COLUMNS))
    assert (got == exact(left.T, right)).all()


@given(st.integers(1, 9), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_sums_of_chosen_rows_are_those_of_integers(rows: int, words: int, wide: int, seed: int) -> None:
    chosen = np.random.default_rng(seed).integers(0, 1 << 63, (rows, words), dtype=np.uint64) << np.uint64(
        seed % 2
    )
    table = numbers(seed, 64 * words, 64 * wide)
    bits = np.unpackbits(chosen.view(np.uint8), axis=1, bitorder="little")
    assert (multiply_bits(chosen, table) == exact(bits, table)).all()


def test_no_row_and_every_row_can_be_chosen() -> None:
    table = numbers(3, 64, 64)
    chosen = np.array([[0], [2**64 - 1]], np.uint64)
    assert (
        multiply_bits(chosen, table) == np.stack([np.zeros(64, np.uint16), table.sum(0, dtype=np.uint16)])
    ).all()
