"""Bins: alike rows share them as often as the formula says, and without the keys they tell nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.session.blocking.keys import NOWHERE, _minima, _orders, bins_of, year_bins
from pplink.session.blocking.shape import shape_of
from pplink.session.inputs import prepare


def test_minima_are_those_of_the_plain_computation(alike):
    rows = alike(20, 90, 10, 128)[0]
    orders = _orders(b"k" * 32, 9, 128)
    assert np.array_equal(np.sort(orders, axis=1), np.tile(np.arange(128), (9, 1)))
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")
    assert np.array_equal(_minima(rows, orders), bits[:, orders].argmax(axis=2))


@pytest.mark.parametrize(("weight", "common"), [(200, 170), (400, 340), (40, 34)])
def test_pairs_at_the_threshold_share_a_bin_with_the_recall_agreed(make_shape, keys, alike, weight, common):
    """.85, whatever rows weigh: of 4,000 pairs a shape for 0.99 finds what three standard deviations allow."""
    shape = make_shape(sampled=4, bands=13, bins=1 << 12)
    left, right = (bins_of(rows, keys, shape) for rows in alike(4000, weight, common))
    found = (left == right).any(axis=1).mean()
    assert found > 0.99 - 3 * (0.99 * 0.01 / 4000) ** 0.5
    assert ((left == right).mean(axis=0) < 0.36).all()  # no band is all of it: (.85/1.15)^4 is .298


def test_strangers_seldom_share_a_bin(make_shape, keys, alike):
    shape = make_shape(sampled=4, bands=13, bins=1 << 12)
    left, right = (bins_of(rows, keys, shape) for rows in alike(2000, 300, 90))
    assert (left == right).mean() < 0.01


def test_an_empty_row_is_in_no_bin(make_shape, keys, alike):
    rows = alike(5, 100, 50)[0]
    rows[3] = 0
    bins = bins_of(rows, keys, make_shape())
    assert (bins[3] == NOWHERE).all()
    assert (bins[[0, 1, 2, 4]] >= 0).all()


@pytest.mark.parametrize("which", ["orders", "bins"])
def test_other_keys_give_other_bins(make_shape, keys, alike, which):
    rows, shape = alike(2000, 300, 90)[0], make_shape(bins=64)
    other = bins_of(rows, replace(keys, **{which: bytes(32)}), shape)
    assert (other == bins_of(rows, keys, shape)).mean() < 0.2


def test_long_lists_have_the_bins_of_their_parts(make_shape, keys, alike, monkeypatch):
    rows, shape = alike(300, 300, 90)[0], make_shape()
    whole = bins_of(rows, keys, shape)
    monkeypatch.setattr("pplink.session.blocking.keys.SOME", 64)
    assert np.array_equal(bins_of(rows, keys, shape), whole)


def test_keys_do_not_print(keys):
    assert repr(keys) == "Keys(3 keys)"


def test_made_up_persons_are_found_with_the_recall_agreed(signed_agreement, rings):
    """Two lists of one population with slips and aliases, encoded: of the pairs at or above .75, .95 at least."""
    lists = make_lists(("north", "south"), 1500, overlap=0.6, seed=4)
    agreement = signed_agreement(protocol="blinded_broker", threshold=0.75, blocking_recall=0.95)
    now = pd.Timestamp(agreement.terms.valid_from, tz="UTC").to_pydatetime()
    options = {"ignore_extra": True, "bad_rows": "blank", "now": now}
    sides = [prepare(lists.frames[unit], agreement, rings[unit], **options) for unit in lists.frames]
    shape = shape_of(agreement.terms.blocking, 0.75, (1500, 1500))
    left, right = (bins_of(side.rows, side.blocking, shape) for side in sides)
    pairs = threshold_join(sides[0].rows, sides[1].rows, 0.75)
    assert len(pairs) > 300
    assert (left[pairs.left] == right[pairs.right]).any(axis=1).mean() > 0.95


def test_a_record_s_rows_are_of_its_year_and_empty_ones_of_none():
    rows = np.array([[5], [0], [7], [9], [1], [1]], np.uint64)
    bins = year_bins(np.array([1881, 1880, 1700]), rows)
    assert bins.ravel().tolist() == [1, NOWHERE, 0, 0, 160, 160]
