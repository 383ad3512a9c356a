"""Greedy: the best pair first, then the best among the rows still free."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.pairs import Pairs
from pplink.solvers.checks import Rows, compact


def greedy(pairs: Pairs) -> Pairs:
    """One-to-one by falling score; of equal scores the lower left row, then the lower right row, goes first.

    pairs: in total order (checks.ordered), as they also go out. Its sum of scores is at least half of the
    best possible one (Preis 1999, "Linear time 1/2-approximation algorithm for maximum weighted matching").
    """
    left, lefts = compact(pairs.left)
    right, rights = compact(pairs.right)
    kept = _keep(left, right, np.zeros(lefts, np.bool_), np.zeros(rights, np.bool_))
    return pairs.take(kept)


@kernel
def _keep(
    left: Rows, right: Rows, left_taken: npt.NDArray[np.bool_], right_taken: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    kept = np.zeros(len(left), np.bool_)
    for pair in range(len(left)):
        if not (left_taken[left[pair]] or right_taken[right[pair]]):
            left_taken[left[pair]] = right_taken[right[pair]] = kept[pair] = True
    return kept
