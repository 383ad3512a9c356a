"""Rows that lie as far from each other as one likes, and small shapes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from pplink.session.blocking.keys import Keys
from pplink.session.blocking.shape import Shape


@pytest.fixture
def make_shape() -> Callable[..., Shape]:
    """A small one, unless told otherwise."""

    def make(**changes: object) -> Shape:
        small = {
            "sampled": 1, "bands": 3, "bins": 4, "side": 64, "scale": Fraction(2), "shift": 9, "stash": 1
        }  # fmt: skip
        return Shape(**small | changes)

    return make


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(orders=b"o" * 32, bins=b"b" * 32, own=b"n" * 32)


def rows_of(bits: np.ndarray) -> np.ndarray:
    """(n, words) uint64 from (n, bits)."""
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


@pytest.fixture(scope="session")
def alike() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """alike(count, weight, common) -> two sides; row i of one has `common` bits with row i of the other."""

    def make(count: int, weight: int, common: int, bits: int = 1024) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(np.random.default_rng(weight).random((count, bits)), axis=1)
        left, right = np.zeros((2, count, bits), bool)
        np.put_along_axis(left, order[:, :weight], True, axis=1)
        np.put_along_axis(right, order[:, weight - common : 2 * weight - common], True, axis=1)
        return rows_of(left), rows_of(right)

    return make
