from __future__ import annotations

from pathlib import Path

import pytest

from pplink.cli.options import spare
from pplink.errors import UsageError


def test_links_in_a_circle_are_no_folder_and_no_input(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    spare(one, other / "list.csv")
    with pytest.raises(UsageError, match="its folder does not exist"):
        spare(one / "hits.csv", home=tmp_path)
    with pytest.raises(UsageError, match="must stay as it is"):
        spare(one, one)
