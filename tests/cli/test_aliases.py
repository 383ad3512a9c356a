"""Persons with aliases in a session, as it is run: three processes, and each unit's side done again afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pplink.cli.main import run
from tests.cli import linking, steps

UNITS = ("north", "south")
PEOPLE = {
    "north": (
        "record_id,name,birth_date\nn1,Amina Haddad,1971-04-02\nn1,Umm Salim,circa 1971\nn2,Boris Petrov,1985-11-30\n"
        "n3,Greta Lindqvist;Greta Moreau,1990-01-17\n"
    ),
    "south": (
        "record_id,name,alias,birth_date\ns1,Kamila Nowak,Om Salem;Amina Haddad,1971-04-02\n"
        "s2,Борис Петров,,1985-11-30\ns3,Dmitri Okafor,,1990-01-17\n"
    ),
}
MAPPED = {"hub": (), "north": (), "south": ("--map", "alias=name")}


@pytest.fixture
def place(scene: Callable[[str], Path]) -> Path:
    folder = scene("signed")
    Path("exchange").mkdir()
    steps.agreed("crossing.json", "--preset persons-crossborder", others=("hub",))
    for unit in UNITS:
        Path(f"{unit}.csv").write_text(PEOPLE[unit], encoding="utf-8")
    return folder


def test_three_processes_find_persons_by_any_of_their_names(place: Path, world: Any) -> None:
    commands = [linking.words("crossing.json", name, "exchange", *more) for name, more in MAPPED.items()]
    world.succeed(list(map(world.start, commands)))
    both = linking.met(*UNITS)
    assert sorted(zip(both["record_id_x"], both["record_id_y"], strict=True)) == [("n1", "s1"), ("n2", "s2")]
    # nobody knows which of their names matched, nor how well
    assert both[["score_x", "score_y"]].isna().all(axis=None)
    record = "hub/sessions/exchange/record"
    assert run(["auditor", "verify", record, "-a", "crossing.json"]) == 0
    for unit in UNITS:
        again = ["unit", "audit", f"{unit}/sessions/exchange", "--home", unit, "--people", f"{unit}.csv"]
        assert run([*again, *MAPPED[unit]]) == 0
    hidden = PEOPLE["north"].replace("n1,Umm Salim,circa 1971\n", "")
    Path("north.csv").write_text(hidden, encoding="utf-8")
    assert run(["unit", "audit", "north/sessions/exchange", "--home", "north", "--people", "north.csv"]) == 2
