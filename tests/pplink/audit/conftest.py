"""Failures: the first thing that is wrong with a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pplink.audit.verification import CHECKS, verify

NAMES = [name for name, _, _ in CHECKS]


@pytest.fixture(scope="session")
def failure() -> Callable[..., tuple[str, str]]:
    """failure(folder, **known): the first thing wrong, as (name, detail); the report must agree with itself."""

    def first(folder: Path, **known: Any) -> tuple[str, str]:
        report = verify(folder, **known)
        failed = report.first_failure
        assert failed is not None, "nothing wrong was found"
        assert [check.name for check in report.checks] + list(report.not_reached) == NAMES
        assert report.to_json()["ok"] is False
        assert failed.detail
        assert failed.detail.isprintable()
        return failed.name, failed.detail

    return first
