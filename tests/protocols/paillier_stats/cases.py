"""Cases: runs of paillier_stats on small tables, under a key made for the tests alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from protocols.paillier_stats import Account, Broker, Keeper, Parameters, Unit
from protocols.role import Role
from tests.protocols.paillier_key import KEY

SMALL: dict[str, Any] = {"modulus": KEY.modulus, "units": 2, "cells": 5, "sums": 1, "threshold": 3}
TABLES = (
    ((4, 70), (3, 1), (0, 0), (2, 9), (11, 2**32 - 1)),
    ((3, 30), (9, 2), (8, 5), (7, 1), (2**32 - 1, 2**32 - 1)),
)
"""Of each unit, of each cell: count, sum. Cells 0, 1 and 4 are large at both."""
Rows = Sequence[Sequence[int]]


def totals(p: Parameters, tables: Sequence[Rows], noises: Sequence[Rows] | None) -> tuple[Any, ...]:
    """The plain computation: of each cell its totals, None where it is small."""
    shown: list[Any] = []
    for cell in range(p.cells):
        rows = [list(table[cell]) for table in tables]
        if noises:
            rows = np.add(rows, [noise[cell] for noise in noises]).tolist()
        count = sum(row[0] for row in rows)
        seen = [count - row[0] for row in rows] if p.each else [count]
        shown.append(tuple(map(sum, zip(*rows, strict=True))) if min(seen) >= p.threshold else None)
    return tuple(shown)


def session(
    seed_of: Callable[[str, int], bytes],
    *,
    tables: Sequence[Rows] = TABLES,
    noises: Sequence[Rows] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """A case's fields: who has what, and what each role must find."""
    agreed = Parameters(**SMALL | options)

    def make(session: bytes = bytes(range(32)), run: int = 0) -> list[Role]:
        def common(name: str) -> dict[str, Any]:
            return {"session": session, "parameters": agreed, "seed": seed_of(name, run), "spent": set()}

        noisy = [{"noise": noise, "account": Account(budget=Fraction(99))} for noise in noises or ()] or [
            {}
        ] * agreed.units
        units = [
            Unit(name, table=table, **more, **common(name))
            for name, table, more in zip(agreed.names, tables, noisy, strict=True)
        ]
        return [*units, Keeper(key=KEY, **common("keeper")), Broker(**common("broker"))]

    answer = totals(agreed, tables, noises)
    return {
        "protocol": "paillier_stats",
        "make": make,
        "answers": {**dict.fromkeys(agreed.names, answer), "keeper": None, "broker": None},
        "result": lambda role: getattr(role, "result", None) and role.result.cells,
    }
