"""Records: what a unit has on file of some persons: spelt, abridged and mistaken as habits say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pplink.evaluation.population.habits import Habits
from pplink.evaluation.population.persons import Address, Ints, Persons, draw_addresses
from pplink.evaluation.population.romanising import NATIVE
from pplink.evaluation.population.slips import Bools, Texts, slip, write_dates
from pplink.evaluation.population.vocabulary import Codes, vocabulary

COLUMNS = (
    "record_id", "name", "given_name", "family_name", "birth_date", "sex", "nationality", "place", "street",
    "house_number", "postcode", "document", "aliases",
)  # fmt: skip
"""Of a list, all text, empty where nothing is known. name: the next two; aliases: full names, parted by semicolons."""


def write_records(
    persons: Persons, who: Ints, unit: str, habits: Habits, rng: np.random.Generator
) -> pd.DataFrame:
    """A row for each of `who`, (n,) numbers of persons, in this order; COLUMNS."""
    spelling = rng.choice(len(habits.spelling), len(who), p=habits.spelling).astype(np.int32)
    with_other = persons.other_given[who] >= 0
    under_other = with_other & (rng.random(len(who)) < habits.alias_used)
    given, family = _names(persons, who, spelling, under_other, rng.random(len(who)) < habits.second_name)
    given, family = slip(given, habits.name_slip, rng), slip(family, habits.name_slip, rng)
    swapped = rng.random(len(who)) < habits.swapped
    aliases = _aliases(persons, who, under_other, with_other & (rng.random(len(who)) < habits.alias_known))
    columns = {
        "record_id": _numbered(unit, len(who)),
        "given_name": np.where(swapped, family, given),
        "family_name": np.where(swapped, given, family),
        "birth_date": write_dates(persons.born[who], habits, rng),
        "sex": np.array(["M", "F"], object)[persons.sex[who]],
        "nationality": persons.nationality[who],
        **_address(_lived(persons, who, habits, rng), spelling, habits, rng),
        "document": _documents(persons, who),
        "aliases": aliases,
    }
    for column, rate in habits.missing.items():
        columns[column] = np.where(rng.random(len(who)) < rate, "", columns[column])
    columns["name"] = _joined(columns["given_name"], columns["family_name"])
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _joined(given: Texts, family: Texts) -> Texts:
    """Whole names, of what is known of the two."""
    between = np.where((given != "") & (family != ""), " ", "")
    found: Texts = given + between + family
    return found


def _names(
    persons: Persons, who: Ints, spelling: Codes, under_other: Bools, with_second: Bools
) -> tuple[Texts, Texts]:
    """Given and family names as written before any slip."""
    sex = persons.sex[who]
    given = _spelt(
        "given", np.where(under_other, persons.other_given[who], persons.given[who]), sex, spelling
    )
    family = _spelt(
        "family", np.where(under_other, persons.other_family[who], persons.family[who]), sex, spelling
    )
    for part, codes, behind, where in (
        ("given", persons.second[who], given, with_second & ~under_other),
        ("patronymic", persons.patronymic[who], given, with_second & ~under_other),
        ("family", persons.mothers[who], family, ~under_other),
    ):
        rows = np.flatnonzero(where & (codes >= 0))
        behind[rows] += " " + _spelt(part, codes[rows], sex[rows], spelling[rows])
    return given, family


def _spelt(part: str, codes: Codes, sex: Codes, spelling: Codes) -> Texts:
    texts: Texts = vocabulary(part).texts[sex, codes, spelling]
    return texts


def _aliases(persons: Persons, who: Ints, under_other: Bools, known: Bools) -> Texts:
    """The name that the record is not filed under, in the usual spelling, and then in the native script."""
    found = np.full(len(who), "", object)
    rows = np.flatnonzero(known)
    some, other, sex = who[rows], under_other[rows], persons.sex[who[rows]]
    given = np.where(other, persons.given[some], persons.other_given[some])
    family = np.where(other, persons.family[some], persons.other_family[some])
    names = []
    for number in (0, NATIVE):
        spelling = np.full(len(rows), number, np.int32)
        names.append(_spelt("given", given, sex, spelling) + " " + _spelt("family", family, sex, spelling))
    usual, native = names
    found[rows] = np.where(usual == native, usual, usual + ";" + native)
    return found


def _lived(persons: Persons, who: Ints, habits: Habits, rng: np.random.Generator) -> Address:
    """The address of each, or for some another in the same country."""
    known, moved = persons.address, rng.random(len(who)) < habits.moved
    other = draw_addresses(persons.culture[who], rng)
    return Address(
        place=np.where(moved, other.place, known.place[who]),
        street=np.where(moved, other.street, known.street[who]),
        number=np.where(moved, other.number, known.number[who]),
    )


def _address(at: Address, spelling: Codes, habits: Habits, rng: np.random.Generator) -> dict[str, Texts]:
    nobody = np.zeros_like(at.place)
    places = _spelt("place", at.place, nobody, spelling)
    codes = 10_000 + (at.place.astype(np.int64) * 97 + at.street % 7) % 90_000
    return {
        "place": slip(places, habits.place_slip, rng),
        "street": slip(_spelt("family", at.street, nobody, spelling) + " St", habits.place_slip, rng),
        "house_number": at.number.astype(str).astype(object),
        "postcode": codes.astype(str).astype(object),
    }


def _documents(persons: Persons, who: Ints) -> Texts:
    """Passport numbers: the country, then 8 digits that no two persons share (up to 100 million persons)."""
    digits = (who * 48_271 + 7_654_321) % 100_000_007 % 100_000_000
    numbers: Texts = persons.nationality[who] + np.char.zfill(digits.astype("U8"), 8).astype(object)
    return numbers


def _numbered(unit: str, size: int) -> Texts:
    return np.array([f"{unit}-{row}" for row in range(1, size + 1)], object)
