"""Mistakes: a list as another unit might have it: the same persons, each value written down a second time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from pplink.agreement.field import Field
from pplink.agreement.model import Terms
from pplink.errors import UsageError
from pplink.evaluation.population.slips import Days, Texts, moved, slip

FULL_DATE = 10
"""Characters of YYYY-MM-DD."""


@dataclass(frozen=True, kw_only=True)
class Mistakes:
    """Rates from 0 to 1 by which two units' records of one person differ; assumed, unless you have measured them."""

    slips: float = 0.1
    """Of each value: a letter or digit is wrong, left out, put in or swapped; a date is a day, ten days, a year or
    ten years off."""
    missing: float = 0.05
    """Of each value that may be missing: nothing is known."""
    swapped: float = 0.02
    """Of each two fields that share a key, as given and family name do: they stand in each other's place."""

    def __post_init__(self) -> None:
        if not all(0 <= getattr(self, each.name) <= 1 for each in fields(self)):
            raise UsageError("a rate of mistakes is not from 0 to 1")


def mistaken(table: Any, terms: Terms, mistakes: Mistakes, rng: np.random.Generator) -> Any:
    """A copy of a table from `encoding.fields_of`, each value with mistakes at their rates; rows keep their order."""
    columns = {name: _texts(table.column(name)) for name in table.column_names}
    for one, other in combinations(terms.fields, 2):
        if one.key == other.key:
            rows = rng.random(table.num_rows) < mistakes.swapped
            first, second = columns[one.name], columns[other.name]
            columns[one.name], columns[other.name] = (
                np.where(rows, second, first),
                np.where(rows, first, second),
            )
    for field in terms.fields:
        wrong = _WAYS.get(field.kind, slip)(columns[field.name], mistakes.slips, rng)
        columns[field.name] = _lost(wrong, field, mistakes, rng)
    return pa.table(
        {name: pa.array(values, pa.string(), mask=values == "") for name, values in columns.items()}
    )


def slip_dates(texts: Texts, rate: float, rng: np.random.Generator) -> Texts:
    """As `slip`, of dates: days of the calendar stay days of the calendar; other forms lose or change a year."""
    copy, hit = texts.copy(), rng.random(len(texts)) < rate
    days = np.full(len(texts), np.datetime64("NaT"), "datetime64[D]")
    for row in np.flatnonzero(hit):
        days[row] = _day(texts[row])
    known = ~np.isnat(days)
    wrong: Days = moved(days[known], np.ones(int(known.sum()), bool), rng)
    copy[known] = wrong.astype(str).astype(object)
    years = np.array(
        [hit[row] and not known[row] and text[:4].isdigit() for row, text in enumerate(texts)], bool
    )
    for row, step in zip(np.flatnonzero(years), rng.choice([-1, 1], int(years.sum())), strict=True):
        copy[row] = f"{max(1, int(texts[row][:4]) + int(step)):04d}{texts[row][4:]}"
    return copy


def _day(text: str) -> np.datetime64:
    """YYYYMMDD or YYYY-MM-DD, whatever time of day follows; NaT for anything else."""
    plain = text.strip()
    if len(plain) >= 8 and plain[:8].isdigit():
        plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:8]}"
    try:
        return np.datetime64(plain[:FULL_DATE] if len(plain) >= FULL_DATE else "NaT", "D")
    except ValueError:
        return np.datetime64("NaT")


def _same(texts: Texts, rate: float, rng: np.random.Generator) -> Texts:
    del rate, rng
    return texts


_WAYS: dict[str, Callable[[Texts, float, np.random.Generator], Texts]] = {
    "date": slip_dates,
    "day": slip_dates,
    "life_date": slip_dates,
    "category": _same,
}
"""By kind of field; others have slips of letters."""


def _lost(texts: Texts, field: Field, mistakes: Mistakes, rng: np.random.Generator) -> Texts:
    if field.required:
        return texts
    found: Texts = np.where(rng.random(len(texts)) < mistakes.missing, "", texts)
    return found


def _texts(column: Any) -> Texts:
    found: Texts = np.array([value or "" for value in column.to_pylist()], object)
    return found
