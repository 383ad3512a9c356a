"""Tables: the data files, read once. Their sources and licences stand in data/SOURCES.md."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Name(NamedTuple):
    """A row of a table of names."""

    culture: str
    part: str
    """given, family, patronymic or place."""
    sex: str
    """m, f, or - for both."""
    weight: float | None
    """How common it is among its like, in any unit; None: told by its rank."""
    native: str
    latin: tuple[str, ...]
    """Usual spellings in Latin letters; none where they follow from the letters."""


class Culture(NamedTuple):
    """A row of the table of cultures."""

    name: str
    script: str
    share: float
    """Of the population."""
    nationalities: tuple[tuple[str, float], ...]
    """ISO 3166 alpha-2 codes, and the share of each."""


@cache
def names() -> tuple[Name, ...]:
    """Both tables of names, own ones first."""
    return tuple(
        Name(
            culture,
            part,
            sex,
            float(weight) if weight else None,
            native,
            tuple(latin.split("|")) if latin else (),
        )
        for table in ("own", "faker")
        for culture, part, sex, weight, native, latin in _rows(table)
    )


@cache
def cultures() -> tuple[Culture, ...]:
    """All cultures; shares add up to 1."""
    return tuple(
        Culture(name, script, float(share), tuple(map(_share, codes.split(","))))
        for name, script, share, codes in _rows("cultures")
    )


@cache
def letters(culture: str) -> dict[str, tuple[str, str, str]]:
    """Letters, in small, and what they become in three systems of romanisation; empty if there is no table."""
    return {
        found: (one, two, three) for owner, found, one, two, three in _rows("letters") if owner == culture
    }


@cache
def endings(culture: str) -> tuple[tuple[str, str], ...]:
    """How a man's family name ends, and how a woman's; the longest first."""
    found = [(man, woman) for owner, man, woman in _rows("endings") if owner == culture]
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


def _rows(table: str) -> list[list[str]]:
    text = files(__package__).joinpath("data", f"{table}.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def _share(text: str) -> tuple[str, float]:
    code, _, share = text.partition(":")
    return code, float(share)
