"""Bytes of an estimate are those of a real run of other sizes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from pplink.session.costs import encodings, estimates, keys, tables, trial
from pplink.session.costs.trial import Cost, Sizes, beyond, spent


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "REPEATS", 1)


def sizes(rows: int, other: int) -> Sizes:
    return Sizes(rows=rows, other=other)


def near(cost: Cost, true: int) -> None:
    assert cost.bytes == pytest.approx(true, rel=0.03)


def test_blinded_broker() -> None:
    cost, *_ = encodings.blinded(sizes(2000, 2048))
    near(cost, spent(lambda: encodings._blinded(2000, 2048)).bytes)


def test_blinded_broker_with_aliases() -> None:
    _, _, cost, _ = encodings.blinded(sizes(128, 64))
    near(cost, spent(lambda: encodings._blinded(128, 64, encodings.ALIASES)).bytes)


def test_blocked_lists_cost_what_the_blocks_do_that_are_expected_and_no_more_than_all_pairs() -> None:
    whole, blocked, *_ = encodings.blinded(sizes(100_000, 100_000))
    share = 0.197  # of the pairs, as benchmarks/results/blocking-100000.md has measured
    assert blocked.what == "the same, blocked (recall 0.99, threshold 0.85)"
    assert share * whole.bytes < blocked.bytes < 2 * share * whole.bytes
    assert blocked.seconds < whole.seconds
    whole, blocked, several, aliases = encodings.blinded(sizes(2000, 2000))
    assert blocked == replace(whole, what=f"{blocked.what}")
    assert blocked.what.endswith(": no less")
    assert aliases.bytes <= several.bytes


def test_a_tile_of_blocks_costs_as_in_a_real_run() -> None:
    one, two, six = (
        spent(partial(encodings._paired, tiles, encodings.ONE, 256), repeats=1).bytes for tiles in (1, 2, 6)
    )
    assert six - two == pytest.approx(4 * (two - one), rel=0.001)


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


def test_a_difference_that_noise_hides_costs_no_less_than_all_of_the_longer_trial() -> None:
    assert beyond(3.0, 1.0) == 2.0
    assert beyond(1.0, 1.0) == beyond(1.0, 1.5) == 1.0
