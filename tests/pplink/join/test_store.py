"""A store gives back what was put into it, or says that it cannot."""

from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.join.backends import store as stores
from pplink.join.backends.slices import Side, prepare
from pplink.join.backends.store import Kept, Store, fetch
from pplink.join.rows import counts

Alike = Callable[..., np.ndarray]


@pytest.fixture
def side(alike: Alike) -> Side:
    rows = alike(10, 2, seed=1)
    with ThreadPoolExecutor(1) as executor:
        return prepare(rows, counts(rows), np.arange(128), executor)


def equal(one: Side, two: Side) -> bool:
    return all(np.array_equal(*both) for both in zip(one, two, strict=True))


def test_a_side_comes_back_as_it_was_mapped_and_on_a_cache_line(side: Side, tmp_path: Path) -> None:
    store = Store(tmp_path)
    found = fetch(store.folder, store.put(side))
    assert equal(found, side)
    assert found.slices.ctypes.data % 64 == found.rows.ctypes.data % 64 == 0
    found.rows[:] = 0  # a copy of ours: the file stays
    assert equal(fetch(store.folder, store.put(side)), side)


def test_what_is_dropped_as_often_as_it_was_put_is_gone(side: Side, tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = [store.put(side) for _ in range(2)]
    mapped = fetch(store.folder, kept[0])
    store.drop(kept[0])
    assert equal(fetch(store.folder, kept[1]), side)
    store.drop(kept[1])
    assert list(store.folder.iterdir()) == []
    assert equal(mapped, side)
    with pytest.raises(UnavailableError, match="cannot read dataset"):
        fetch(store.folder, kept[0])


def test_two_arrays_that_are_equal_are_one_file(side: Side, tmp_path: Path) -> None:
    store = Store(tmp_path)
    for turn in range(20):  # both are written at once
        alike = np.full(50_000, turn)
        kept = store.put(side._replace(counts=alike, origin=alike.copy()))
        assert kept.counts == kept.origin
        assert np.array_equal(fetch(store.folder, kept).origin, alike)
        assert len(list(store.folder.iterdir())) == 3
        store.drop(kept)
        assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize("field", Kept._fields)
@pytest.mark.parametrize("place", [0, 8, 130, -1])
def test_a_changed_bit_in_the_store_is_found(side: Side, tmp_path: Path, field: str, place: int) -> None:
    store = Store(tmp_path)
    kept = store.put(side)
    path = store.folder / f"{getattr(kept, field)}.npy"
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="has other bytes than were written"):
        fetch(store.folder, kept)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(IntegrityError):
        fetch(store.folder, kept)


def test_a_full_disk_leaves_nothing_half_written(
    side: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(stream: object, array: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = Store(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(stores.np, "save", full)
        with pytest.raises(UnavailableError, match="No space left") as caught:
            store.put(side)
    assert "full" in str(caught.value.hint)
    assert list(store.folder.iterdir()) == []
    assert equal(fetch(store.folder, store.put(side)), side)


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        Store(tmp_path / "no")
