"""Rows like encodings: related, unrelated, empty, full, equal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

BitRows = npt.NDArray[np.uint64]


def _alike(size: int, words: int, seed: int, fill: float = 0.4) -> BitRows:
    random = np.random.default_rng(seed)
    bits = random.random((size, 64 * words)) < fill
    origins = random.integers(0, max(1, size // 2), size)
    bits = np.where(random.random((size, 1)) < 0.6, bits[origins], bits)
    bits ^= random.random(bits.shape) < random.choice([0, 0.01, 0.05, 0.1], (size, 1))
    bits[random.random(size) < 0.02] = False
    bits[random.random(size) < 0.02] = True
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


@pytest.fixture(scope="session")
def alike() -> Callable[..., BitRows]:
    """alike(size, words, seed, fill=0.4): rows of which many are copies with some bits changed."""
    return _alike
