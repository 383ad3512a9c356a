"""Demo lists: the people of `pplink demo`, on disk as units have them, and who they really are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MANY = 10_000
"""Persons a unit beyond which a demo is not to wait for 16 encodings of each: the preset `persons` makes one."""

FEW = 500
"""The same where nobody sees encodings, and each of a person's is compared with each of another's."""

NAMES = ("north", "south", "west", "east")
FEBRL = "a published benchmark, FEBRL3"
FEBRL_COLUMNS = (
    " --map rec_id=record_id --map surname=family_name --map date_of_birth=birth_date --map suburb=place"
)
PAPER_COLUMNS = " --map rec_id=record_id --map soc_sec_id=document --map date_of_birth=birth_date"


@dataclass(frozen=True, kw_only=True)
class DemoLists:
    """What was written to UNIT/people.csv."""

    people: Mapping[str, pd.Series]
    """By unit: who each record is of, by record id."""
    columns: str
    """Options of `pplink unit encode` that say which column is which field, each behind a space."""
    preset: str
    """That suits them."""
    source: str
    """In words."""
    keys: str = ""
    """Options of `pplink unit propose` that say what a key is, or what is counted, each behind a space."""
    keeper: tuple[str, ...] = ()
    """Commands with which an auditor makes the key under which tables are added up."""

    @property
    def units(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.people)

    @property
    def record_id(self) -> str:
        """The option that names the column of record ids, if it needs one."""
        return "".join(f" --map {each}" for each in self.columns.split() if each.endswith("=record_id"))


def write_febrl(units: int) -> DemoLists:
    """FEBRL3's records dealt out to so many units, four at most."""
    from pplink.evaluation.febrl import COLUMNS

    people = _write_dealt(units, COLUMNS)
    return DemoLists(people=people, columns=FEBRL_COLUMNS, preset="persons", source=FEBRL)


def write_papers(units: int) -> DemoLists:
    """The same records with their social security numbers as documents, and names in one column."""
    from pplink.evaluation.febrl import COLUMNS

    def listed(frame: pd.DataFrame) -> pd.DataFrame:
        names = frame["given_name"].fillna("") + " " + frame["surname"].fillna("")
        return frame[["rec_id", "soc_sec_id", "date_of_birth"]].assign(name=names)

    return DemoLists(
        people=_write_dealt(units, [*COLUMNS, "soc_sec_id"], listed),
        columns=PAPER_COLUMNS,
        preset="documents-exact",
        source=FEBRL,
        keys=" --key document --key name+birth_date",
    )


STATES = ("nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt")


def write_states(units: int) -> DemoLists:
    """The same records with the state that a person lives in."""
    return DemoLists(
        people=_write_dealt(units, ["rec_id", "state"]),
        columns=" --map rec_id=record_id --map state=category",
        preset="patterns",
        source=FEBRL,
        keys=f" --table category={','.join(STATES)} --least 20 --keeper-key keeper.json",
        keeper=("auditor keeper-key --home officer-home -o keeper.json",),
    )


def write_population(records: int, units: int, overlap: float) -> DemoLists:
    """Made-up persons, so many for each unit. Raises UsageError."""
    import pandas as pd

    from pplink.evaluation.population import make_lists

    names = [*NAMES, *(f"unit{number}" for number in range(5, units + 1))][:units]
    made = make_lists(names, records, overlap=overlap)
    people = {}
    for unit, frame in made.frames.items():
        labelled = frame.assign(person=made.people[unit])  # for `pplink evaluate`; no unit has such a column
        _write(unit, labelled)
        people[unit] = pd.Series(made.people[unit], index=frame["record_id"].to_numpy())
    return DemoLists(
        people=people,
        columns="",
        preset="persons-crossborder" if records <= MANY else "persons",
        source=f"made-up persons, {records:,} a unit, {overlap:.0%} of them on another list",
    )


def _write_dealt(
    units: int, columns: Sequence[str], listed: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame
) -> dict[str, pd.Series]:
    """FEBRL3's records dealt out to so many units, as `listed` makes lists of them: by unit, who each record is of."""
    from pplink.evaluation import febrl

    people = {}
    for unit, frame in febrl.units(NAMES[:units], columns=columns).items():
        _write(unit, listed(frame))
        people[unit] = frame.set_index("rec_id", drop=False)["rec_id"].map(febrl.person)
    return people


def _write(unit: str, frame: pd.DataFrame) -> None:
    Path(unit).mkdir()
    frame.to_csv(Path(unit, "people.csv"), index=False)
