"""Cases: runs of broker_clk on few rows, with a join in plain fractions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from protocols.broker_clk import Broker, Parameters, Unit
from protocols.role import Role

SMALL: dict[str, Any] = {
    "bits": 64,
    "threshold": Fraction(4, 5),
    "units": 2,
    "block": 8,
    "capacity": 64,
    "quota": 64,
}


@dataclass(frozen=True)
class Pairs:
    left: np.ndarray
    right: np.ndarray
    score: np.ndarray


def join(left: np.ndarray, right: np.ndarray, threshold: Fraction) -> Pairs:
    """All pairs by Dice, exactly; empty rows are like nothing."""
    found = []
    for i, x in enumerate(left.tolist()):
        for j, y in enumerate(right.tolist()):
            common = sum((a & b).bit_count() for a, b in zip(x, y, strict=True))
            total = sum(a.bit_count() for a in x + y)
            if total and Fraction(2 * common, total) >= threshold:
                found.append((i, j, 2 * common / total))
    columns = zip(*found, strict=True) if found else ([], [], [])
    return Pairs(*(np.array(column) for column in columns))


def lists(units: int, count: int = 11) -> list[np.ndarray]:
    """Random rows, every second the first list's with a few bits changed."""
    dice = np.random.default_rng(3)
    first = dice.integers(0, 2**63, (count, 1), np.uint64)
    found = [first]
    for unit in range(1, units):
        rows = dice.integers(0, 2**63, (count + unit, 1), np.uint64)
        rows[:count:2] = first[::2] ^ np.uint64(1 << unit)
        found.append(rows)
    return found


def session(seed_of: Callable[[str, int], bytes], *, rows: Any = None, **options: Any) -> dict[str, Any]:
    """A case's fields. A result's handles are put in rows of the other's list, which no unit alone could do."""
    agreed = Parameters(**SMALL | options)
    given = dict(zip(agreed.names, rows or lists(agreed.units), strict=True))
    made: dict[str, Any] = {}

    def make(session: bytes = bytes(range(32)), run: int = 0) -> list[Role]:
        def common(name: str) -> dict[str, Any]:
            return {"session": session, "parameters": agreed, "seed": seed_of(name, run), "spent": set()}

        units = [Unit(name, rows=mine, **common(name)) for name, mine in given.items()]
        made.update((unit.name, unit) for unit in units)
        return [*units, Broker(join=join, **common("broker"))]

    def result(role: Any) -> Any:
        hits = getattr(role, "result", None)
        return (
            hits
            if hits is None
            else sorted((h.unit, h.row, made[h.unit]._order[h.handle], h.score) for h in hits)
        )

    def answer(name: str) -> Any:
        found = []
        for other in agreed.names:
            if other != name:
                pairs = join(given[name], given[other], agreed.threshold)
                score = pairs.score if agreed.scores else 0 * pairs.score
                found += [(other, *hit) for hit in zip(pairs.left, pairs.right, score, strict=True)]
        return sorted(found)

    return {
        "protocol": "broker_clk",
        "make": make,
        "answers": {**{name: answer(name) for name in agreed.names}, "broker": None},
        "result": result,
    }
