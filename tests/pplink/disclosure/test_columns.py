from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.disclosure.columns import Hits, from_json, round_down, to_json
from pplink.errors import UsageError


def hits_of(rows: int, seed: int = 0, units=("south", "west"), scores: bool = True) -> Hits:
    random = np.random.default_rng(seed)
    return Hits(
        handle=random.integers(0, 256, (rows, 16), dtype=np.uint8),
        units=units,
        unit=random.integers(0, len(units), rows).astype(np.uint16),
        other=random.integers(0, 256, (rows, 16), dtype=np.uint8),
        score=random.random(rows) if scores else None,
        cluster=random.integers(0, 256, (rows, 8), dtype=np.uint8),
    )


def same(one: Hits, two: Hits) -> bool:
    return to_json(one) == to_json(two)


def rows_of(hits: Hits) -> list[tuple]:
    score = np.zeros(len(hits)) if hits.score is None else hits.score
    return [
        (handle.tobytes(), hits.units[unit], other.tobytes(), value, cluster.tobytes())
        for handle, unit, other, value, cluster in zip(
            hits.handle, hits.unit.tolist(), hits.other, score.tolist(), hits.cluster, strict=True
        )
    ]


@given(st.integers(0, 50), st.booleans())
def test_hits_read_back_as_written(rows, scores):
    hits = hits_of(rows, scores=scores)
    assert same(from_json(canonical.exactly(canonical.to_bytes(to_json(hits)))), hits)


@given(st.integers(0, 60), st.integers(0, 5), st.permutations(["ab", "a-b", "a", "b"]))
def test_sorting_keeps_every_row_and_forgets_the_order(rows, seed, units):
    hits = hits_of(rows, seed, units=tuple(units))
    hits.handle[:] = (
        hits.handle % 2 * np.array([255] + [0] * 14 + [1], np.uint8)
    )  # many alike, high bytes too
    ordered = hits.sorted()
    assert rows_of(ordered) == sorted(rows_of(hits), key=lambda row: row[:3])
    shuffled = hits._take(np.random.default_rng(seed).permutation(rows))
    assert rows_of(shuffled.sorted()) == rows_of(ordered)


@given(st.floats(0, 1), st.integers(0, 4))
def test_rounding_down_is_exact(score, decimals):
    told = round_down(np.array([score]), decimals)[0]
    due = Decimal(repr(score)).quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR)
    assert Decimal(repr(float(told))) == due
    assert told <= score


@pytest.mark.parametrize(
    ("score", "decimals", "told"),
    [
        (0.29, 2, 0.29),
        (0.28999, 2, 0.28),
        (0.57, 2, 0.57),
        (1.0, 4, 1.0),
        (0.99999, 4, 0.9999),
        (0.85, 1, 0.8),
    ],
)
def test_rounding_is_as_written(score, decimals, told):
    assert round_down(np.array([score]), decimals).tolist() == [told]


def test_a_unit_learns_no_more_of_a_score_than_agreed():
    hits = hits_of(9)
    assert hits.rounded("none", 0).score is None
    assert hits.rounded("exact", 0).score is hits.score
    assert set(hits.rounded("rounded", 1).score * 10 % 1) == {0.0}
    assert set(hits.rounded("graded", 0, (0.0, 0.5)).score) <= {0.0, 0.5}


@pytest.mark.parametrize(
    "change",
    [
        {"handle": np.zeros((3, 15), np.uint8)},
        {"handle": np.zeros((2, 16), np.uint8)},
        {"other": np.zeros((3, 16), np.int64)},
        {"unit": np.zeros((3, 1), np.uint16)},
        {"unit": np.array([0, 1, 2], np.uint16)},
        {"unit": np.zeros(3, np.int64)},
        {"units": ("south", "south")},
        {"units": ()},
        {"score": np.zeros(2)},
        {"score": np.zeros(3, np.float32)},
        {"score": np.array([0, 0.5, 1.5])},
        {"score": np.array([0, 0.5, -0.5])},
        {"score": np.array([0, 0.5, np.nan])},
        {"score": np.array([0, 0.5, np.inf])},
        {"cluster": np.zeros((3, 16), np.uint8)},
    ],
)
def test_columns_that_do_not_fit_are_refused(change):
    good = hits_of(3)
    values = {name: getattr(good, name) for name in good.__dataclass_fields__}
    with pytest.raises(UsageError):
        Hits(**(values | change))


@pytest.mark.parametrize(
    "change",
    [
        {"hits": 4},
        {"hits": -1},
        {"hits": 3.5},
        {"hits": 2**40 + 1},
        {"units": ["south", "south"]},
        {"units": ["South", "west"]},
        {"units": []},
        {"unit": canonical.to_base64(b"\2\0" * 3)},
        {"unit": canonical.to_base64(b"\0" * 3)},
        {"handle": "AAAA"},
        {"handle": None},
        {"other": "!"},
        {"score": canonical.to_base64(np.array([0, 1, 2.0]).tobytes())},
        {"score": canonical.to_base64(np.array([0, 1, np.nan]).tobytes())},
        {"score": ""},
        {"score": [0.5, 0.5, 0.5]},
        {"more": 1},
    ],
)
def test_json_that_is_no_hits_is_refused(change):
    with pytest.raises(MalformedError):
        from_json(to_json(hits_of(3)) | change)


@pytest.mark.parametrize("key", list(to_json(hits_of(3))))
def test_no_column_may_be_missing(key):
    value = to_json(hits_of(3))
    del value[key]
    with pytest.raises(MalformedError):
        from_json(value)


def test_hits_print_no_handle():
    assert repr(hits_of(3)) == "Hits(3 with south, west)"
