from __future__ import annotations

import hashlib
import os

import pytest

from pplink.audit import folder
from pplink.errors import UnavailableError, UsageError


@pytest.fixture
def run(tmp_path):
    for name in (folder.AGREEMENT, folder.LOG, folder.CHECKPOINT):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "hits").mkdir()
    (tmp_path / "hits/north.sealed").write_bytes(b"header\nsealed")
    return tmp_path


def test_a_folder_is_read_whole(run):
    files = folder.read_folder(run)
    assert files.documents == {
        name: name.encode() for name in (folder.AGREEMENT, folder.LOG, folder.CHECKPOINT)
    }
    assert files.sealed["north"] == folder.SealedFile(
        header=b"header", size=13, sha256=hashlib.sha256(b"header\nsealed").hexdigest()
    )
    assert files.strays == ()


@pytest.mark.parametrize("header", [b"", b"no newline", b"x" * 5000 + b"\n", b"\n"])
def test_a_sealed_file_without_a_header_has_none(run, header):
    (run / "hits/north.sealed").write_bytes(header)
    assert folder.read_folder(run).sealed["north"].header == b""


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        ".hidden",
        ".log.jsonl.abc.part",
        "Checkpoint",
        "checkpoint ",
        "hits/south",
        "hits/South.sealed",
        "hits/south.sealed.bak",
        "hits/.sealed",
        "hits/north.sealed\n",
        "\x1b[31mred",
    ],
)
def test_a_file_that_does_not_belong_is_named_printably(run, name):
    (run / name).write_bytes(b"")
    (stray,) = folder.read_folder(run).strays
    assert stray.isprintable()
    assert "(a file)" in stray


def test_a_name_that_is_no_text_is_named_too(run):
    (run / os.fsdecode(b"\xff\xfe")).write_bytes(b"")
    (stray,) = folder.read_folder(run).strays
    stray.encode("ascii")


@pytest.mark.parametrize("name", [folder.LOG, "hits/north.sealed", "hits/other.sealed", "extra"])
def test_a_link_is_never_followed(run, name):
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to("/dev/zero")
    (stray,) = folder.read_folder(run).strays
    assert "(a link)" in stray


@pytest.mark.parametrize("name", [folder.CHECKPOINT, "hits/south.sealed"])
def test_a_pipe_does_not_hang_the_reader(run, name):
    (run / name).unlink(missing_ok=True)
    os.mkfifo(run / name)
    (stray,) = folder.read_folder(run).strays
    assert "neither" in stray


@pytest.mark.parametrize("name", ["sub", "hits/south.sealed"])
def test_a_folder_that_does_not_belong_is_named(run, name):
    (run / name).mkdir()
    (stray,) = folder.read_folder(run).strays
    assert "(a folder)" in stray


def test_hits_may_not_be_a_file(run):
    (run / "hits/north.sealed").unlink()
    (run / "hits").rmdir()
    (run / "hits").write_bytes(b"")
    assert folder.read_folder(run).strays == ("'hits' (a file)",)


def test_a_huge_document_is_not_read(run):
    with (run / folder.LOG).open("wb") as stream:
        stream.truncate(folder.LIMIT + 1)
    files = folder.read_folder(run)
    assert folder.LOG not in files.documents
    assert "larger than" in files.strays[0]


def test_no_folder_is_a_mistake_of_the_caller(run):
    with pytest.raises(UsageError, match="does not exist"):
        folder.read_folder(run / "elsewhere")
    with pytest.raises(UsageError, match="not a folder"):
        folder.read_folder(run / folder.LOG)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_unavailable(run):
    (run / "hits").chmod(0)
    with pytest.raises(UnavailableError):
        folder.read_folder(run)
