from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.disclosure.columns import Hits
from pplink.disclosure.resolving import resolve, to_columns
from pplink.encoders.handles import handles
from pplink.errors import DataError

KEY = bytes(range(32))
IDS = ["p-1", "p-2", "Ünal-3", "p-4"]


def hits_on(rows: list[int], ids: list[str] = IDS, score: float | None = 0.875) -> Hits:
    count = len(rows)
    return Hits(
        handle=handles(ids, KEY)[rows],
        units=("south", "west"),
        unit=np.arange(count, dtype=np.uint16) % 2,
        other=np.full((count, 16), 0xAB, np.uint8),
        score=None if score is None else np.full(count, score),
        cluster=np.full((count, 8), 0xCD, np.uint8),
    )


@given(st.lists(st.integers(0, 3), max_size=9))
def test_each_hit_finds_its_record(rows):
    assert resolve(hits_on(rows), IDS, KEY).tolist() == rows


def test_hits_become_a_table():
    assert to_columns(hits_on([2, 0]), IDS, KEY) == {
        "record_id": ["Ünal-3", "p-1"],
        "handle": [each.tobytes().hex() for each in handles(IDS, KEY)[[2, 0]]],
        "other_unit": ["south", "west"],
        "other_handle": ["ab" * 16] * 2,
        "score": [0.875] * 2,
        "cluster": ["cd" * 8] * 2,
    }


def test_a_score_that_was_not_told_is_missing():
    assert to_columns(hits_on([1], score=None), IDS, KEY)["score"] == [None]


def test_no_hits_are_an_empty_table():
    assert set(map(len, to_columns(hits_on([]), IDS, KEY).values())) == {0}
    assert len(resolve(hits_on([]), [], KEY)) == 0


@pytest.mark.parametrize(("ids", "key"), [(["p-9"], KEY), ([], KEY), (IDS, bytes(32)), (IDS[:1], KEY)])
def test_another_list_of_people_is_found(ids, key):
    with pytest.raises(DataError, match="of 2 hits are of none of these") as caught:
        resolve(hits_on([1, 2]), ids, key)
    assert "p-" not in caught.value.message


def test_two_rows_with_one_id_are_found_and_the_id_not_told():
    with pytest.raises(DataError, match="rows 1 and 3") as caught:
        resolve(hits_on([1]), ["secret", "p-2", "secret"], KEY)
    assert "secret" not in caught.value.message
