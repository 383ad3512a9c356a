"""Result: what a unit learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Of the common items."""

    size: int | None
    """How many; None for Bob if they are too few."""
    sums: tuple[int, ...] | None
    """Bob's numbers of them, added up; None if they are too few, and for Alice unless they are told to both."""

    def __repr__(self) -> str:
        return f"Sums({self.size})"
