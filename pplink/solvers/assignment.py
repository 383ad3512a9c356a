"""Assignment: the one-to-one set of pairs with the largest sum of scores."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from pplink.compiled import kernel
from pplink.join.pairs import Pairs
from pplink.solvers.checks import Rows, Scores, compact

Flags = npt.NDArray[np.bool_]
NOBODY = 1.0
"""What it costs to leave a row alone; a pair costs 1 less its score, so every pair is better than none."""


def optimal(pairs: Pairs) -> Pairs:
    """One-to-one with the largest sum of scores; all scores are positive, so a pair is better than none.

    pairs: in total order (checks.ordered), as they also go out. Exact but for the rounding of float64
    sums: of two sets whose sums differ by less than about 1e-9 either may come out, the same one each time.

    Shortest augmenting paths (Jonker, Volgenant 1987), one a left row, each searched with a heap and only
    as far as it reaches: so the time goes with the pairs and not with rows times rows, which is what the
    sparse solver of scipy takes (over 10 minutes instead of 1 s for a million pairs that hang together).
    """
    left, lefts = compact(pairs.left)
    right, rights = compact(pairs.right)
    start, column, cost, pair = _with_spares(left, right, pairs.score, lefts, rights)
    chosen = pair[_match(start, column, cost, rights + lefts)]
    kept = np.sort(chosen[chosen >= 0])
    return pairs.take(kept)


def _with_spares(
    left: Rows, right: Rows, score: Scores, lefts: int, rights: int
) -> tuple[Rows, Rows, Scores, Rows]:
    """Edges by left row (start, column, cost, pair), and for each row one to a column of its own (pair -1)."""
    rows = np.arange(lefts)
    heads = np.concatenate((left, rows))
    order = np.argsort(heads, kind="stable")
    column = np.concatenate((right, rights + rows))[order]
    cost = np.concatenate((1 - score, np.full(lefts, NOBODY)))[order]
    pair = np.concatenate((np.arange(len(left)), np.full(lefts, -1)))[order]
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(heads, minlength=lefts))))
    return start, column, cost, pair


@kernel
def _match(start: Rows, column: Rows, cost: Scores, columns: int) -> Rows:
    """For each row the edge it is matched by, with the least sum of costs."""
    edge_of = np.full(len(start) - 1, -1, np.int64)
    row_of = np.full(columns, -1, np.int64)
    price = np.zeros(columns)
    distance = np.full(columns, np.inf)
    done = np.zeros(columns, np.bool_)
    by_edge = np.empty(columns, np.int64)
    by_row = np.empty(columns, np.int64)
    for row in range(len(start) - 1):
        touched = [np.int64(0) for _ in range(0)]
        free = _search(
            row, start, column, cost, edge_of, row_of, price, distance, done, by_edge, by_row, touched
        )
        for reached in touched:
            if done[reached]:
                price[reached] += distance[reached] - distance[free]
        for reached in touched:
            distance[reached], done[reached] = np.inf, False
        _augment(free, row, column, edge_of, row_of, by_edge, by_row)
    return edge_of


@kernel
def _search(
    row: int,
    start: Rows,
    column: Rows,
    cost: Scores,
    edge_of: Rows,
    row_of: Rows,
    price: Scores,
    distance: Scores,
    done: Flags,
    by_edge: Rows,
    by_row: Rows,
    touched: list[np.int64],
) -> int:
    """The nearest free column, by Dijkstra over reduced costs; of equally near ones a free one first."""
    waiting = [(0.0, False, np.int64(0)) for _ in range(0)]
    here, base = row, 0.0
    while True:
        for edge in range(start[here], start[here + 1]):
            there = column[edge]
            reach = base + cost[edge] - price[there]
            if not done[there] and reach < distance[there]:
                if distance[there] == np.inf:
                    touched.append(there)
                distance[there], by_edge[there], by_row[there] = reach, edge, here
                heapq.heappush(waiting, (reach, row_of[there] >= 0, there))
        near, taken, there = heapq.heappop(waiting)
        while done[there]:
            near, taken, there = heapq.heappop(waiting)
        if not taken:
            return int(there)
        done[there] = True
        here = row_of[there]
        base = near - (cost[edge_of[here]] - price[there])


@kernel
def _augment(
    free: int, row: int, column: Rows, edge_of: Rows, row_of: Rows, by_edge: Rows, by_row: Rows
) -> None:
    """Hand the columns along the path on, back to the row it began with."""
    there = free
    while True:
        here = by_row[there]
        left_behind = edge_of[here]
        edge_of[here], row_of[there] = by_edge[there], here
        if here == row:
            return
        there = column[left_behind]
