"""Every backend gives the definition's pairs, byte for byte."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import DataError, PplinkError, RefusedError, UsageError
from pplink.join.api import self_join, threshold_join

MEASURES = ("dice", "jaccard", "cosine", "hamming")


def rows(seed: int, n: int, words: int, fill: float) -> Any:
    bits = np.random.default_rng(seed).random((n, words * 64)) < fill
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


def plainly(left: Any, right: Any, threshold: Fraction) -> list[tuple[int, int]]:
    """Dice by Python's integers alone."""
    found = []
    x = [int.from_bytes(row.tobytes(), "little") for row in left]
    y = [int.from_bytes(row.tobytes(), "little") for row in right]
    for i, a in enumerate(x):
        for j, b in enumerate(y):
            common, both = (a & b).bit_count(), a.bit_count() + b.bit_count()
            if a and b and Fraction(2 * common, both) >= threshold:
                found.append((-2 * common / both, i, j))
    return [(i, j) for _, i, j in sorted(found)]


def related(seed: int, sizes: tuple[int, int], words: int, fill: float) -> tuple[Any, Any]:
    left, right = rows(seed, sizes[0], words, fill), rows(seed + 1, sizes[1], words, fill)
    shared = min(sizes) // 2
    right[:shared] = left[:shared] ^ (rows(seed + 2, shared, words, 0.05) if shared else left[:0])
    return left, right


CASES = {
    "seed": st.integers(0, 10**6),
    "sizes": st.tuples(st.integers(0, 40), st.integers(0, 40)),
    "words": st.integers(1, 17),
    "fill": st.sampled_from([0.0, 0.02, 0.3, 0.5, 1.0]),
    "threshold": st.sampled_from([0.01, 0.4, 0.5, 0.8, 0.9, 1.0]),
}


@settings(max_examples=40, deadline=None)
@given(**CASES)
def test_the_reference_finds_the_pairs_of_the_definition(
    seed: int, sizes: tuple[int, int], words: int, fill: float, threshold: float
) -> None:
    left, right = related(seed, sizes, words, fill)
    pairs = threshold_join(left, right, threshold, backend="reference")
    found = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert found == plainly(left, right, Fraction(repr(threshold)))


@pytest.mark.parametrize("measure", MEASURES)
@settings(max_examples=60, deadline=None)
@given(**CASES)
def test_the_fast_backend_gives_the_references_bytes(
    measure: str, seed: int, sizes: tuple[int, int], words: int, fill: float, threshold: float
) -> None:
    left, right = related(seed, sizes, words, fill)
    due = threshold_join(left, right, threshold, measure=measure, backend="reference")
    for threads in (1, 2):
        got = threshold_join(left, right, threshold, measure=measure, threads=threads)
        for name in ("left", "right", "score"):
            assert getattr(got, name).tobytes() == getattr(due, name).tobytes()


@pytest.mark.parametrize("measure", MEASURES)
def test_many_rows_are_the_same_on_both_backends(measure: str) -> None:
    left, right = related(5, (3000, 700), 16, 0.3)
    due = threshold_join(left, right, 0.8, measure=measure, backend="reference")
    got = threshold_join(left, right, 0.8, measure=measure, threads=2)
    assert len(due) >= 300
    assert got.left.tobytes() == due.left.tobytes()
    assert got.score.tobytes() == due.score.tobytes()


def test_a_self_join_names_each_pair_once() -> None:
    one = rows(9, 30, 4, 0.5)
    pairs = self_join(np.concatenate((one, one)), 1.0)
    assert sorted(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == [
        (i, i + 30) for i in range(30)
    ]


def test_more_pairs_than_the_cap_are_refused() -> None:
    same = np.repeat(rows(2, 1, 2, 0.5), 20, axis=0)
    with pytest.raises(RefusedError):
        threshold_join(same, same, 0.5, max_pairs=100)


@pytest.mark.parametrize("threshold", [-0.5, 1.01, float("nan"), float("inf"), "many", None])
def test_a_threshold_that_cannot_be_is_refused(threshold: Any) -> None:
    with pytest.raises(UsageError):
        threshold_join(rows(1, 1, 1, 0.5), rows(1, 1, 1, 0.5), threshold)


@pytest.mark.parametrize("bad", [np.zeros(4, np.uint64), np.zeros((2, 2)), np.zeros((2, 2), np.uint8)])
def test_what_is_not_rows_of_bits_is_refused(bad: Any) -> None:
    with pytest.raises(PplinkError):
        threshold_join(bad, bad, 0.5)


def test_rows_of_two_widths_unknown_measures_and_backends_are_refused() -> None:
    narrow, wide = rows(1, 2, 1, 0.5), rows(1, 2, 2, 0.5)
    with pytest.raises(DataError):
        threshold_join(narrow, wide, 0.5)
    with pytest.raises(UsageError):
        threshold_join(narrow, narrow, 0.5, measure="euclid")
    with pytest.raises(UsageError):
        threshold_join(narrow, narrow, 0.5, backend="abacus")
