"""The reference itself is held to the definition of Dice, by Python's integers alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.join.api import threshold_join


def by_hand(left: np.ndarray, right: np.ndarray, threshold: Fraction) -> list[tuple[int, int]]:
    found = []
    rows = [[int.from_bytes(row.tobytes(), "little") for row in side] for side in (left, right)]
    for i, a in enumerate(rows[0]):
        for j, b in enumerate(rows[1]):
            common, both = (a & b).bit_count(), a.bit_count() + b.bit_count()
            if a and b and Fraction(2 * common, both) >= threshold:
                found.append((-Fraction(2 * common, both), i, j))
    return [(i, j) for _, i, j in sorted(found)]


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    words=st.integers(1, 17),
    seed=st.integers(0, 10**6),
    fill=st.sampled_from([0.0, 0.02, 0.3, 0.5, 1.0]),
    threshold=st.sampled_from([0.01, 0.4, 0.5, 0.8, 0.9, 1.0]),
)
def test_a_join_finds_the_pairs_of_the_definition(
    alike: Callable[..., np.ndarray],
    backend: str,
    sizes: tuple[int, int],
    words: int,
    seed: int,
    fill: float,
    threshold: float,
) -> None:
    left, right = (alike(size, words, seed=seed, fill=fill) for size in sizes)
    pairs = threshold_join(left, right, threshold, backend=backend)
    found = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert found == by_hand(left, right, Fraction(repr(threshold)))
