"""Lists: persons dealt out to units, with truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pplink.errors import UsageError
from pplink.evaluation.population.habits import Habits
from pplink.evaluation.population.persons import Ints, draw_persons
from pplink.evaluation.population.records import write_records

FURTHER = 0.3
"""Chance that a person known to two units is also known to a third, then to a fourth, and so on."""
AS_USUAL = Habits()


@dataclass(frozen=True, kw_only=True, eq=False)
class Lists:
    """One list a unit, no person twice in it."""

    frames: Mapping[str, pd.DataFrame]
    """By unit: columns as in `records.COLUMNS`, all text, empty where nothing is known."""
    people: Mapping[str, Ints]
    """By unit, (n,): the number of the person that each record is of."""


def make_lists(
    units: Sequence[str], records: int, *, overlap: float = 0.1, habits: Habits = AS_USUAL, seed: int = 1
) -> Lists:
    """A list of `records` made-up persons for each unit.

    overlap: share of each list's persons who are also on another unit's list; exact for two units, for more
    it holds in expectation, up to what fits. The same arguments give the same lists.
    Raises UsageError for no units, a unit named twice, no records, or an overlap that is no share.
    """
    _check(units, records, overlap)
    rng = np.random.default_rng(seed)
    held = _held(len(units), records, overlap, rng)
    size = sum(map(len, held)) if not held else 1 + max(int(rows.max()) for rows in held)
    persons = draw_persons(size, habits, rng)
    place = rng.permutation(size)  # so that members of a household are known to different units
    people = {unit: place[rows] for unit, rows in zip(units, held, strict=True)}
    frames = {unit: write_records(persons, who, unit, habits, rng) for unit, who in people.items()}
    return Lists(frames=frames, people=people)


def _held(units: int, records: int, overlap: float, rng: np.random.Generator) -> list[Ints]:
    """For each unit, (records,) numbers of persons, shuffled; numbers run from 0 without a gap."""
    shared = _shared(units, round(records * overlap), rng)
    lists, number = [], max((int(rows.max()) + 1 for rows in shared if len(rows)), default=0)
    for rows in shared:
        common = rng.permutation(rows)[:records]
        own = np.arange(number, number + records - len(common))
        number += len(own)
        lists.append(rng.permutation(np.concatenate([common, own])))
    return lists


def _shared(units: int, each: int, rng: np.random.Generator) -> list[Ints]:
    """For each unit, numbers of persons that another unit has too, about `each` of them."""
    if units == 1 or not each:
        return [np.zeros(0, np.int64)] * units
    chances = np.cumprod([1.0, *[FURTHER] * (units - 2)])
    mean = 1 + float(chances.sum())
    number = round(each * units / mean)
    holders = 2 + (rng.random((number, units - 2)) < FURTHER).cumprod(axis=1).sum(axis=1)
    rank = rng.random((number, units)).argsort(axis=1).argsort(axis=1)
    held = rank < holders[:, None]
    return [np.flatnonzero(column) for column in held.T]


def _check(units: Sequence[str], records: int, overlap: float) -> None:
    if not units or len(set(units)) != len(units):
        raise UsageError("units are not one or more different names")
    if records < 1:
        raise UsageError("a list has no records", "ask for one or more")
    if not 0 <= overlap <= 1:
        raise UsageError("the overlap is not a share from 0 to 1")
