"""Neighbours of the tests that are no tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"neighbour_ecdh_psi_many_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    """The second implementation."""
    return _load(HERE / "plain.py")


@pytest.fixture(scope="session")
def group() -> ModuleType:
    """ristretto255 in plain integers."""
    return _load(HERE.parent / "plain_group.py")


@pytest.fixture(scope="session")
def cases() -> ModuleType:
    """Sessions on small lists."""
    return _load(HERE / "cases.py")


@pytest.fixture(scope="session")
def writing() -> ModuleType:
    """What made the vectors."""
    return _load(HERE / "write_vectors.py")
