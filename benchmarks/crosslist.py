"""Quality across public sanctions lists, on encodings alone, beside clkhash + anonlink, and splink.

    python -m benchmarks.crosslist --data DIR [--weights 1 1.2] [--quick]

DIR has tasks_*.csv.gz: pair, half, task, seed, side, person, name, dob, match. Persons are real, so the data is not
in the repository. `all`: each list has all names of a person, and a pair of persons scores as its best names and
dates do; `one`: one random name each; `diff`: names that differ. The threshold is chosen on half 0, F1 is of half 1,
mean over the draws. One-to-one, greedy by falling score. `no truth`: each draw at the threshold that
`pplink broker match` expects to have the best F1, told from two lists' encodings alone; half 0 is not looked at. splink
sees names, normalised as for clkhash, and compares all pairs by them; its model is fitted to each draw without truth.
It runs on `one` alone: it does not take the best of several names.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from benchmarks import clkhash_crosslist, splink_crosslist
from benchmarks.encoding import encode_records, terms_of
from benchmarks.report import write
from pplink.agreement.model import Terms
from pplink.evaluation import of_pairs
from pplink.evaluation.calibration.estimating import estimate
from pplink.evaluation.calibration.stating import strangers_of
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

PRESET = "persons-crossborder"
GRID = np.round(np.arange(0.5, 0.951, 0.01), 2)
PAIRS = ("UN-EU", "UN-OFAC", "EU-OFAC")
TASKS = ("all", "one", "diff")
COLUMNS = {"name": "name", "dob": "birth_date"}
Key = tuple[str, str]
"""Task, pair of lists."""
KEYS: list[Key] = [(task, pair) for task in TASKS for pair in PAIRS]
Curves = dict[tuple[str, str, int], list[np.ndarray]]
"""By task, pair of lists and half: F1 at each threshold of GRID, a draw each."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Two lists to be linked."""

    task: str
    pair: str
    half: int
    sides: tuple[pd.DataFrame, pd.DataFrame]
    """Columns record_id, name, birth_date: a row for each name and date; record_id: number of the person."""
    truth: np.ndarray
    """(t, 2): persons' numbers on both sides."""


