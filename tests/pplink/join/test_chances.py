from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.join.lsh.bands import distances
from pplink.join.lsh.chances import MOST_TABLES, agreement, tables
from pplink.join.lsh.samples import columns, masks
from pplink.join.measures import MEASURES, exact


@given(st.integers(1, 200), st.data())
def test_the_chance_of_agreement_is_that_of_drawing_no_differing_bit(bits: int, data: st.DataObject) -> None:
    distance, sampled = data.draw(st.integers(0, bits)), data.draw(st.integers(0, min(bits, 40)))
    wanted = Fraction(1)
    for drawn in range(sampled):
        wanted *= Fraction(max(bits - distance - drawn, 0), bits - drawn)
    assert agreement(bits, min(bits, 40))[sampled, distance] == pytest.approx(float(wanted))


@pytest.mark.parametrize("recall", [0.1, 0.5, 0.99, 0.999, 0.999999])
def test_so_many_tables_give_the_recall_and_one_less_would_not(recall: float) -> None:
    chances = np.array([0.001, 0.01, 0.1, 0.5, 0.9, 1.0])
    needed = tables(chances, recall)
    assert np.all(1 - (1 - chances) ** needed >= recall - 1e-12)
    fewer = (1 - (1 - chances) ** (needed - 1))[needed > 1]
    assert np.all(fewer < recall)


def test_what_cannot_agree_needs_more_tables_than_there_may_be() -> None:
    assert tables(np.array([0.0, 1e-300]), 0.9).tolist() == [MOST_TABLES + 1] * 2


@pytest.mark.parametrize(
    ("bits", "sampled", "count"), [(64, 7, 30), (64, 64, 3), (1024, 24, 100), (64, 1, 70)]
)
def test_a_table_samples_different_bits_and_no_bit_serves_two_tables_of_one_order(
    bits: int, sampled: int, count: int
) -> None:
    chosen = columns(bits, sampled, count, seed=3)
    assert chosen.shape == (count, sampled)
    each = bits // sampled
    for begin in range(0, count, each):
        some = chosen[begin : begin + each].ravel()
        assert len(set(some.tolist())) == len(some)
    assert np.array_equal(chosen, columns(bits, sampled, count, seed=3))
    assert (
        not np.array_equal(np.sort(chosen), np.sort(columns(bits, sampled, count, seed=4))) or sampled == 64
    )
    seen = np.unpackbits(masks(chosen, bits // 64).view(np.uint8), axis=1, bitorder="little")
    assert [set(np.flatnonzero(row)) for row in seen] == [set(row) for row in chosen.tolist()]


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("threshold", [0, 0.3, 0.66, 0.8, Fraction(14, 15), 1])
def test_no_match_is_farther_apart_than_its_bits_set_allow(measure: str, threshold: float) -> None:
    bits = 64
    ones = np.arange(1, bits + 1)
    reach = MEASURES[measure].reach(bits, exact(threshold))
    farthest = distances(ones, ones, MEASURES[measure], reach)
    for a in ones:
        for b in ones:
            common = np.arange(max(0, a + b - bits), min(a, b) + 1)
            key = a * b if MEASURES[measure].product else a + b
            matching = common[key <= reach[common]]
            if len(matching):
                assert farthest[a - 1, b - 1] >= a + b - 2 * matching.min()
            else:
                assert farthest[a - 1, b - 1] == -1
