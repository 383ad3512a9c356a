"""Bytes of an estimate are those of a real run of other sizes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import pytest

from pplink.session.costs import encodings, estimates, keys, tables, trial
from pplink.session.costs.trial import Cost, Sizes, spent


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "REPEATS", 1)


def sizes(rows: int, other: int) -> Sizes:
    return Sizes(rows=rows, other=other)


def near(cost: Cost, true: int) -> None:
    assert cost.bytes == pytest.approx(true, rel=0.03)


def test_blinded_broker() -> None:
    cost, _ = encodings.blinded(sizes(2000, 2048))
    near(cost, spent(lambda: encodings._blinded(2000, 2048)).bytes)


def test_blinded_broker_with_aliases() -> None:
    _, cost = encodings.blinded(sizes(128, 64))
    near(cost, spent(lambda: encodings._blinded(128, 64, encodings.ALIASES)).bytes)


def test_ecdh_psi() -> None:
    (cost,) = keys.common_keys(sizes(1024, 1000))
    near(cost, spent(lambda: keys._psi(1024)).bytes)


def test_sums_over_common_keys() -> None:
    (few,), (more,) = tables.summed(sizes(4, 4)), tables.summed(sizes(8, 8))
    real = [spent(partial(tables._sums, tables._key(), size, size)).bytes for size in (4, 8)]
    assert more.bytes - few.bytes == real[1] - real[0]


def test_tables() -> None:
    (cost,) = tables.added_up(Sizes(rows=1, other=1, cells=tables.TRIED))
    near(cost, spent(lambda: tables._roles(tables._key())).bytes)


def test_broker_clk() -> None:
    (cost,) = encodings.shown(sizes(500, 500))
    near(cost, spent(lambda: encodings._shown(500)).bytes)


def test_a_larger_list_costs_more_and_a_query_does_not() -> None:
    (small, query), (large, same) = (keys.watchlist(sizes(rows, 1)) for rows in (1000, 100_000))
    assert large.bytes == pytest.approx(100 * small.bytes, rel=0.01)
    assert query.bytes == same.bytes


@pytest.mark.parametrize("estimate", [encodings.blinded, encodings.shown, keys.common_keys])
def test_pairs_cost_by_both_lists(estimate: Callable[[Sizes], tuple[Cost, ...]]) -> None:
    for few, many in zip(estimate(sizes(4096, 4096)), estimate(sizes(40_960, 4096)), strict=True):
        assert many.bytes > few.bytes


def test_what_lacks_a_library_has_no_costs_and_the_rest_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phe", None)
    tables._key.cache_clear()
    monkeypatch.setattr(
        estimates, "TRIALS", {"one": (encodings.shown, tables.summed), "other": (tables.added_up,)}
    )
    found = estimates.estimates(sizes(64, 64))
    assert [cost.what for cost in found["one"]] == ["all pairs"]
    assert found["other"] == ()
