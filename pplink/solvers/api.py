"""Api: one-to-one assignment by the solver that the agreement names."""

from __future__ import annotations

from collections.abc import Callable

from pplink.errors import UsageError
from pplink.join.pairs import Pairs
from pplink.solvers.assignment import optimal
from pplink.solvers.checks import ordered
from pplink.solvers.greedy import greedy

SOLVERS: dict[str, Callable[[Pairs], Pairs]] = {"greedy": greedy, "optimal": optimal}


def assign(pairs: Pairs, *, solver: str = "greedy") -> Pairs:
    """Those pairs that link each row to at most one row of the other side.

    "greedy" takes pairs by falling score (then left, then right row) while both rows are free;
    "optimal" takes the set of pairs with the largest sum of scores. Pairs may come in any order; they go
    out by falling score, then left, then right row. Scores are above 0 and at most 1.
    Raises UsageError for an unknown solver, a pair given twice, a row or score that cannot be.
    """
    if solver not in SOLVERS:
        raise UsageError("there is no solver of that name", f"solvers are: {', '.join(SOLVERS)}")
    return SOLVERS[solver](ordered(pairs))
