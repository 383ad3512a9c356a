"""Result: what a unit learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Intersection:
    """Common items."""

    size: int
    """Different items that both have."""
    items: tuple[int, ...] | None
    """Which of our items, by their places in our list, rising, repeated ones too; None if only the size is revealed."""
    theirs: tuple[int, ...] | None = None
    """Of each of these, its place in the list that the other sent; None as above."""

    def __repr__(self) -> str:
        return f"Intersection({self.size})"
