from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from pplink.errors import IntegrityError, PplinkError, RefusedError, UnavailableError, UsageError
from pplink.join.api import threshold_join
from pplink.join.backends import slices
from pplink.join.backends.bits import LANES
from pplink.join.index import storage
from pplink.join.index.index import Index
from pplink.join.index.segments import State

Alike = Callable[..., np.ndarray]
Change = Callable[[State], State]


@pytest.fixture(scope="module")
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def saved(alike: Alike, tmp_path: Path) -> Path:
    """Two segments, and a row removed."""
    rows = alike(40, 1, seed=1)
    index = Index.build(rows[:30])
    index.add(rows[30:])
    index.remove([7])
    index.save(tmp_path / "some.index")
    return tmp_path / "some.index"


def test_the_file_is_a_safetensors_file_for_its_owner_alone(saved: Path) -> None:
    with safe_open(saved, framework="np") as file:
        names = {"place", "alive", *(f"{part}.{k}" for part in ("slices", "rows", "ids") for k in (0, 1))}
        assert set(file.keys()) == names
        assert set(file.metadata()) == {"manifest", "sha256"}
        assert file.get_tensor("alive").sum() == 39
        assert file.get_tensor("slices.0").shape[1:] == (65, LANES)
    assert saved.stat().st_mode & 0o777 == 0o600
    assert int.from_bytes(saved.read_bytes()[:8], "little") % 64 == 56  # so that arrays begin on a cache line
    assert [each.name for each in saved.parent.iterdir()] == ["some.index"]


def test_what_is_saved_again_is_the_same_bytes(saved: Path) -> None:
    before = saved.read_bytes()
    index = Index.load(saved)
    assert index.save(saved) == index.save(saved.parent / "copy.index")
    assert saved.read_bytes() == before == (saved.parent / "copy.index").read_bytes()


def test_a_row_that_was_removed_is_not_in_the_file(saved: Path, alike: Alike) -> None:
    with safe_open(saved, framework="np") as file:
        ids = np.concatenate([file.get_tensor("ids.0"), file.get_tensor("ids.1")])
        rows = np.concatenate([file.get_tensor("rows.0"), file.get_tensor("rows.1")])
    given = alike(40, 1, seed=1)
    assert np.bitwise_count(given[7]) > 0
    assert sorted(ids) == [row for row in range(40) if row != 7 and given[row]]
    assert len(rows) == len(ids)


def test_an_index_loaded_lives_on_when_its_file_is_replaced(saved: Path, alike: Alike) -> None:
    asked = alike(40, 1, seed=1)
    index, other = Index.load(saved), Index.load(saved)
    before = index.query(asked, 0.8)
    other.remove(np.arange(7))
    other.save(saved)
    after = index.query(asked, 0.8)
    assert after.right.tolist() == before.right.tolist()
    assert set(Index.load(saved).query(asked, 0.8).right) == set(before.right) - set(range(7))


@pytest.mark.parametrize("first", [0, 5])
def test_every_byte_of_the_file_is_verified(saved: Path, executor: ThreadPoolExecutor, first: int) -> None:
    whole = bytearray(saved.read_bytes())
    for at in range(first, len(whole), 11):  # some of them, for a short test
        whole[at] ^= 1
        saved.write_bytes(whole)
        with pytest.raises(IntegrityError):
            storage.load(saved, None, executor, mapped=at % 2 == 0)
        whole[at] ^= 1


def test_an_index_that_was_copied_does_not_care_what_becomes_of_its_file(saved: Path, alike: Alike) -> None:
    asked = alike(40, 1, seed=1)
    wanted = Index.load(saved).query(asked, 0.8)
    index = Index.load(saved, mapped=False)
    saved.write_bytes(b"")
    assert index.query(asked, 0.8).right.tolist() == wanted.right.tolist()


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 100, 1000, -64, -1])
def test_a_file_cut_short_is_refused(saved: Path, size: int) -> None:
    saved.write_bytes(saved.read_bytes()[:size])
    with pytest.raises(IntegrityError):
        Index.load(saved)


