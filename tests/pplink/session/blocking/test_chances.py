"""How many bands, how much room: against the formula and against the distribution itself."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from pplink.session.blocking import chances


@pytest.mark.parametrize(
    ("threshold", "sampled", "count"),
    [("0.85", 1, 4), ("0.85", 4, 13), ("0.85", 5, 19), ("0.66", 2, 17), ("0.75", 3, 19), ("1", 7, 1)],
)
def test_bands_are_as_many_as_the_formula_says(threshold, sampled, count):
    found = chances.bands(Fraction(threshold), sampled, Fraction("0.99"))
    assert found == count
    agree = float(Fraction(threshold) / (2 - Fraction(threshold))) ** sampled
    missed = [(1 - agree) ** bands for bands in (found - 1, found)]
    assert missed[1] <= 0.01 < missed[0]


def test_a_recall_that_no_number_of_bands_has_is_told():
    assert chances.bands(Fraction("0.2"), 3, Fraction("0.99")) is None


@pytest.mark.parametrize(
    ("bins", "scale", "room"), [(96, Fraction(4), 128), (24, Fraction(7, 2), 64), (500, Fraction(6), 256)]
)
def test_rows_without_room_overflow_as_rarely_as_promised(bins, scale, room):
    """By the distribution of the sum itself, convolved bin by bin."""
    shift = chances.shift(bins, scale, room)
    a = math.exp(-1 / scale)
    beyond = a ** (shift + np.arange(1, 60 * math.ceil(scale))) / (1 + a)  # P(Y >= j)
    one = np.concatenate([[1 - beyond[0]], beyond - np.append(beyond[1:], 0)])
    size = 1 << (room + len(one) * 40).bit_length()
    total = np.fft.irfft(np.fft.rfft(one, size) ** bins, size)
    assert total[room + 1 :].sum() <= float(chances.UNHEARD)
    assert chances.shift(bins, scale, 2 * room) < shift


def test_too_little_room_for_any_shift_is_told():
    assert chances.shift(100, Fraction(64), 64) is None
