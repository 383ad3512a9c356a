"""Noise is drawn as promised, and hides one record."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from pplink.session.blocking.noise import _chances, two_sided


@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(3), Fraction(52, 3)])
def test_each_number_comes_as_often_as_it_should(scale):
    words = np.random.default_rng(3).integers(0, 1 << 64, 400_000, np.uint64)
    found = two_sided(words, scale)
    a = math.exp(-1 / scale)
    for number in range(-4, 5):
        chance = (1 - a) / (1 + a) * a ** abs(number)
        seen = np.count_nonzero(found == number)
        assert abs(seen - chance * len(found)) < 5 * math.sqrt(chance * len(found)) + 1


def test_neighbouring_chances_have_the_ratio_that_epsilon_allows():
    """Of numbers whose chance is not next to nothing, to twelve digits."""
    steps = np.array(_chances(Fraction(26))[::-1], object)
    each = -np.diff(np.append(1 << 64, steps))
    ratios = [one / two for one, two in pairwise(each[:400])]
    assert all(abs(ratio / math.exp(1 / 26) - 1) < 1e-9 for ratio in ratios)


def test_the_ends_of_the_range_give_the_ends_of_the_noise():
    least = np.array([0, 2**64 - 1], np.uint64)
    assert two_sided(least, Fraction(10)).tolist() == [len(_chances(Fraction(10)))]
    assert two_sided(least[::-1], Fraction(10)).tolist() == [-len(_chances(Fraction(10)))]