def test_a_file_with_something_after_it_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes() + b"\0")
    with pytest.raises(IntegrityError, match="bytes that its manifest says"):
        Index.load(saved)


@pytest.mark.parametrize(
    "data",
    [
        b"not an index at all, but long enough to have a header",
        b"\xff" * 64,
        (2).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (4).to_bytes(8, "little") + b"null",
        (8).to_bytes(8, "little") + b'{"a": 1}',
        (21).to_bytes(8, "little") + b'{"__metadata__": null}',
        (1 << 40).to_bytes(8, "little") + b"{}",
        (6).to_bytes(8, "little") + b"[" * 6,
        (2**20).to_bytes(8, "little") + b"[" * 2**20,
    ],
    ids=range(10),
)
def test_a_foreign_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "foreign").write_bytes(data)
    with pytest.raises(IntegrityError, match="foreign is no index"):
        Index.load(tmp_path / "foreign")


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"encoding": np.ones((2, 2), np.uint64)}, tmp_path / "a", metadata={"manifest": "{}"})
    with pytest.raises(IntegrityError):
        Index.load(tmp_path / "a")


def _with(**changes: Callable[[np.ndarray], object]) -> Change:
    """A state with arrays of its first segment's side, or its own, changed."""

    def change(state: State) -> State:
        first, *rest = state.segments
        side = {
            name: _new(getattr(first.side, name), how) for name, how in changes.items() if name != "place"
        }
        own = {"place": _new(state.place, changes["place"])} if "place" in changes else {}
        return replace(
            state, segments=(replace(first, side=first.side._replace(**side)), *rest), **own
        )  # fmt: skip

    return change


def _new(array: np.ndarray, how: Callable[[np.ndarray], object]) -> np.ndarray:
    array = array.copy()
    how(array)
    return array


@pytest.mark.parametrize(
    "change",
    [
        _with(place=lambda place: place.__setitem__(0, place[1])),
        _with(place=lambda place: place.__setitem__(0, 64)),
        _with(place=lambda place: place.__setitem__(0, -1)),
        _with(rows=lambda rows: rows.__setitem__(0, 0)),
        _with(rows=lambda rows: rows.__setitem__(0, 2**64 - 1)),
        _with(origin=lambda ids: ids.__setitem__(0, ids[1])),
        _with(origin=lambda ids: ids.__setitem__(0, 30)),
        _with(origin=lambda ids: ids.__setitem__(0, -1)),
        _with(origin=lambda ids: ids.__setitem__(0, 2**62)),
        lambda state: replace(state, alive=np.full(len(state.alive), 2, np.uint8)),
        lambda state: replace(state, segments=state.segments[:1]),
        lambda state: replace(state, segments=state.segments[::-1]),
        lambda state: replace(state, segments=(replace(state.segments[0], stop=29), state.segments[1])),
        lambda state: replace(state, alive=state.alive[:-1]),
    ],
    ids=range(14),
)
def test_a_file_that_would_lead_a_kernel_astray_is_refused_though_its_digests_are_right(
    saved: Path, executor: ThreadPoolExecutor, change: Change
) -> None:
    state, _ = storage.load(saved, None, executor)
    storage.save(saved, change(state), None, executor)
    with pytest.raises(IntegrityError, match="is no index: it has"):
        Index.load(saved)


