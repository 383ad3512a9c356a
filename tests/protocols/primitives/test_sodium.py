from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from protocols.primitives import sodium

COPY = """
from protocols.primitives import sodium
library = sodium.load(names=["libnothing.so", "libc.so.6"])
print(library._name)
"""

NOTHING = """
import ctypes
from protocols.primitives import sodium

def refuse(*_):
    raise OSError("failed to map segment from shared object")

ctypes.CDLL.__init__ = refuse
sodium.load()
"""


def run(script: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TMPDIR": str(temporary)}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )


def test_without_a_library_in_the_system_the_copy_serves_and_leaves_no_file(tmp_path: Path) -> None:
    done = run(COPY, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_the_system_and_the_copy_compute_the_same() -> None:
    scalar, point = bytes([9] * 31 + [1]), sodium.TWICE_THE_BASE
    found = set()
    for library in (sodium.load(), sodium.checked(sodium.copied())):
        product = bytes(32)
        assert getattr(library, sodium.MULTIPLY)(product, scalar, point) == 0
        found.add(product)
    assert len(found) == 1


def test_a_library_that_computes_something_else_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sodium, "TWICE_THE_BASE", bytes(32))
    with pytest.raises(OSError, match="another ristretto255"):
        sodium.checked(sodium.copied())


def test_with_no_library_at_all_the_error_says_what_to_do(tmp_path: Path) -> None:
    done = run(NOTHING, tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: no libsodium")
    assert "install libsodium, or set TMPDIR" in done.stderr
