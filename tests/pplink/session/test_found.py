from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pplink.session import found
from pplink.session.plan import Couple


@pytest.mark.parametrize("size", [None, 0, 12345])
def test_hits_are_read_as_they_were_written(size: int | None, tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    own, theirs, told = (dice.integers(0, 256, (3, 16), np.uint8) for _ in range(3))
    couple = Couple(
        peer="south", own=own, theirs=theirs, score=dice.random(3), rows=np.arange(3), told=told, size=size
    )
    (tmp_path / found.NAME).write_bytes(found.write(couple))
    again = found.read(tmp_path / found.NAME, "south")
    assert (again.peer, again.size) == ("south", size)
    for name in ("own", "theirs", "score", "rows", "told"):
        assert np.array_equal(getattr(again, name), getattr(couple, name))