def test_a_file_of_a_machine_with_other_vectors_is_read(
    alike: Alike, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, other = alike(700, 2, seed=4), 12 - LANES
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(slices, "LANES", other)
        elsewhere.setattr(slices, "TILE", 64 * other)
        elsewhere.setattr(storage, "LANES", other)
        Index.build(rows).save(tmp_path / "some.index")
    wanted = threshold_join(rows, rows, 0.7, backend="reference")
    assert len(wanted) > 700
    index = Index.load(tmp_path / "some.index")
    for _ in range(2):
        found = index.query(rows, 0.7)
        assert found.left.tobytes() == wanted.left.tobytes()
        assert found.right.tobytes() == wanted.right.tobytes()
        index.save(tmp_path / "some.index")
        index = Index.load(tmp_path / "some.index")


def test_a_digest_that_is_not_the_one_asked_for_is_an_error(saved: Path) -> None:
    index = Index.load(saved)
    digest = index.save(saved)
    Index.load(saved, digest=digest)
    index.remove([0])
    index.save(saved)
    with pytest.raises(IntegrityError, match="another index than the one asked for"):
        Index.load(saved, digest=digest)


def test_of_two_who_change_an_index_the_second_is_refused(saved: Path) -> None:
    one, two = Index.load(saved), Index.load(saved)
    one.remove([0])
    two.remove([1])
    one.save(saved)
    with pytest.raises(RefusedError, match="not what this index was loaded from"):
        two.save(saved)
    assert Index.load(saved).ids[0] == 1
    one.remove([2])
    one.save(saved)
    two.save(saved, replace=True)
    assert Index.load(saved).ids[0] == 0


@pytest.mark.parametrize("data", [b"", b"dear diary", b"\xff" * 99])
def test_something_else_than_an_index_is_not_replaced_unless_asked(tmp_path: Path, data: bytes) -> None:
    path, index = tmp_path / "diary", Index.build(np.ones((2, 2), np.uint64))
    path.write_bytes(data)
    with pytest.raises(RefusedError, match="something else than an index"):
        index.save(path)
    assert path.read_bytes() == data
    index.save(path, replace=True)
    assert len(Index.load(path)) == 2


def _folder(path: Path) -> Path:
    return path


def _missing(path: Path) -> Path:
    return path / "no" / "such.index"


def _below_a_file(path: Path) -> Path:
    (path / "file").write_bytes(b"")
    return path / "file" / "some.index"


def _pipe(path: Path) -> Path:
    os.mkfifo(path / "pipe")
    os.open(path / "pipe", os.O_RDWR)  # so that nobody waits for the other end
    return path / "pipe"


@pytest.mark.parametrize("where", [_folder, _missing, _below_a_file, _pipe])
def test_what_is_not_a_file_is_refused_both_ways(tmp_path: Path, where: Callable[[Path], Path]) -> None:
    place = where(tmp_path)
    for act in (Index.load, Index.build(np.ones((2, 2), np.uint64)).save):
        with pytest.raises((UsageError, UnavailableError)):
            act(place)  # type: ignore[operator]


WRITER = """
import sys
import numpy as np
from pplink import Index
from pplink.errors import RefusedError
path, own = sys.argv[1], int(sys.argv[2])
kept = 0
for _ in range(15):
    index = Index.load(path, threads=1)
    index.add(np.full((2, 2), own, np.uint64), threads=1)
    try:
        index.save(path)
        kept += 1
    except RefusedError:
        pass
print(kept)
"""


def test_processes_that_write_one_file_lose_nothing_and_readers_find_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "shared.index"
    Index.build(np.empty((0, 2), np.uint64)).save(path)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(own)], stdout=subprocess.PIPE, text=True)
        for own in (1, 2)
    ]
    sizes = []
    while any(writer.poll() is None for writer in writers):
        sizes.append(len(Index.load(path, threads=1)))
    kept = [int(writer.communicate()[0]) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert sizes == sorted(sizes)
    index = Index.load(path)
    for own, many in zip((1, 2), kept, strict=True):
        assert many >= 1
        assert len(index.query(np.full((1, 2), own, np.uint64), 1)) == 2 * many
    assert [each.name for each in tmp_path.iterdir()] == ["shared.index"]


def test_no_error_tells_a_value(saved: Path) -> None:
    whole = bytearray(saved.read_bytes())
    whole[-30] ^= 1
    saved.write_bytes(whole)
    with pytest.raises(PplinkError) as told:
        Index.load(saved)
    arguments: tuple[Any, ...] = (told.value.message, told.value.hint)
    assert arguments == (
        "some.index is no index: it has an array alive that its manifest does not describe",
        storage.HINT,
    )
