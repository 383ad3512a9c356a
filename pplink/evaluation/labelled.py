"""Labelled: lists whose records say which person they are of, linked as an agreement says, beside the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Terms
from pplink.encoders.columns import RECORD_ID
from pplink.encoders.frames import to_text
from pplink.errors import DataError, PplinkError, RefusedError, UsageError
from pplink.evaluation.encoding import BitRows, encoded, fields_of, records_of
from pplink.evaluation.quality import Quality, added, of_clusters, of_whole_clusters
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign, cluster

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Labels = npt.NDArray[np.int64]
Couples = dict[tuple[int, int], Pairs]

STEP = 0.02
"""Between thresholds."""
BELOW = 0.2
"""How far below the agreed threshold they begin, if that lets through at most MOST pairs."""
MOST = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Step:
    """One threshold, all couples of lists added up."""

    threshold: float
    pairs: Quality
    """Of every pair at or above it. Its recall is what blocking calls pairs completeness."""
    one_to_one: Quality
    """Of those that the agreement's solver keeps, couple by couple."""
    reduction: float
    """Reduction ratio: share of all pairs that are below it, so that nobody need look at them."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came of labelled lists."""

    records: tuple[int, ...]
    """Of each list, that can be used."""
    left_out: tuple[int, ...]
    """Of each list, rows that cannot; their persons are not looked for."""
    comparisons: int
    """Pairs of records of two lists."""
    agreed: float
    """The agreement's threshold."""
    steps: tuple[Step, ...]
    """By rising threshold, the agreed one among them."""
    clusters: Quality
    """At the agreed threshold, pairwise: records of two lists said to be one person."""
    whole: Quality
    """At the agreed threshold: clusters that are all records of one person and nothing else."""

    @property
    def best(self) -> Step:
        """The threshold with the best F1, one-to-one."""
        return max(self.steps, key=lambda step: step.one_to_one.f1)

    def to_json(self) -> dict[str, Any]:
        """For another program; each quality with its three figures."""
        found = asdict(self)
        for kept, step in zip(found["steps"], self.steps, strict=True):
            kept |= {"pairs": _figures(step.pairs), "one_to_one": _figures(step.one_to_one)}
        return found | {"clusters": _figures(self.clusters), "whole": _figures(self.whole)}


def evaluate(
    frames: Sequence[pd.DataFrame | pa.Table],
    terms: Terms,
    person: str,
    *,
    columns: Mapping[str, str] | None = None,
    seed: int = 1,
) -> Evaluation:
    """Link lists as the terms say, under a secret made up for it, and count against the truth.

    person: the column that says who a record is of; records with the same text are one person, an empty one is nobody
    else's. Raises UsageError for fewer than two lists, DataError for lists that break the terms or lack the column.
    """
    if len(frames) < 2:
        raise UsageError("fewer than two lists", "name two or more")
    numbers: dict[str, int] = {"": -1}
    lists = []
    for place, frame in enumerate(frames, start=1):
        with of_list(place):
            table = to_text(frame)
            lists.append(_encoded(table, terms, _people(table, person, columns), numbers, columns, seed))
    labels = [each.labels for each in lists]
    found, lowest = _joined(lists, terms)
    thresholds = sorted({*np.round(np.arange(lowest, 1 + 1e-9, STEP), 6).tolist(), terms.threshold})
    sizes = [len(each) for each in labels]
    at = {couple: pairs.at_least(terms.threshold) for couple, pairs in found.items()}
    clusters = cluster(at, sizes).labels
    return Evaluation(
        records=tuple(sizes),
        left_out=tuple(each.left_out for each in lists),
        comparisons=sum(one * other for one, other in combinations(sizes, 2)),
        agreed=terms.threshold,
        steps=tuple(_step(found, labels, threshold, terms) for threshold in thresholds),
        clusters=of_clusters(clusters, labels),
        whole=of_whole_clusters(clusters, labels),
    )


@contextmanager
def of_list(place: int) -> Iterator[None]:
    """Errors within it say which list they are of, from 1."""
    try:
        yield
    except PplinkError as error:
        raise type(error)(f"list {place}: {error.message}", error.hint) from None


