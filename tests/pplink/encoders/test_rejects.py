"""The file of rows that were left out: it belongs to the dataset that was made with it, and to no other."""

from __future__ import annotations

import errno
import os

import pyarrow as pa
import pytest

from pplink.encoders.rejects import beside
from pplink.errors import UnavailableError, UsageError

ROWS = pa.table({"row": [2], "problem": ["birth_date is not a date"], "record_id": ["7"]})


@pytest.fixture
def earlier(tmp_path):
    """The rejects of an earlier run."""
    path = tmp_path / "rejects.csv"
    with beside(path, ROWS):
        pass
    return path


def test_rejects_come_when_what_they_belong_to_is_there(tmp_path):
    path = tmp_path / "rejects.csv"
    with beside(path, ROWS):
        assert not path.exists()
    assert path.read_text() == '"row","problem","record_id"\n2,"birth_date is not a date","7"\n'
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("rows", [ROWS, None])
def test_what_fails_changes_nothing(earlier, rows):
    before = earlier.read_bytes()
    with pytest.raises(UnavailableError), beside(earlier, rows):
        raise UnavailableError("the disk is full")
    assert earlier.read_bytes() == before
    assert list(earlier.parent.iterdir()) == [earlier]


def test_a_disk_that_is_full_when_it_has_to_write_is_found_before_the_dataset_is_there(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnavailableError, match="No space left"), beside(tmp_path / "rejects.csv", ROWS):
        pytest.fail("the dataset was to be written")
    assert not list(tmp_path.iterdir())


def test_without_rejects_those_of_an_earlier_run_go(earlier):
    with beside(earlier, None):
        assert earlier.exists()
    assert not earlier.exists()


@pytest.mark.parametrize("text", ["", "record_id,name\n1,Anna\n", '"row","record_id"\n'])
def test_a_file_that_is_not_of_rejects_stays(tmp_path, text):
    path = tmp_path / "other.csv"
    path.write_text(text)
    with beside(path, None):
        pass
    assert path.read_text() == text


def test_a_folder_or_nothing_at_that_place_is_left_alone(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        with beside(path, None):
            pass
    assert not list(tmp_path.iterdir())


def test_a_place_that_is_none_is_the_callers_mistake(tmp_path):
    with pytest.raises(UsageError), beside(tmp_path / "no" / "rejects.csv", ROWS):
        pytest.fail("nothing was to be made")
