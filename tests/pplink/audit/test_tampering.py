"""A changed byte anywhere in a run folder is found, and so is a file or line that came, went or moved."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pplink.audit.folder import AGREEMENT, CHECKPOINT, LOG, RunFiles, SealedFile, read_folder, sealed_path
from pplink.audit.verification import verify, verify_files

FILES = [AGREEMENT, LOG, CHECKPOINT, *(sealed_path(unit) for unit in ("north", "south", "west"))]
EVERY = {AGREEMENT: 11, LOG: 23, sealed_path("south"): 7, sealed_path("west"): 7}
"""Only each so-manieth byte of these (a prime, so that all columns are met); every byte of the others."""


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    return run.write(tmp_path_factory.mktemp("tampering") / "run")


@pytest.fixture
def copy(run, tmp_path):
    return run.write(tmp_path / "run")


def with_bytes(files: RunFiles, name: str, data: bytes) -> RunFiles:
    """What `read_folder` would give had one file other bytes; faster than a folder for each."""
    if name in files.documents:
        return replace(files, documents={**files.documents, name: data})
    unit = name.removeprefix("hits/").removesuffix(".sealed")
    head, newline, _ = data.partition(b"\n")
    changed = SealedFile(
        header=head if newline else b"", size=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    return replace(files, sealed={**files.sealed, unit: changed})


def first_failure(files: RunFiles):
    failed = verify_files(files).first_failure
    assert failed is not None, "nothing wrong was found"
    assert failed.detail
    return failed


def test_files_are_read_as_these_tests_say(folder):
    files = read_folder(folder)
    for name in FILES:
        assert with_bytes(files, name, (folder / name).read_bytes()) == files
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == sorted(
        FILES
    )
    assert verify_files(files).first_failure is None


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_found(folder, name):
    files, data = read_folder(folder), (folder / name).read_bytes()
    for position in range(0, len(data), EVERY.get(name, 1)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        first_failure(with_bytes(files, name, bytes(changed)))


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_added_or_cut_are_found(folder, name, data):
    files, old = read_folder(folder), (folder / name).read_bytes()
    at = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(at, min(len(old), at + 40)))
    new = old[:at] + data.draw(st.binary(max_size=5)) + old[end:]
    if new != old:
        first_failure(with_bytes(files, name, new))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
def test_a_truncated_file_is_found_on_disk(copy, name, keep):
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: int(len(data) * keep)])
    assert verify(copy).first_failure is not None


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(copy, name):
    (copy / name).unlink()
    failed = verify(copy).first_failure
    assert failed is not None
    assert name in failed.detail


@pytest.mark.parametrize("name", FILES)
def test_a_doubled_file_is_found(copy, name):
    (copy / name).write_bytes((copy / name).read_bytes() * 2)
    assert verify(copy).first_failure is not None


@pytest.mark.parametrize("one", FILES)
@pytest.mark.parametrize("two", FILES)
def test_files_in_each_others_place_are_found(copy, one, two):
    if one < two:
        first, second = (copy / one).read_bytes(), (copy / two).read_bytes()
        (copy / one).write_bytes(second)
        (copy / two).write_bytes(first)
        assert verify(copy).first_failure is not None


@pytest.mark.parametrize(
    "name", ["notes.txt", ".checkpoint.x.part", "hits/extra", "hits/hub.sealed", "hits/stranger.sealed"]
)
def test_a_file_that_came_is_found(copy, name):
    (copy / name).write_bytes(b"")
    failed = verify(copy).first_failure
    assert failed is not None
    assert name in failed.detail.replace("'", "")


def test_a_folder_that_came_is_found(copy):
    (copy / "more").mkdir()
    assert verify(copy).first_failure.name == "files"


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_became_a_link_is_found(copy, name):
    (copy / name).rename(copy.parent / "aside")
    (copy / name).symlink_to(copy.parent / "aside")
    failed = verify(copy).first_failure
    assert failed.name == "files"
    assert "a link" in failed.detail


def lines_of(files: RunFiles) -> list[bytes]:
    return files.documents[LOG].splitlines(keepends=True)


@pytest.mark.parametrize("line", range(13))
def test_lines_of_the_log_that_went_came_or_moved_are_found(folder, line):
    files = read_folder(folder)
    lines = lines_of(files)
    went = lines[:line] + lines[line + 1 :]
    came = [*lines[:line], lines[line], *lines[line:]]
    moved = [*went, lines[line]]
    for changed in (went, came, moved, lines[:line]):
        if changed != lines:
            assert first_failure(with_bytes(files, LOG, b"".join(changed))).name == "log"


def test_the_log_of_another_run_is_found(folder, run, make_run, tmp_path):
    other = read_folder(make_run(run.agreement, "3a2b").write(tmp_path / "other"))
    files = read_folder(folder)
    for name in (LOG, CHECKPOINT):
        assert first_failure(with_bytes(files, name, other.documents[name])).name == "log"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([AGREEMENT, LOG, CHECKPOINT]), noise=st.binary(max_size=300))
def test_noise_in_place_of_a_document_is_found(folder, name, noise):
    first_failure(with_bytes(read_folder(folder), name, noise))
