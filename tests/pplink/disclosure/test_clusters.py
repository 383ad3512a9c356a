from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink import canonical
from pplink.disclosure.clusters import cluster_ids, joined

UNITS = ("north", "a", "a-b")


def handles_of(sizes, seed=0):
    random = np.random.default_rng(seed)
    return [random.integers(0, 256, (size, 16), dtype=np.uint8) for size in sizes]


def plain(units, handles, labels):
    """The definition, one cluster at a time."""
    members: dict[int, list] = {}
    for unit, rows, marks in zip(units, handles, labels, strict=True):
        for row, mark in zip(rows, marks.tolist(), strict=True):
            members.setdefault(mark, []).append([unit, row.tobytes().hex()])
    ids = {
        mark: hashlib.sha256(canonical.to_bytes(sorted(group))).digest()[:8]
        for mark, group in members.items()
    }
    ids[-1] = bytes(8)
    return [[ids[mark] for mark in marks.tolist()] for marks in labels]


@given(st.lists(st.lists(st.integers(-1, 4), max_size=8), min_size=3, max_size=3))
def test_ids_are_those_of_the_definition(marks):
    labels = [np.array(each, dtype=np.int64) for each in marks]
    handles = handles_of([len(each) for each in marks])
    found = cluster_ids(UNITS, handles, labels)
    assert [[row.tobytes() for row in each] for each in found] == plain(UNITS, handles, labels)


def test_ids_do_not_depend_on_the_labels_or_the_order_of_datasets():
    handles = handles_of([4, 4])
    labels = [np.array([0, 1, -1, 2]), np.array([2, 0, 1, -1])]
    one = cluster_ids(("north", "south"), handles, labels)
    renamed = [np.where(each >= 0, 90 - each, -1) for each in labels]
    two = cluster_ids(("south", "north"), handles[::-1], renamed[::-1])
    assert [each.tolist() for each in one] == [each.tolist() for each in two[::-1]]


def test_a_known_cluster_has_this_id():
    handle = np.arange(16, dtype=np.uint8).reshape(1, 16)
    ids = cluster_ids(("north", "south"), [handle, handle], [np.array([7]), np.array([7])])
    text = '[["north","000102030405060708090a0b0c0d0e0f"],["south","000102030405060708090a0b0c0d0e0f"]]'
    assert ids[0].tobytes() == ids[1].tobytes() == hashlib.sha256(text.encode()).digest()[:8]


@pytest.mark.parametrize("sizes", [(0, 0), (3, 0)])
def test_rows_in_no_cluster_have_no_id(sizes):
    found = cluster_ids(("north", "south"), handles_of(sizes), [np.full(size, -1) for size in sizes])
    assert [each.shape for each in found] == [(size, 8) for size in sizes]
    assert not any(each.any() for each in found)


def test_links_join_records_and_who_has_none_is_in_no_group() -> None:
    labels = joined(np.array([0, 1, 5]), np.array([1, 4, 6]), 8)
    assert labels[0] == labels[1] == labels[4] != labels[5] == labels[6]
    assert (labels[[0, 5]] >= 0).all()
    assert labels[[2, 3, 7]].tolist() == [-1] * 3


@pytest.mark.parametrize("records", [0, 3])
def test_without_links_there_is_no_group(records: int) -> None:
    none = np.zeros(0, np.int64)
    assert joined(none, none, records).tolist() == [-1] * records
