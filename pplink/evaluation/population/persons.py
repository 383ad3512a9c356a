"""Persons: who there is, as arrays of numbers. What they are called stands in the vocabularies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pplink.evaluation.population import tables
from pplink.evaluation.population.habits import Habits
from pplink.evaluation.population.vocabulary import SEXES, Codes, vocabulary

Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

TODAY = np.datetime64("2026-01-01")
"""Ages are counted to this day, so that a seed gives the same people next year."""
YOUNGEST, MEAN, SPREAD = 14, 38.0, 13.0
"""Ages: YOUNGEST, and beyond it a gamma distribution so that mean and standard deviation are these, in years;
invented: skewed, most from 20 to 55, hardly any beyond 90."""
WOMEN = 0.25
"""Share of women; invented, for lists of suspects."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Address:
    """Where people live: (n,) each."""

    place: Codes
    street: Codes
    """A street is called after a family name."""
    number: Codes
    """Of the house, from 1; small ones more often."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Persons:
    """n persons; households stand together."""

    sex: Codes
    """(n,): place in SEXES."""
    culture: Codes
    """(n,): place in the table of cultures."""
    given: Codes
    second: Codes
    """Second given name; -1: none."""
    patronymic: Codes
    """-1: none."""
    family: Codes
    mothers: Codes
    """Second family name, of Spanish persons; -1: none."""
    other_given: Codes
    other_family: Codes
    """Of an alias; -1: none."""
    born: Days
    """Days."""
    address: Address
    nationality: npt.NDArray[np.object_]
    """Alpha-2 codes."""

    def __len__(self) -> int:
        return len(self.sex)


def draw_persons(size: int, habits: Habits, rng: np.random.Generator) -> Persons:
    """Names by culture, sex and frequency, independently of each other and of the birth date."""
    home = np.maximum(np.cumsum(rng.random(size) >= habits.household) - 1, 0)
    households = int(home[-1]) + 1 if size else 0
    shares = [each.share for each in tables.cultures()]
    cultures = rng.choice(len(shares), households, p=shares).astype(np.int32)
    culture, sex = cultures[home], (rng.random(size) < WOMEN).astype(np.int32)
    family = names("family", cultures, np.zeros_like(cultures), rng)[home]
    second = _where(rng.random(size) < habits.second_given, names("given", culture, sex, rng))
    patronymic = names("patronymic", culture, sex, rng)
    alias = rng.random(size) < habits.alias
    spanish = culture == [each.name for each in tables.cultures()].index("spanish")
    return Persons(
        sex=sex,
        culture=culture,
        given=names("given", culture, sex, rng),
        second=_where(patronymic < 0, second),
        patronymic=patronymic,
        family=family,
        mothers=_where(spanish, names("family", culture, sex, rng)),
        other_given=_where(alias, names("given", culture, sex, rng)),
        other_family=_where(alias, names("family", culture, sex, rng)),
        born=births(size, rng),
        address=_at(draw_addresses(cultures, rng), home),
        nationality=_nationalities(culture, rng),
    )


def names(part: str, culture: Codes, sex: Codes, rng: np.random.Generator) -> Codes:
    """(n,): a name of the part for each person, by culture and sex; -1 where the culture has none."""
    known, found = vocabulary(part), np.full(len(culture), -1, np.int32)
    for number, each in enumerate(tables.cultures()):
        for place, letter in enumerate(SEXES):
            rows = np.flatnonzero((culture == number) & (sex == place))
            found[rows] = known.draw(each.name, letter, len(rows), rng)
    return found


def draw_addresses(culture: Codes, rng: np.random.Generator) -> Address:
    """(n,) each: places by frequency, in the country of the culture. culture: (n,)."""
    nobody = np.zeros_like(culture)
    return Address(
        place=names("place", culture, nobody, rng),
        street=names("family", culture, nobody, rng),
        number=(1 + rng.exponential(40, len(culture))).astype(np.int32),
    )


def births(size: int, rng: np.random.Generator) -> Days:
    """(size,) days."""
    mean = MEAN - YOUNGEST
    years = YOUNGEST + rng.gamma((mean / SPREAD) ** 2, SPREAD**2 / mean, size)
    days: Days = TODAY - (np.minimum(years, 110) * 365.25).astype("timedelta64[D]")
    return days


def _at(homes: Address, home: Ints) -> Address:
    return Address(place=homes.place[home], street=homes.street[home], number=homes.number[home])


def _where(those: npt.NDArray[np.bool_], codes: Codes) -> Codes:
    return np.where(those, codes, np.int32(-1)).astype(np.int32)


def _nationalities(culture: Codes, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    found = np.empty(len(culture), object)
    for number, each in enumerate(tables.cultures()):
        rows = np.flatnonzero(culture == number)
        codes, shares = zip(*each.nationalities, strict=True)
        found[rows] = np.array(codes, object)[rng.choice(len(codes), len(rows), p=shares)]
    return found
