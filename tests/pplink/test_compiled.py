from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
from pplink.compiled import kernel

@kernel
def add(left, right):
    return left + right

assert add(1, 2) == 3
print("from the cache" if add.stats.cache_hits else "compiled")
"""


@pytest.fixture
def add(tmp_path: Path) -> Callable[..., str]:
    """Run a program with a kernel in it and say where its machine code came from."""
    script = tmp_path / "adding.py"
    script.write_text(textwrap.dedent(SCRIPT))

    def run(cache: Path, **options: object) -> str:
        nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}
        environment = os.environ | nowhere | {"NUMBA_CACHE_DIR": str(cache)}
        done = subprocess.run(
            [sys.executable, script], env=environment, capture_output=True, text=True, check=False, **options
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    return run


def cached(cache: Path, ending: str) -> list[Path]:
    return sorted(cache.rglob(f"*{ending}"))


@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
def test_a_damaged_cache_is_made_anew(add: Callable[..., str], tmp_path: Path, ending: str) -> None:
    cache = tmp_path / "cache"
    assert add(cache) == "compiled"
    for rest in (b"", b"garbage\n"):
        for path in cached(cache, ending):
            path.write_bytes(rest)
        assert [add(cache), add(cache)] == ["compiled", "from the cache"]


def test_a_full_disk_costs_the_cache_and_nothing_else(add: Callable[..., str], tmp_path: Path) -> None:
    """A limit on file size stands for the full disk: both fail a write midway."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    cache = tmp_path / "cache"
    assert add(cache, preexec_fn=limit) == "compiled"
    assert cached(cache, ".nbc") == []


@pytest.mark.parametrize("place", ["file", "/proc/below"])
def test_where_no_cache_folder_can_be_made_each_process_compiles(
    add: Callable[..., str], tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "__pycache__").touch()
    assert (
        add(
            tmp_path / place,
        )
        == "compiled"
    )
