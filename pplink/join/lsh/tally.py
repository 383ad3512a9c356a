"""Tally: what a join with tables did so far, and what it left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pplink.canonical import Json
from pplink.join.lsh.tables import Cut
from pplink.join.measures import Ints


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
    cuts: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    """(n, 2): as in `first.Table`, those of the tables done in the band in work."""

    def add(self, cut: Cut, comparisons: int) -> None:
        """A table is done, which left something out."""
        self.tables += 1
        self.comparisons += comparisons
        self.cut_buckets += cut.buckets
        self.cut_comparisons += cut.comparisons
        self.cuts = np.concatenate([self.cuts, cut.rows])

    def counts(self) -> dict[str, int]:
        """All but the cuts."""
        return {name: value for name, value in vars(self).items() if name != "cuts"}

    def to_json(self) -> dict[str, Json]:
        """What `take` reads."""
        cuts: list[Json] = self.cuts.tolist()
        return {**self.counts(), "cuts": cuts}

    def take(self, value: dict[str, Json]) -> None:
        """Stand as the tally stood of which `value` was told."""
        for name in self.counts():
            setattr(self, name, value[name])
        self.cuts = np.array(value["cuts"], np.int64).reshape(-1, 2)
