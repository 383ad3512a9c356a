from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pplink.errors import RefusedError, UnavailableError, UsageError
from pplink.keys import store


def test_a_folder_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store.make_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o707, 0o720, 0o701])
def test_a_folder_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(RefusedError, match="is open to other users") as caught:
        store.make_folder(folder)
    assert caught.value.hint == f"run `chmod 700 {folder}`"


def test_a_file_in_the_way_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "home", tmp_path / "file" / "home" / "deeper"):
        with pytest.raises(UsageError, match="is not a folder"):
            store.make_folder(path)


def test_of_many_at_once_one_wins_and_its_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    texts = [bytes([65 + i]) * 5000 for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda text: store.put_new(path, text), texts))
    assert won.count(True) == 1
    assert path.read_bytes() == texts[won.index(True)]
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        store.put_new(tmp_path / "none" / "file", b"x")
    assert list(tmp_path.iterdir()) == []


def test_of_a_disk_that_is_read_only_the_file_is_named_and_not_its_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(tmp_path / ".file.0123"))

    monkeypatch.setattr("os.open", read_only)
    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(UnavailableError) as caught:
        store.put_new(tmp_path / "file", b"x")
    assert caught.value.message == f"cannot write {tmp_path / 'file'}: Read-only file system"


def test_a_file_system_without_hard_links_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    with pytest.raises(UnavailableError) as caught:
        store.put_new(tmp_path / "file", b"x")
    assert "hard links" in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_of_a_full_disk_the_error_names_the_file_and_not_its_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UnavailableError) as caught:
        store.put_new(tmp_path / "file", b"x")
    assert str(caught.value) == f"cannot write {tmp_path / 'file'}: No space left on device"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666])
def test_a_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "ring.json"
    path.write_bytes(b"x")
    path.chmod(mode)
    with pytest.raises(RefusedError) as caught:
        store.read_private(path, "key ring")
    assert caught.value.hint == f"run `chmod 600 {path}`"


def test_what_cannot_be_looked_at_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        store.require_private(tmp_path / "none")
