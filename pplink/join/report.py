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

    def describe(self) -> list[tuple[str, str]]:
        """What a person is shown: labels and texts."""
        shown = [("pairs", f"{self.pairs:,}"), ("time", f"{self.seconds:,.1f} s")]
        if self.tables:
            shown.append(("comparisons", f"{self.comparisons:,} in {self.tables:,} tables"))
        if self.cut_buckets:
            cut = f"{self.cut_comparisons:,} comparisons in {self.cut_buckets:,} buckets of rows too alike"
            shown.append(("left out", cut))
        return shown
