"""Neighbours of the tests that are no tests."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.protocols.blinded_broker import simulator as simulator_module
from tests.protocols.blinded_broker import write_vectors


@pytest.fixture(scope="session")
def writing() -> ModuleType:
    """What made the vectors."""
    return write_vectors


@pytest.fixture(scope="session")
def simulator() -> ModuleType:
    """What makes up a unit's view."""
    return simulator_module
