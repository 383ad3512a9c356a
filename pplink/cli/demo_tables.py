"""Demo tables: units add up tables under encryption, and the totals stand beside the truth."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pplink.cli import output
from pplink.cli.demo_lists import DemoLists
from pplink.cli.demo_steps import step, together


def run(lists: DemoLists) -> None:
    """From the agreement to the table, checked, beside the truth."""
    options = f"{lists.columns} --ignore-extra --blank-bad-values"
    Path("share").mkdir()
    together("The units, the keeper of the key and the broker add up tables, at the same time, each in a process.", [
        "broker deal -a agreement.json --exchange share --home hub-home",
        "auditor keep -a agreement.json --exchange share --home officer-home",
        *(f"unit link -a agreement.json --people {unit}/people.csv --exchange share -o {unit}/table.csv"
          f" --home {unit}/home{options}" for unit in lists.units),
    ])  # fmt: skip
    step("Each unit's auditor does its side again, and finds the people in it that it shows.", [
        f"unit audit {unit}/home/sessions/share --people {unit}/people.csv --home {unit}/home{options}"
        for unit in lists.units
    ])  # fmt: skip
    step("The auditor checks the session's record, offline, with the agreement that the units signed.", [
        "auditor verify hub-home/sessions/share -a agreement.json"
    ])  # fmt: skip
    output.result("\n# Is it right? Here, with all lists in one place, the totals can be counted.")
    output.table("Persons by state", ("state", "released", "counted"), _beside(lists))


def _beside(lists: DemoLists) -> list[tuple[object, ...]]:
    import pandas as pd

    counted: Counter[str] = Counter()
    for unit in lists.units:
        frame = pd.read_csv(Path(unit, "people.csv"), dtype=str)
        counted.update(frame["state"].dropna())
    table = pd.read_csv(Path(lists.units[0], "table.csv"), dtype=str, keep_default_na=False)
    return [
        (state, persons or "withheld", str(counted[state]))
        for state, persons in table.itertuples(index=False)
    ]
