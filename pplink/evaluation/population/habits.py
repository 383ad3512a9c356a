"""Habits: how often units' records of one person differ, and how. Every figure is invented unless a source is named."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from pplink.errors import UsageError
from pplink.evaluation.population.romanising import SPELLINGS


def _missing() -> dict[str, float]:
    return {
        "given_name": 0.01,
        "family_name": 0.005,
        "birth_date": 0.04,
        "sex": 0.02,
        "nationality": 0.1,
        "place": 0.1,
        "street": 0.25,
        "house_number": 0.25,
        "postcode": 0.3,
        "document": 0.6,
    }


@dataclass(frozen=True, kw_only=True)
class Habits:
    """Rates from 0 to 1, each of one record unless it says otherwise; all of them 0 gives clean records."""

    household: float = 0.4
    """Chance that a person lives with the one before, so has that one's culture, family name and address."""
    alias: float = 0.15
    """Share of persons who also go by another name of the same culture."""
    alias_used: float = 0.3
    """Of the records of those: filed under the other name."""
    alias_known: float = 0.5
    """Of the records of those: the other name, whichever it is, stands under aliases."""
    second_name: float = 0.2
    """The second given name, or the patronymic where there are such, is written behind the first."""
    second_given: float = 0.3
    """Share of persons of cultures without patronymics who have a second given name."""
    spelling: tuple[float, ...] = (0.66, 0.12, 0.06, 0.04, 0.12)
    """Of each spelling, see `romanising`: the usual one, three others, the native script."""
    swapped: float = 0.02
    """Given and family name stand in each other's column."""
    name_slip: float = 0.05
    """Of each of the two: one letter is left out, put in, another, or changes place with the next: the four slips
    that make up over 80 % of misspellings (Damerau, CACM 7(3), 1964)."""
    place_slip: float = 0.05
    moved: float = 0.1
    """The address is another one, elsewhere."""
    year_only: float = 0.05
    """Of the birth date."""
    year_month: float = 0.02
    first_of_january: float = 0.02
    """The year is known, the day and month are made up."""
    day_for_month: float = 0.01
    """Day and month are swapped, if that is a date."""
    date_slip: float = 0.03
    """A day, ten days, a year or ten years too early or too late."""
    missing: dict[str, float] = field(default_factory=_missing)
    """By column: nothing is known."""

    def __post_init__(self) -> None:
        rates = [
            getattr(self, each.name) for each in fields(self) if each.name not in ("spelling", "missing")
        ]
        if not all(0 <= rate <= 1 for rate in (*rates, *self.spelling, *self.missing.values())):
            raise UsageError("a rate is not from 0 to 1")
        if len(self.spelling) != SPELLINGS or abs(sum(self.spelling) - 1) > 1e-9:
            raise UsageError(f"spelling is not {SPELLINGS} shares that add up to 1")
        if self.year_only + self.year_month + self.first_of_january + self.day_for_month + self.date_slip > 1:
            raise UsageError("more birth dates are changed than there are")
        if unknown := set(self.missing) - set(_missing()):
            raise UsageError(f"missing names columns that there are not: {', '.join(sorted(unknown))}")

    @classmethod
    def none(cls) -> Habits:
        """Every record says the same of a person, in the usual spelling, and all of it."""
        rates = {each.name: 0.0 for each in fields(cls) if each.name not in ("spelling", "missing")}
        return cls(**rates, spelling=(1.0, 0.0, 0.0, 0.0, 0.0), missing={})
