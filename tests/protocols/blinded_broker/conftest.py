"""Neighbours of the tests that are no tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    place = Path(__file__).with_name(name)
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    spec = importlib.util.spec_from_file_location(f"neighbour_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plain() -> ModuleType:
    """The second implementation."""
    return _load("plain")


@pytest.fixture(scope="session")
def writing() -> ModuleType:
    """What made the vectors."""
    return _load("write_vectors")


@pytest.fixture(scope="session")
def simulator() -> ModuleType:
    """What makes up a unit's view."""
    return _load("simulator")
