"""Tally: what a join with tables did so far, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Tally:
    """Counts while a join runs. Bands compared in full are not in it."""

    tables: int = 0
    """Tables done."""
    comparisons: int = 0
    """Comparisons of two rows that had a key in common."""
    cut_buckets: int = 0
    """Buckets left out because they were too heavy."""
    cut_comparisons: int = 0
    """Comparisons left out with them. A pair counts once for each bucket that was cut and had it; another
    table may still have found it."""
