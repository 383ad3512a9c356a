from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.errors import UsageError
from pplink.join.api import threshold_join
from pplink.join.measures import MEASURES, exact, measure_named, score_rows

names = st.sampled_from(sorted(MEASURES))
thresholds = st.one_of(
    st.fractions(0, 1, max_denominator=40), st.floats(0, 1).map(exact), st.just(Fraction(8, 10))
)


@st.composite
def triples(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """(c, a, b, d) of two rows that can be."""
    d = 64 * draw(st.integers(1, 4))
    a, b = draw(st.integers(1, d)), draw(st.integers(1, d))
    return draw(st.integers(max(0, a + b - d), min(a, b))), a, b, d


def squared_or_not(name: str, c: int, a: int, b: int, d: int) -> Fraction:
    """The measure by its definition; the cosine squared."""
    return {
        "dice": Fraction(2 * c, a + b),
        "jaccard": Fraction(c, a + b - c),
        "cosine": Fraction(c * c, a * b),
        "hamming": 1 - Fraction(a + b - 2 * c, d),
        "minhash": max(Fraction(0), 1 - 2 * Fraction(a + b - 2 * c, d)),
    }[name]


@given(names, triples(), thresholds)
def test_a_pair_is_in_reach_exactly_when_its_score_is_at_or_above(
    name: str, triple: tuple[int, int, int, int], threshold: Fraction
) -> None:
    c, a, b, d = triple
    measure = MEASURES[name]
    wanted = squared_or_not(name, *triple) >= (threshold**2 if name == "cosine" else threshold)
    key = measure.key(np.array([a]), np.array([b]))[0]
    assert (key <= measure.reach(d, threshold)[c]) == wanted


@given(names, triples())
def test_a_score_used_as_the_threshold_is_a_tie_and_is_kept(
    name: str, triple: tuple[int, int, int, int]
) -> None:
    c, a, b, d = triple
    score = squared_or_not(name, *triple)
    if name == "cosine":
        score = Fraction(math.isqrt(score.numerator), math.isqrt(score.denominator))
        if score**2 != squared_or_not(name, *triple):  # an irrational score ties with no threshold
            return
    assert MEASURES[name].key(np.array([a]), np.array([b]))[0] <= MEASURES[name].reach(d, score)[c]


@given(names, triples())
def test_a_score_in_float64_is_the_definition_rounded(name: str, triple: tuple[int, int, int, int]) -> None:
    c, a, b, d = triple
    score = MEASURES[name].scores(np.array([c]), np.array([a]), np.array([b]), d)
    value = squared_or_not(name, *triple)
    wanted = math.sqrt(value) if name == "cosine" else float(value)
    assert score.dtype == np.float64
    assert score[0] == pytest.approx(wanted, rel=1e-15)
    assert 0 <= score[0] <= 1


@given(names, st.integers(1, 5), thresholds)
def test_reach_never_falls(name: str, words: int, threshold: Fraction) -> None:
    reach = MEASURES[name].reach(64 * words, threshold)
    assert len(reach) == 64 * words + 1
    assert np.all(np.diff(reach) >= 0)


def test_a_threshold_is_the_decimal_number_that_was_written() -> None:
    assert exact(0.8) == Fraction(8, 10)
    assert exact(np.float64(0.1)) == Fraction(1, 10)
    assert exact(1) == 1
    assert exact(Fraction(2, 3)) == Fraction(2, 3)


@pytest.mark.parametrize(
    "threshold",
    [math.nan, math.inf, -math.inf, -0.001, 1.0001, 80, -1, Fraction(4, 3), "0.8", None, True, 0.8j, [0.8]],
)
def test_what_is_no_threshold_is_refused(threshold: object) -> None:
    with pytest.raises(UsageError):
        exact(threshold)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "Dice", "tversky", "levenshtein", "__class__"])
def test_an_unknown_measure_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError) as refusal:
        measure_named(name)
    assert "hamming" in str(refusal.value.hint)


@pytest.mark.parametrize("measure", MEASURES)
def test_rows_side_by_side_score_as_the_join_says(measure: str) -> None:
    rng = np.random.default_rng(3)
    left, right = (rng.integers(0, 1 << 63, (40, 2), np.uint64) for _ in range(2))
    right[:20] |= left[:20]
    left[0], right[1] = 0, 0
    scores = score_rows(left, right, measure)
    pairs = threshold_join(left, right, 0, measure=measure, backend="reference")
    beside = {i: s for i, j, s in zip(pairs.left, pairs.right, pairs.score, strict=True) if i == j}
    assert scores.tolist() == [beside.get(row, 0.0) for row in range(40)]
    assert scores[0] == scores[1] == 0 < scores[2]
