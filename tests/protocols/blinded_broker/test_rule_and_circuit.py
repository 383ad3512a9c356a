"""The rule that decides a pair, and the circuits that compute it, without a run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.blinded_broker.circuit import circuit, levels
from protocols.blinded_broker.rule import rule


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([64, 128, 1024, 4096]),
    st.fractions(Fraction(1, 50), 1, max_denominator=200),
    st.sampled_from(["dice", "jaccard"]),
    st.data(),
)
def test_the_rule_decides_as_fractions_do_and_fits_its_bits(
    bits: int, threshold: Fraction, measure: str, data: st.DataObject
) -> None:
    heaviest = data.draw(st.integers(1, bits))
    found = rule(measure, threshold, bits, heaviest)
    weight = st.integers(0, heaviest) | st.sampled_from([0, 1, heaviest])
    a, b = data.draw(weight), data.draw(weight)
    least = max(0, a + b - bits)
    nearest = -(-(a + b) * found.step.numerator // (found.step.denominator * found.scale))
    for common in {
        least,
        min(a, b),
        *(n for n in range(nearest - 2, nearest + 3) if least <= n <= min(a, b)),
    }:
        costs = [int(found.costs(np.array([w]), empty)[0]) for w, empty in ((a, 0), (b, 1))]
        z = found.scale * common - sum(costs)
        below = a + b if measure == "dice" else a + b - common
        exact = below > 0 and Fraction((2 if measure == "dice" else 1) * common, below) >= threshold
        assert (z >= 0) == exact
        assert -(1 << (found.z_bits - 1)) <= z < 1 << (found.z_bits - 1)
    assert found.product_bits <= 16


@pytest.mark.parametrize("z_bits", range(2, 32))
def test_every_product_is_of_values_before_it(z_bits: int) -> None:
    made = circuit(z_bits)
    assert sum(made.sizes) == made.digits.singles == z_bits - 1
    for products in (made.digits, made.merge):
        places = products.singles + np.arange(len(products))
        assert (products.earlier < places).all()
        assert (products.single < products.singles).all()


@pytest.mark.parametrize("count", [*range(2, 70), 256, 1024])
def test_levels_end_in_one_value(count: int) -> None:
    found = levels(count)
    assert [level.values for level in found] == [count, *(len(level.sizes) for level in found[:-1])]
    assert len(found[-1].sizes) == 1
    for level in found:
        assert max(level.sizes) <= 4
        assert max(level.sizes) - min(level.sizes) <= 1
        assert level.dealt == sum(2**size - 1 - size for size in level.sizes)
