"""Report: what was planned for a join, and what came true."""

from __future__ import annotations

from dataclasses import dataclass

from pplink.join.planner import Plan


class CutWarning(UserWarning):
    """Buckets too heavy were left out, and nobody had asked for the report that says so."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What a join did."""

    plan: Plan
    pairs: int
    """Pairs found, before any cap."""
    seconds: float
    """From the plan to the last pair."""
    tables: int
    comparisons: int
    cut_buckets: int
    cut_comparisons: int
    """As in `lsh.tally.Tally`; all 0 if every pair was compared."""
