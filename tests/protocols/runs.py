"""Runs: what the tests of a protocol do with the cases of its `cases.py`."""

from __future__ import annotations

from typing import Any

from protocols.loopback import run
from protocols.role import Frame


def seed_of(name: str, number: int) -> bytes:
    """32 bytes of a party in a run of that number."""
    return f"{name} {number}".encode().ljust(32, b"-")


def checked(case: dict[str, Any], **more: Any) -> tuple[list[Any], list[Frame]]:
    """Roles and frames of a run in which all find what they must. more: as the case's `make` takes it."""
    roles = case["make"](**more)
    frames = run(roles)
    assert {role.name: case["result"](role) for role in roles} == case["answers"]
    return roles, frames
