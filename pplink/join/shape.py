"""Shape: a name for all that decides in what steps a join goes, and what each of them finds."""

from __future__ import annotations

import hashlib

from pplink import canonical
from pplink.join.backends import outline
from pplink.join.backends.interface import Problem
from pplink.join.backends.slices import TILE
from pplink.join.backends.sweep import CHUNK
from pplink.join.lsh import tables
from pplink.join.planner import Plan
from pplink.join.rows import digest as digest_of


def digest(problem: Problem, plan: Plan, seed: int) -> str:
    """64 hex digits; equal for two joins of which one may go on where the other was broken off.

    The backend is not in it, for all but the reference go by the areas of `outline`, nor is the number of threads.
    """
    left = digest_of(problem.left)
    bands = [
        [band.lowest, band.highest, band.sampled, band.ceiling, hashlib.sha256(band.floors.data).hexdigest()]
        for band in plan.bands
    ]
    return canonical.digest(
        {
            "rows": [left, left if problem.itself else digest_of(problem.right), problem.itself],
            "measure": problem.measure.name,
            "threshold": str(problem.threshold),
            "bands": bands,
            "seed": str(seed),
            "steps": [TILE, CHUNK, outline.PAIRS, outline.TILES, tables.HEAVY],
        }
    )
