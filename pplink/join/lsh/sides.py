"""Sides for tables: in another order of columns than for comparing in full, and as wide as a comparison asks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np

from pplink.join.backends.interface import Problem
from pplink.join.backends.slices import Side, densities, placed, prepare
from pplink.join.lsh.buckets import HEAD
from pplink.join.rows import BitRows, Counts


def maker(problem: Problem, executor: Executor) -> Callable[[BitRows, Counts], Side]:
    """How either side of a problem is made ready; the columns that tell most rows apart come first."""
    place = placed(np.abs(densities(problem.left, problem.right) - 0.5))
    return lambda rows, counts: _wide(prepare(rows, counts, place, executor))


def _wide(side: Side) -> Side:
    missing = HEAD - side.rows.shape[1]
    return side._replace(rows=np.pad(side.rows, ((0, 0), (0, missing)))) if missing > 0 else side
