"""Clusters over five units of 20,000 records each, beside anonlink's multi-party greedy solver.

    python -m benchmarks.cluster_quality [--records 20000] [--overlap 0.6] [--quick]

Made-up persons with truth (pplink.evaluation.population), `overlap` of each list's on another list too.
All get the preset `persons`; every two units are joined once, at the preset's threshold, and both
solvers get the same pairs. anonlink's greedy_solve merges two groups if all pairs across them were found, its
probabilistic one, told that units have no duplicates, if at least half were. Pairwise: records of two units
said to be one person. Whole: clusters that are exactly all records of one person, of people in two units or
more. Seconds are the solver's alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.encoding import encoded, terms_of
from benchmarks.report import write
from pplink.agreement.model import Terms
from pplink.evaluation import of_clusters, of_whole_clusters
from pplink.evaluation.population import Lists, make_lists
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import cluster

UNITS = 5
HEADERS = ("solver", "seconds", "measure", "true", "found", "right", "precision", "recall", "F1")

SCRIPT = """
import json, sys, time
from array import array
import numpy as np
import anonlink
given = np.load(sys.argv[1])
def column(code, name):
    values = array(code)
    values.frombytes(given[name].tobytes())
    return values
candidates = (column("d", "score"), (column("I", "i"), column("I", "j")),
              (column("I", "left"), column("I", "right")))
answer = {}
ways = {
    "greedy_solve": anonlink.solving.greedy_solve,
    "probabilistic_greedy_solve 0.5": lambda given: anonlink.solving.probabilistic_greedy_solve(
        given, merge_threshold=0.5, deduplicated=True),
}
for way, solve in ways.items():
    began = time.perf_counter()
    groups = solve(candidates)
    seconds = time.perf_counter() - began
    rows = [(number, unit, row) for number, group in enumerate(groups) for unit, row in group]
    np.save(sys.argv[2] + way + ".npy", np.array(rows, np.int64).reshape(-1, 3))
    answer[way] = seconds
print(json.dumps(answer))
"""


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--overlap", type=float, default=0.6)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records")
    wanted = parser.parse_args()
    records = wanted.records // 10 if wanted.quick else wanted.records
    given = make_lists([f"unit{number}" for number in range(UNITS)], records, overlap=wanted.overlap)
    terms = terms_of("persons")
    pairs, seconds = joined(given, terms)
    sizes = [len(people) for people in given.people.values()]
    cluster({key: Pairs.empty() for key in pairs}, sizes)  # compiles, at the first run ever
    began = time.perf_counter()
    labels = cluster(pairs, sizes).labels
    rows = _rows("pplink.cluster", time.perf_counter() - began, labels, given)
    for way, (taken, theirs) in anonlink(pairs, sizes).items():
        rows += _rows(f"anonlink {way}", taken, theirs, given)
    note = (
        f"{UNITS} units of {sizes[0]:,} records, overlap {wanted.overlap:g}, threshold"
        f" {terms.threshold:g}: {sum(map(len, pairs.values())):,} pairs; all joins took {seconds:.0f} s."
    )
    write("cluster_quality", __doc__, {"quality": (HEADERS, rows)}, [note])


def joined(given: Lists, terms: Terms) -> tuple[dict[tuple[int, int], Pairs], float]:
    """The pairs of every two units, and how long it took."""
    rows = [encoded(frame, terms, secret=1) for frame in given.frames.values()]
    began = time.perf_counter()
    pairs = {
        (i, j): threshold_join(rows[i], rows[j], terms.threshold, measure=terms.measure)
        for i, j in combinations(range(len(rows)), 2)
    }
    return pairs, time.perf_counter() - began


def anonlink(
    pairs: Mapping[tuple[int, int], Pairs], sizes: list[int]
) -> dict[str, tuple[float, list[np.ndarray]]]:
    """For each of its two solvers: seconds, and for each unit every row's group or -1."""
    score = np.concatenate([part.score for part in pairs.values()])
    order = np.argsort(-score, kind="stable")
    columns: dict[str, Any] = {
        "i": np.repeat([i for i, _ in pairs], [len(part) for part in pairs.values()]),
        "j": np.repeat([j for _, j in pairs], [len(part) for part in pairs.values()]),
        "left": np.concatenate([part.left for part in pairs.values()]),
        "right": np.concatenate([part.right for part in pairs.values()]),
    }
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "pairs.npz"
        columns = {name: column[order].astype(np.uint32) for name, column in columns.items()}
        np.savez(path, score=score[order], **columns)
        taken = peers.run(SCRIPT, path, f"{place}/groups")
        groups = {way: np.load(f"{place}/groups{way}.npy") for way in taken}
    return {way: (taken[way], _labels(groups[way], sizes)) for way in taken}


def _labels(groups: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    labels = [np.full(size, -1, np.int64) for size in sizes]
    for unit, label in enumerate(labels):
        mine = groups[groups[:, 1] == unit]
        label[mine[:, 2]] = mine[:, 0]
    return labels


def _rows(solver: str, seconds: float, labels: object, given: Lists) -> list[list[str]]:
    rows = []
    for measure, count in (("pairwise", of_clusters), ("whole", of_whole_clusters)):
        quality = count(labels, list(given.people.values()))  # type: ignore[arg-type]
        counts = [f"{number:,}" for number in (quality.true_pairs, quality.found, quality.right)]
        figures = [f"{figure:.4f}" for figure in (quality.precision, quality.recall, quality.f1)]
        rows.append([solver, f"{seconds:.2f}", measure, *counts, *figures])
    return rows


if __name__ == "__main__":
    main()
