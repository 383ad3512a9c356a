from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from pplink.errors import PplinkError, UnavailableError, UsageError
from pplink.files import read_bytes, replacing, write_atomically


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "out", b"one")
    write_atomically(tmp_path / "out", b"two")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"two"}


def test_a_private_file_is_its_owners_alone_and_others_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "private", b"", private=True)
        write_atomically(tmp_path / "public", b"")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (mode(tmp_path / "private"), mode(tmp_path / "public")) == (0o600, 0o640)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, UsageError])
def test_on_any_failure_what_was_there_stays(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before")

    def fail_midway() -> None:
        with replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise error("x")

    with pytest.raises(error):
        fail_midway()
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"out": b"before"}


def test_a_folder_in_its_place_is_found_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnavailableError, match=r"it is a folder$"), replacing(tmp_path / "folder"):
        pytest.fail("it was to be written")
    assert not list((tmp_path / "folder").iterdir())


def test_the_temporary_file_is_beside_the_other_so_that_renaming_is_atomic(tmp_path: Path) -> None:
    with replacing(tmp_path / "out") as temporary:
        assert temporary.parent == tmp_path
        assert not (tmp_path / "out").exists()
        temporary.write_bytes(b"x")


def test_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its folder does not exist"):
        write_atomically(tmp_path / "none" / "out", b"x")


@pytest.mark.parametrize("target", ["folder", "file/out", "x" * 300, "folder/../folder"])
def test_a_target_that_cannot_be_written_is_one_clear_error(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PplinkError) as caught:
        write_atomically(tmp_path / target, b"x")
    assert isinstance(caught.value, UnavailableError | UsageError)
    assert caught.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert list((tmp_path / "folder").iterdir()) == []


def test_no_device_is_replaced_nor_a_link_among_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, `-o /dev/null` made it a file, and `-o /dev/stdout` the link."""
    devices, kept = tmp_path / "dev", tmp_path / "kept"
    devices.mkdir()
    kept.write_bytes(b"before")
    (devices / "stdout").symlink_to(kept)
    (tmp_path / "link").symlink_to("/dev/null")
    monkeypatch.setattr("pplink.files.DEVICES", devices)
    for path in (
        devices / "stdout",
        devices / "new",
        tmp_path / "link",
        tmp_path / "dev" / ".." / "dev" / "x",
    ):
        with pytest.raises(UsageError, match="it is a device"):
            write_atomically(path, b"x")
    assert [path.name for path in devices.iterdir()] == ["stdout"]
    assert (devices / "stdout").is_symlink()
    assert kept.read_bytes() == b"before"
    assert (tmp_path / "link").is_symlink()


def test_a_full_disk_is_unavailable_and_leaves_what_was_there(tmp_path: Path) -> None:
    """A limit on file size stands for the full disk: both fail a write midway."""
    path = tmp_path / "out"
    path.write_bytes(b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(UnavailableError, match="cannot write"):
            write_atomically(path, bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"out": b"before"}


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    texts = [bytes([65 + i]) * 100_000 for i in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: write_atomically(tmp_path / "out", text), texts))
    assert (tmp_path / "out").read_bytes() in texts
    assert len(list(tmp_path.iterdir())) == 1


def test_killed_in_the_middle_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"before")
    script = """
        import os, signal, sys
        from pathlib import Path
        from pplink.files import replacing
        with replacing(Path(sys.argv[1])) as temporary:
            temporary.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"before"


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"12345")
    assert read_bytes(tmp_path / "in", "card", limit=5) == b"12345"
    with pytest.raises(UsageError, match=r"^card in is larger than 4 bytes$"):
        read_bytes(tmp_path / "in", "card", limit=4)


def test_what_is_not_there_or_a_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^agreement .* does not exist$"):
        read_bytes(tmp_path / "none", "agreement")
    with pytest.raises(UsageError, match=r"is a folder$"):
        read_bytes(tmp_path, "agreement")


@pytest.mark.parametrize("name", ["file/below", "x" * 300, "loop"])
def test_what_the_system_will_not_open_is_one_clear_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(PplinkError) as caught:
        read_bytes(tmp_path / name, "agreement")
    assert caught.value.exit_code in (UsageError.exit_code, UnavailableError.exit_code)


def test_another_file_that_a_writer_put_there_gets_the_rights_too(tmp_path: Path) -> None:
    def write_beside(private: bool) -> int:
        with replacing(tmp_path / "out", private=private) as temporary:
            (tmp_path / "other").write_bytes(b"x")
            (tmp_path / "other").chmod(0o640)
            (tmp_path / "other").replace(temporary)
        return mode(tmp_path / "out")

    before = os.umask(0o022)
    try:
        assert (write_beside(True), write_beside(False)) == (0o600, 0o644)
    finally:
        os.umask(before)


@pytest.mark.parametrize(("size", "fits"), [(0, True), (100_000, True), (100_001, False), (3_000_000, False)])
def test_a_pipe_is_read_up_to_the_limit(tmp_path: Path, size: int, fits: bool) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool, suppress(BrokenPipeError):
        written = pool.submit(path.write_bytes, b"x" * size)
        if fits:
            assert read_bytes(path, "card", limit=100_000) == b"x" * size
        else:
            with pytest.raises(UsageError, match="larger than"):
                read_bytes(path, "card", limit=100_000)
        written.result()


def test_an_endless_device_is_read_up_to_the_limit() -> None:
    with pytest.raises(UsageError, match="larger than"):
        read_bytes(Path("/dev/zero"), "card", limit=1000)
