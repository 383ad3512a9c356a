"""clkhash and anonlink: the peers' own pipeline, tuned as ours is. `link` runs it in their environment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import febrl, peers

STRATEGIES = ("BitsPerTokenStrategy 5", "BitsPerTokenStrategy 10", "BitsPerTokenStrategy 15",
              "BitsPerTokenStrategy 20", "BitsPerFeatureStrategy 100", "BitsPerFeatureStrategy 200",
              "BitsPerFeatureStrategy 300")  # fmt: skip

SCRIPT = """
import json, sys
import anonlink, anonlink.similarities
import clkhash.field_formats as formats
import numpy as np
from bitarray import bitarray
from clkhash.clk import generate_clks
from clkhash.comparators import NgramComparison
from clkhash.schema import Schema

given = json.load(open(sys.argv[1]))

def sides(lists, strategy):
    kind, number = strategy.split()
    how = formats.FieldHashingProperties(
        comparator=NgramComparison(2), strategy=getattr(formats, kind)(int(number)))
    schema = Schema([formats.StringSpec(field, how) for field in given["fields"]], 1024)
    return [list(generate_clks(lists[side], schema, "secret", validate=False, max_workers=1))
            for side in ("left", "right")]

def found(clks, lowest):
    # Rows of (score, left, right). What the solver takes at or above a threshold does not depend on pairs below it.
    candidates = anonlink.candidate_generation.find_candidate_pairs(
        clks, anonlink.similarities.dice_coefficient_accelerated, lowest)
    scores = np.asarray(candidates[0])
    left, right = (np.asarray(some, np.int64) for some in candidates[2])
    groups = anonlink.solving.greedy_solve(candidates)
    solved = np.array([[dict(group)[0], dict(group)[1]] for group in groups], np.int64).reshape(-1, 2)
    keys, wanted = left * 2**32 + right, solved[:, 0] * 2**32 + solved[:, 1]
    order = np.argsort(keys)
    at = order[np.searchsorted(keys, wanted, sorter=order)]
    return np.stack([scores, left, right], axis=1), np.column_stack([scores[at], solved])

def above(rows, threshold):
    return rows[rows[:, 0] >= threshold, 1:].astype(int).tolist()

def f1(pairs, truth):
    right = len(set(map(tuple, pairs)) & truth)
    return 2 * right / (len(pairs) + len(truth))

truth = set(map(tuple, given["practice"]["truth"]))
tried = []
for strategy in given["strategies"]:
    clks = sides(given["practice"], strategy)
    _, solved = found(clks, min(given["thresholds"]))
    tried += [(f1(above(solved, t), truth), strategy, t) for t in given["thresholds"]]
best, strategy, threshold = max(tried)
tests, filled, bits = [], 0, 0
for lists in given["tests"]:
    clks = sides(lists, strategy)
    tests.append([above(rows, threshold) for rows in found(clks, threshold)])
    filled += sum(clk.count() for side in clks for clk in side)
    bits += 1024 * sum(map(len, clks))
print(json.dumps({"practice": best, "strategy": strategy, "threshold": threshold, "fill": filled / bits,
                  "tests": tests}))
"""


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What the peers found."""

    strategy: str
    """clkhash's, and its number."""
    threshold: float
    practice: float
    """F1 on FEBRL1-3, by which both were chosen."""
    fill: float
    tests: list[tuple[np.ndarray, np.ndarray]]
    """For each two lists, (n, 2): the pairs at or above the threshold; those after anonlink's greedy solver."""


def link(
    lists: Sequence[febrl.Lists],
    fields: Sequence[str],
    thresholds: Sequence[float],
    strategies: Sequence[str] = STRATEGIES,
) -> Linked:
    """The strategy and threshold with the best F1 on FEBRL1-3, then run on these lists."""
    given = {
        "fields": list(fields),
        "thresholds": list(thresholds),
        "strategies": list(strategies),
        "practice": febrl.plain(febrl.practice(), fields),
        "tests": [febrl.plain(each, fields) for each in lists],
    }
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "given.json"
        path.write_text(json.dumps(given))
        answer = peers.run(SCRIPT, path)
    tests = [(_pairs(every), _pairs(greedy)) for every, greedy in answer.pop("tests")]
    return Linked(**answer, tests=tests)


def _pairs(rows: list[list[int]]) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, 2)
