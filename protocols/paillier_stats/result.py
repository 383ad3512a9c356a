"""Result: what a unit learns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Totals:
    """All units' tables, added."""

    cells: tuple[tuple[int, ...] | None, ...]
    """Of each cell its count and its sums; None where it is not released. With noise, a number may be below zero."""

    @property
    def released(self) -> int:
        """How many cells are."""
        return sum(cell is not None for cell in self.cells)

    def __repr__(self) -> str:
        return f"Totals({self.released} of {len(self.cells)} cells)"
