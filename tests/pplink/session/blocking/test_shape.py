"""Shapes: the same for all three parties, and what they cost."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pplink.agreement.model import Blocking
from pplink.session.blocking import chances
from pplink.session.blocking.shape import COSTS, shape_of, share

AGREED = Blocking(recall=0.99, epsilon=1.0)


def cost(threshold, size, blocking=AGREED):
    return shape_of(blocking, threshold, (size, size)).cost((size, size)) / size**2


@pytest.mark.parametrize("size", [1, 10, 3000, 20_000, 100_000, 1_000_000])
def test_a_shape_has_the_recall_and_the_room_agreed(size):
    shape = shape_of(AGREED, 0.85, (size, size))
    assert shape.bands == chances.bands(Fraction("0.85"), shape.sampled, Fraction("0.99"))
    assert shape.scale == 2 * shape.bands
    assert shape.shift == chances.shift(shape.counts, shape.scale, shape.stash * shape.side)


def test_longer_lists_lower_recalls_higher_thresholds_and_weaker_promises_cost_less():
    assert cost(0.85, 5000) > 1
    assert cost(0.85, 20_000) > cost(0.85, 100_000) > cost(0.85, 1_000_000)
    assert cost(0.66, 100_000) > 1 > cost(0.75, 100_000) > cost(0.85, 100_000)
    assert cost(0.85, 100_000, Blocking(recall=0.95, epsilon=1.0)) < cost(0.85, 100_000)
    assert cost(0.85, 100_000, Blocking(recall=0.99, epsilon=4.0)) < cost(0.85, 100_000)


def test_lists_of_unlike_sizes_are_blocked_too():
    shape = shape_of(AGREED, 0.85, (1_000_000, 2_000))
    assert shape.stash_pairs((1_000_000, 2_000)) > 0
    assert shape.cost((1_000_000, 2_000)) == pytest.approx(shape.cost((2_000, 1_000_000)))


def test_no_shape_has_a_recall_out_of_reach():
    assert shape_of(Blocking(recall=0.9999, epsilon=1.0), 0.01, (1000, 1000)) is None


def test_all_pairs_share_is_one():
    assert share(100, 1024, (10_240, 10_240)) == pytest.approx(COSTS[1024])


def test_years_cost_less_than_encodings_at_any_threshold():
    by_year = Blocking(year_of="birth_date", epsilon=1.0)
    assert cost(0.66, 100_000, by_year) == cost(0.85, 100_000, by_year) < 0.2
    shape = shape_of(by_year, 0.66, (100_000, 100_000))
    assert (shape.years, shape.bands, shape.bins, shape.scale) == (True, 1, 161, 2)
