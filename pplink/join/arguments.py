"""Arguments that calls of this room share, checked where they enter."""

from __future__ import annotations

import os

from pplink.errors import UsageError


def positive(name: str, value: int | None) -> int | None:
    """The value, if it is None or a whole number from 1 up. Raises UsageError, which says `name`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{name} is not a whole number from 1 up")
    return value


def threads_of(value: int | None) -> int:
    """How many threads: as given, or all cores that this process may use. Raises UsageError."""
    return positive("threads", value) or len(os.sched_getaffinity(0))
