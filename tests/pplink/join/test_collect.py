from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pplink.errors import RefusedError
from pplink.join import collect
from pplink.join.api import self_join, threshold_join
from pplink.join.backends import cpu, outline
from pplink.join.backends.slices import TILE
from pplink.join.pairs import Pairs

Alike = Callable[..., np.ndarray]


def rows_of(pairs: Pairs) -> list[tuple[int, int, float]]:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True))


def best_by_hand(pairs: Pairs, k: int) -> list[tuple[int, int, float]]:
    kept: dict[int, int] = {}
    chosen = []
    for pair in rows_of(pairs):
        kept[pair[0]] = kept.get(pair[0], 0) + 1
        if kept[pair[0]] <= k:
            chosen.append(pair)
    return chosen


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.integers(0, 5), st.sampled_from(["cpu", "reference"]))
def test_the_k_best_of_a_row_are_its_first(alike: Alike, k: int, seed: int, backend: str) -> None:
    left, right = alike(40, 1, seed=seed), alike(30, 1, seed=seed)
    pairs = threshold_join(left, right, 0.4, k_best=k, backend=backend)
    assert rows_of(pairs) == best_by_hand(threshold_join(left, right, 0.4), k)


def suggested(refusal: RefusedError) -> float:
    found = re.search(r"threshold ([\d.]+) fits", str(refusal.hint))
    assert found
    return float(found[1])


@pytest.mark.parametrize("cap", [100, 1000, 5000])
@pytest.mark.parametrize("threshold", [0, 0.3, 0.5])
@pytest.mark.parametrize("measure", ["dice", "cosine"])
def test_a_refusal_names_a_threshold_that_fits(
    alike: Alike, cap: int, threshold: float, measure: str
) -> None:
    left, right = alike(200, 2, seed=2) | np.uint64(1), alike(150, 2, seed=3) | np.uint64(1)
    with pytest.raises(RefusedError, match=f"more than {cap} pairs") as refusal:
        threshold_join(left, right, threshold, max_pairs=cap, measure=measure)
    fits = suggested(refusal.value)
    assert len(threshold_join(left, right, fits, max_pairs=cap, measure=measure)) <= cap
    assert len(threshold_join(left, right, fits - 0.0001, measure=measure)) > cap


def test_the_bar_rises_while_the_join_runs(alike: Alike, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = alike(2 * TILE, 1, seed=2), alike(TILE + 9, 1, seed=3)
    with pytest.raises(RefusedError) as calm:
        threshold_join(left, right, 0.1, max_pairs=500)
    monkeypatch.setattr(collect, "SLACK", 1000)
    monkeypatch.setattr(outline, "PAIRS", 1)
    monkeypatch.setattr(cpu, "ROOM", 4 * TILE)
    with pytest.raises(RefusedError) as hurried:
        threshold_join(left, right, 0.1, max_pairs=500)
    assert hurried.value.hint == calm.value.hint
    assert rows_of(threshold_join(left, right, 0.1, k_best=2)) == best_by_hand(
        threshold_join(left, right, 0.1, backend="reference"), 2
    )


def test_exactly_as_many_as_allowed_is_not_too_many(alike: Alike) -> None:
    rows = alike(60, 2, seed=4)
    size = len(threshold_join(rows, rows, 0.6))
    assert len(threshold_join(rows, rows, 0.6, max_pairs=size)) == size
    with pytest.raises(RefusedError):
        threshold_join(rows, rows, 0.6, max_pairs=size - 1)


def test_if_no_threshold_fits_the_refusal_says_so() -> None:
    rows = np.full((30, 1), 5, np.uint64)
    with pytest.raises(RefusedError) as refusal:
        threshold_join(rows, rows, 0.5, max_pairs=20)
    assert "even threshold 1 does not fit" in str(refusal.value.hint)
    with pytest.raises(RefusedError):
        self_join(rows, 1, max_pairs=20)


def test_the_cap_counts_what_is_kept(alike: Alike) -> None:
    left, right = alike(50, 1, seed=1), alike(50, 1, seed=2)
    assert len(threshold_join(left, right, 0.1, k_best=1, max_pairs=50)) <= 50
    with pytest.raises(RefusedError):
        threshold_join(left, right, 0.1, k_best=2, max_pairs=50)
