"""Intervals: what they must have within, and what widens them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from pplink.evaluation.calibration.misfit import (
    ODDS,
    Count,
    Share,
    precision_told,
    recall_told,
    strangers_told,
)
from pplink.evaluation.calibration.stating import Stated


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def precision(right: float, hits: float, looked: float | None = None) -> Share:
    return precision_told(right, Count(all=hits, looked=hits if looked is None else looked), rng())


def width(told: Share) -> float:
    return told.high - told.low


def recall(right: float, matches: float, shorter: float) -> Share:
    return recall_told(right, Count(all=matches, looked=matches), shorter)


def strangers(value: float, counted: float, ends: tuple[float, float], looked: float = 1.0) -> Stated:
    return strangers_told(np.array([value, *ends]), counted, looked, rng())


def test_of_few_hits_any_number_near_what_is_expected_may_be_right() -> None:
    told = precision(18, 20)
    assert told.value == 0.9
    assert told.low <= 0.75
    assert told.high == 1.0


def test_hits_without_doubt_have_no_interval_and_neither_have_pairs_without_strangers() -> None:
    assert precision(50, 50) == Share(value=1.0, low=1.0, high=1.0)
    assert precision(0, 50) == Share(value=0.0, low=0.0, high=0.0)
    assert strangers(0, 0, (0, 0)) == Stated(false=0.0, low=0.0, high=0.0)


def test_long_lists_do_not_make_what_the_mixture_gets_wrong_go_away() -> None:
    told = precision(900_000, 1_000_000)
    assert told.low < 0.82
    assert told.high > 0.95
    assert width(recall(90_000, 100_000, 1_000_000)) > 0.3
    many = strangers(1e6, 1e8, (1e6, 1e6))
    assert many.low < 5e5
    assert many.high > 2e6


def test_strangers_who_are_counted_are_known_but_for_chance() -> None:
    told = strangers(1e6, 1e6, (1e6, 1e6))
    assert 0.995e6 < told.low < told.high < 1.005e6


def test_where_few_records_were_looked_at_less_is_known() -> None:
    assert width(precision(90_000, 100_000, 50)) > 1.2 * width(precision(90_000, 100_000))
    few, all_ = (strangers(100, 100, (100, 100), looked) for looked in (0.05, 1.0))
    assert few.high > 1.2 * all_.high


def test_where_nearly_every_record_has_its_match_recall_is_known_well() -> None:
    known, unknown = recall(950, 990, 1000), recall(950, 990, 100_000)
    assert width(known) < 0.1
    assert width(unknown) > 0.3
    assert known.value == unknown.value


def test_what_is_extrapolated_widens_the_number_of_strangers() -> None:
    sure, vague = strangers(20, 40, (20, 20)), strangers(20, 40, (2, 90))
    assert vague.low < sure.low
    assert vague.high > sure.high


@given(st.floats(0, 1), st.floats(1, 1e6), st.floats(0.001, 1), st.floats(0, 1))
def test_ends_are_shares_about_the_value(share: float, hits: float, looked: float, matched: float) -> None:
    found = (
        precision_told(share * hits, Count(all=hits, looked=looked * hits), rng()),
        recall_told(share * hits, Count(all=hits, looked=looked * hits), hits / max(matched, 1e-3)),
    )
    for told in found:
        assert 0 <= told.low <= told.value <= told.high <= 1 + 1e-9


@pytest.mark.parametrize("share", [0.2, 0.9, 0.99])
def test_lists_off_by_as_much_as_is_allowed_for_are_mostly_within(share: float) -> None:
    dice, told = np.random.default_rng(9), precision(share * 400, 400)
    true = dice.binomial(400, expit(np.log(share / (1 - share)) + ODDS * dice.standard_normal(500))) / 400
    assert 0.9 < np.mean((true >= told.low) & (true <= told.high)) < 0.99


def test_of_numbers_beyond_any_run_an_interval_is_told_all_the_same() -> None:
    """A draw about 2^63 fails: `lam value too large`."""
    told = strangers(1e12, 1e14, (0.0, 1e13))
    assert told.low < told.false == 1e12 < told.high