class _List(NamedTuple):
    rows: BitRows
    """(n, words): encodings, several a record if it has variants."""
    record: Labels
    """(n,): number of the record."""
    labels: Labels
    """(records,): number of the person, -1 for nobody else's."""
    left_out: int


def _encoded(
    table: Any,
    terms: Terms,
    people: Mapping[str, str],
    numbers: dict[str, int],
    columns: Mapping[str, str] | None,
    seed: int,
) -> _List:
    fields = fields_of(table, terms, columns)
    rows, good = encoded(fields, terms, seed)
    fields = fields.filter(good)
    record, ids = records_of(fields), list(dict.fromkeys(fields.column(RECORD_ID).to_pylist()))
    labels = [numbers.setdefault(people[each], len(numbers)) for each in ids]
    return _List(rows[good], record, np.array(labels, np.int64), int(np.count_nonzero(~good)))


def _joined(lists: Sequence[_List], terms: Terms) -> tuple[Couples, float]:
    """Every couple's pairs from a threshold below the agreed one, as low as memory allows."""
    lowest = max(STEP, terms.threshold - BELOW)
    while True:
        try:
            return {
                (i, j): _of_records(one, other, lowest, terms.measure)
                for (i, one), (j, other) in combinations(enumerate(lists), 2)
            }, lowest
        except RefusedError:
            if lowest >= terms.threshold:
                raise
            lowest = round(min(lowest + STEP, terms.threshold), 6)


def _of_records(one: _List, other: _List, threshold: float, measure: str) -> Pairs:
    found = threshold_join(one.rows, other.rows, threshold, measure=measure, max_pairs=MOST)
    return found.best(one.record[found.left], other.record[found.right])


def _step(found: Couples, labels: Sequence[Labels], threshold: float, terms: Terms) -> Step:
    every, kept, comparisons = [], [], 0
    for (i, j), pairs in found.items():
        some = pairs.at_least(threshold)
        every.append(_quality(some, labels[i], labels[j]))
        kept.append(_quality(assign(some, solver=terms.solver), labels[i], labels[j]))
        comparisons += len(labels[i]) * len(labels[j])
    pairs_, one = added(every), added(kept)
    return Step(
        threshold=threshold, pairs=pairs_, one_to_one=one, reduction=1 - pairs_.found / max(comparisons, 1)
    )


def _quality(pairs: Pairs, left: Labels, right: Labels) -> Quality:
    """As `quality.of_pairs`, by numbers of persons and without sets of tuples."""
    people, times = np.unique(left[left >= 0], return_counts=True)
    others, other_times = np.unique(right[right >= 0], return_counts=True)
    _, here, there = np.intersect1d(people, others, assume_unique=True, return_indices=True)
    same = (left[pairs.left] == right[pairs.right]) & (left[pairs.left] >= 0)
    true = int((times[here] * other_times[there]).sum())
    return Quality(true_pairs=true, found=len(pairs), right=int(same.sum()))


def _figures(quality: Quality) -> dict[str, float]:
    return {**asdict(quality), "precision": quality.precision, "recall": quality.recall, "f1": quality.f1}


def _people(table: Any, person: str, columns: Mapping[str, str] | None) -> dict[str, str]:
    """Whom each record is of, by record id."""
    if person not in table.column_names:
        raise DataError("lacks the column that says who a record is of", "name it with `--person`")
    header = next((name for name, field in (columns or {}).items() if field == RECORD_ID), RECORD_ID)
    if header not in table.column_names:
        raise DataError(f"has no column {RECORD_ID}", "name it with `--map HEADER=record_id`")
    found: dict[str, str] = {}
    told = ([text or "" for text in table.column(name).to_pylist()] for name in (header, person))
    for row, (record, who) in enumerate(zip(*told, strict=True), start=1):
        if record and found.setdefault(record, who) != who:  # without an id it is left out
            raise DataError(
                f"row {row}: the record id of an earlier row, and another person", "an id is one person's"
            )
    return found
