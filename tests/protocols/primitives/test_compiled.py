from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from protocols.primitives.compiled import given

SCRIPT = """
from protocols.primitives.compiled import kernel

@kernel
def add(left, right):
    return left + right

assert add(1, 2) == 3
print("from the cache" if add.stats.cache_hits else "compiled")
"""


def test_a_damaged_cache_costs_a_compilation_and_nothing_else(tmp_path: Path) -> None:
    script, cache = tmp_path / "adding.py", tmp_path / "cache"
    script.write_text(SCRIPT)

    def add() -> str:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
        done = subprocess.run(
            [sys.executable, script], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    assert add() == "compiled"
    for path in cache.rglob("*.nb*"):
        path.write_bytes(b"garbage\n")
    assert [add(), add()] == ["compiled", "from the cache"]


def test_what_is_given_cannot_be_written_to() -> None:
    array = np.zeros(3)
    assert not given(array).flags.writeable
    assert array.flags.writeable
