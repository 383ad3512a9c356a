"""Neighbours of the tests that are no tests."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.protocols.oprf_hit import write_vectors


@pytest.fixture(scope="session")
def writing() -> ModuleType:
    """What made the vectors."""
    return write_vectors