def draws(path: Path, tasks: Sequence[str]) -> Iterator[Draw]:
    """Every task in the file."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = frame[frame["task"].isin(tasks) & frame["pair"].isin(PAIRS)]
    for key, group in frame.groupby(["pair", "half", "task", "seed"]):
        pair, half, task, _ = map(str, key)
        sides, numbers = [], []
        for side in ("left", "right"):
            rows = group[group["side"] == side].rename(columns=COLUMNS)
            owner, persons = pd.factorize(rows["person"])
            rows = rows.assign(
                record_id=owner.astype(str), birth_date=rows["birth_date"].str.split("|")
            ).explode("birth_date")
            sides.append(rows[["record_id", "name", "birth_date"]].reset_index(drop=True))
            numbers.append({person: number for number, person in enumerate(persons)})
        linked = group[(group["side"] == "left") & (group["match"] != "")].drop_duplicates("person")
        truth = [
            (numbers[0][a], numbers[1][b]) for a, b in zip(linked["person"], linked["match"], strict=True)
        ]
        yield Draw(task=task, pair=pair, half=int(half), sides=(sides[0], sides[1]), truth=np.array(truth))


def curve(draw: Draw, terms: Terms, secret: int = 0) -> np.ndarray:
    """F1 at each threshold of GRID."""
    left, right = (encode_records(side, terms, secret) for side in draw.sides)
    pairs = threshold_join(left, right, float(GRID[0]), measure=terms.measure, max_pairs=None)
    return f1_of(pairs.of_records(terms.encoding.rows), draw.truth)


def untold(draw: Draw, terms: Terms, secret: int = 0) -> tuple[float, float]:
    """F1 at the threshold that is told without truth, and that threshold."""
    left, right = rows = [encode_records(side, terms, secret) for side in draw.sides]
    strangers = strangers_of(rows, terms.measure, variants=terms.encoding.rows)
    assert strangers is not None
    pairs = threshold_join(left, right, float(GRID[0]), measure=terms.measure, max_pairs=None)
    kept = assign(pairs.of_records(terms.encoding.rows))
    told = estimate(rows, {(0, 1): kept.at_least(terms.threshold)}, terms, strangers)
    assert told is not None
    found = np.stack((kept.left, kept.right), axis=1)
    return of_pairs(found[kept.score >= told.best], draw.truth).f1, told.best


def f1_of(pairs: Pairs, truth: np.ndarray) -> np.ndarray:
    """(GRID,): of the greedy one-to-one choice, at each threshold. pairs: of persons."""
    kept = assign(pairs)
    found = np.stack((kept.left, kept.right), axis=1)
    return np.array([of_pairs(found[kept.score >= threshold], truth).f1 for threshold in GRID])


def best_of_persons(pairs: Pairs) -> Pairs:
    """Of several scores of two persons, the highest."""
    return pairs.best(pairs.left, pairs.right)


def figures(curves: Curves) -> dict[Key, tuple[float, float, float]]:
    """(F1 of half 1 at half 0's threshold, the mean with the halves exchanged, that threshold)."""
    found = {}
    for task, pair in dict.fromkeys(key[:2] for key in curves):
        means = [np.mean(curves[task, pair, half], axis=0) for half in (0, 1)]
        best = [int(np.argmax(mean)) for mean in means]
        one, two = float(means[1][best[0]]), float(means[0][best[1]])
        found[task, pair] = (one, (one + two) / 2, float(GRID[best[0]]))
    return found


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with tasks_*.csv.gz")
    parser.add_argument(
        "--weights", type=float, nargs="*", help="of the birth date, in place of the preset's"
    )
    parser.add_argument("--tasks", nargs="*", choices=TASKS, default=TASKS)
    parser.add_argument("--quick", action="store_true", help="without peers")
    wanted = parser.parse_args()
    every = list(draws(min(wanted.data.glob("tasks_*.csv.gz")), wanted.tasks))
    rows = []
    for weight in wanted.weights or (None,):
        rows += _ours(every, weighted(terms_of(PRESET), weight))
    if not wanted.quick:
        rows += _rows("clkhash + anonlink", clkhash_crosslist.curves(every))
        one = [draw for draw in every if draw.task == "one"]
        rows += _rows("splink, plaintext", splink_crosslist.curves(one))[:2]
    headers = ("system", *(f"{task} {pair}" for task, pair in KEYS))
    write("crosslist", __doc__, {"F1": (headers, rows)})


def _ours(every: Sequence[Draw], terms: Terms) -> list[list[str]]:
    curves: Curves = defaultdict(list)
    for draw in every:
        curves[draw.task, draw.pair, draw.half].append(curve(draw, terms))
    weight = terms.fields[1].weight
    fixed = {
        key: np.mean([each[terms.threshold == GRID][0] for half in (0, 1) for each in curves[*key, half]])
        for key in figures(curves)
    }
    label = f"pplink {PRESET}, date {weight:g}"
    told: dict[Key, list[tuple[float, float]]] = {(draw.task, draw.pair): [] for draw in every}
    for draw in every:
        if draw.half == 1:
            told[draw.task, draw.pair].append(untold(draw, terms))
    means = [{key: float(np.mean([pair[i] for pair in some])) for key, some in told.items()} for i in (0, 1)]
    names = f"{label}, no truth", f"{label}, no truth, mean threshold"
    return [
        *(_row(name, mean) for name, mean in zip(names, means, strict=True)),
        *_rows(label, curves),
        _row(f"{label}, both halves at {terms.threshold:g}", fixed),
    ]


def _rows(system: str, curves: Curves) -> list[list[str]]:
    found = figures(curves)
    names = (system, f"{system}, mean with the halves exchanged", f"{system}, threshold")
    return [_row(name, {key: figure[i] for key, figure in found.items()}) for i, name in enumerate(names)]


def _row(name: str, by_key: Mapping[Key, float]) -> list[str]:
    return [name, *(f"{by_key[key]:.3f}" if key in by_key else "" for key in KEYS)]


def weighted(terms: Terms, weight: float | None) -> Terms:
    """The terms with another weight of the birth date."""
    if weight is None:
        return terms
    name, born = terms.fields
    return msgspec.structs.replace(terms, fields=(name, msgspec.structs.replace(born, weight=weight)))


if __name__ == "__main__":
    main()
