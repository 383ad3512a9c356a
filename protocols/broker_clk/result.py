"""Result: what a unit learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Hit:
    """One row of ours that is like a row of another unit's."""

    row: int
    """In our list."""
    unit: str
    """Whose the other row is."""
    handle: int
    """Its place in the other's shuffled list: the other unit knows which row that is."""
    score: float
    """0 where scores are not agreed."""

    def __repr__(self) -> str:
        return "Hit()"
