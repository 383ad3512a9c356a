"""Person: what a list says of one person, each value in its kind's normal form; and what had to be left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from pplink.errors import DataError
from pplink.fields.catalogue import KINDS
from pplink.fields.problem import BadValueError, Problem

COLUMNS: dict[str, str] = {
    "name": "person_name",
    "birth_date": "life_date",
    "document": "document",
    "nationality": "country",
    "birth_country": "country",
    "residence": "country",
    "phone": "phone",
    "sex": "sex",
}
"""Columns of the table, and the kind that can read each."""

_YEARS = re.compile(r"\b(\d{4})\b")


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person."""

    record_id: str
    """As the list has it."""
    values: dict[str, dict[str, None]] = field(default_factory=dict)
    """By column, each value once, in order of appearance: keys of a dict, for a damaged list may have 100,000."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """Of one column."""

    column: str
    persons: int
    """Who have a value."""
    values: int
    left_out: int
    """Values that the kind cannot read."""
    first_problem: str
    """Why the first of them, in words."""


@dataclass(frozen=True, kw_only=True)
class People:
    """All persons of a list; more may be said of one person in several places."""

    persons: dict[str, Person] = field(default_factory=dict)
    """By record id."""
    left_out: Counter[tuple[str, Problem]] = field(default_factory=Counter)
    """Values that their kind cannot be, by column."""
    others: Counter[str] = field(default_factory=Counter)
    """Entities that are no persons, by what they are."""

    def counts(self) -> list[Count]:
        """Of every column, in order."""
        made = []
        for column in COLUMNS:
            held = [each.values[column] for each in self.persons.values() if column in each.values]
            problems = {
                problem: number for (name, problem), number in self.left_out.items() if name == column
            }
            made.append(
                Count(
                    column=column,
                    persons=len(held),
                    values=sum(map(len, held)),
                    left_out=sum(problems.values()),
                    first_problem=next((problem.words for problem in problems), ""),
                )
            )
        return made

    def to_json(self) -> dict[str, Any]:
        """For another program: counts, without any value."""
        return {
            "persons": len(self.persons),
            "columns": [asdict(each) for each in self.counts()],
            "no_persons": dict(self.others),
        }

    def add(self, where: str, record_id: str, values: Iterable[tuple[str, str | None]]) -> None:
        """Say of a person what `values`, (column, value) pairs, have; empty ones say nothing.

        where: the entity in words, `entity 7`, for errors. Raises DataError for a damaged value.
        """
        _check(where, "its id", record_id)
        found = [(column, text) for column, value in values for text in self._read(where, column, value)]
        own = self.persons.setdefault(record_id, Person(record_id=record_id)).values
        for column, text in found:
            own.setdefault(column, {})[text] = None

    def _read(self, where: str, column: str, value: str | None) -> list[str]:
        """The values in a text, `;` between, as they will stand in the table."""
        _check(where, column, value or "")
        texts = []
        for part in (value or "").split(";"):
            text = " ".join(part.split())
            try:
                plain = _birth(text) if column == "birth_date" else KINDS[COLUMNS[column]].normalise(text)
            except BadValueError as error:
                self.left_out[column, error.problem] += 1
                continue
            if plain:
                texts.append(text if column == "name" else plain)
        return texts


def _check(where: str, column: str, value: str) -> None:
    try:
        value.encode()
        KINDS["name"].normalise(value)
    except UnicodeEncodeError:
        raise DataError(f"{where}: {column} has half a character", "the file is damaged") from None
    except BadValueError as error:
        raise DataError(f"{where}: {column} {error.problem.words}", "the file is damaged") from None


def _birth(text: str) -> str:
    """A birth in its normal form; `Jan 1961 to 31 Dec 1963` are the years between. Raises BadValueError."""
    kind = KINDS["life_date"]
    try:
        return kind.normalise(text)
    except BadValueError:
        years = _YEARS.findall(text)
        if " to " in text.lower() and len(years) == 2:
            return kind.normalise(f"{years[0]}-{years[1]}")
        raise
