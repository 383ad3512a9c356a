from __future__ import annotations

import os
from pathlib import Path

import pytest

from pplink.cli.options import spare
from pplink.errors import UsageError
from pplink.files import LONGEST_NAME, write_atomically


def test_links_in_a_circle_are_no_folder_and_no_input(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    spare(one, other / "list.csv")
    with pytest.raises(UsageError, match="its folder does not exist"):
        spare(one / "hits.csv", home=tmp_path)
    with pytest.raises(UsageError, match="must stay as it is"):
        spare(one, one)


@pytest.mark.parametrize("letter", ["x", "é", "\udcff"], ids=["ascii", "two bytes", "not utf-8"])
def test_a_name_so_long_that_it_could_not_be_written_is_refused_before_the_work(
    letter: str, tmp_path: Path
) -> None:
    most = tmp_path / (letter * (LONGEST_NAME // len(os.fsencode(letter))))
    spare(most)
    write_atomically(most, b"whole")
    with pytest.raises(UsageError, match="its name is longer than 240 bytes"):
        spare(most.with_name(f"{most.name}x"))
