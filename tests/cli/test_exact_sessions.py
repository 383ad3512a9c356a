"""ecdh_psi as it is run: processes of the program, over a folder and by way of the broker's address."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pplink.cli.main import run
from tests.cli import steps

UNITS = ("north", "south", "west")
LISTS = {
    "north": "record_id,document,phone,name,birth_date\nn1,AB1234;CD5678,,Anna Berg,1980-04-03\n"
    "n2,EF9999,,Jan Nowak,1970\n",
    "south": "record_id,document,phone,name,birth_date\ns1,cd-5678,+46701234567,Anna Maria Berg,1980\n"
    "s2,GH1111,,NOWAK Jan,1970\n",
    "west": "record_id,document,phone,name,birth_date\nw1,CD 5678,,A. B.,\nw2,,+46701234567,X Y,1999-09-09\n",
}


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three units' lists and key rings, a broker, and agreements between two and between three of them."""
    folder = tmp_path_factory.mktemp("exact") / "place"
    folder.mkdir()
    with contextlib.chdir(folder):
        for unit in UNITS:
            Path(f"{unit}.csv").write_text(LISTS[unit])
        steps.key_rings(*UNITS, "hub")
        for name, units in (("two", UNITS[:2]), ("one", UNITS[:2]), ("three", UNITS)):
            options = "--protocol ecdh_psi --step 64" + (" --hits-to south" if name == "one" else "")
            steps.agreed(f"{name}.json", options, units=units, others=("hub",))
        Path("share").mkdir()
    return folder


@pytest.fixture
def place(agreed: Path, enter: Callable[[Path], Path]) -> Path:
    return enter(agreed)


def link(unit: str, agreement: str, exchange: str = "share", *more: str) -> list[str]:
    files = ["--people", f"{unit}.csv", "-o", f"{unit}-hits.csv", "--home", unit, "--timeout", "60", *more]
    return ["unit", "link", "-a", f"{agreement}.json", "--exchange", exchange, *files]


def deal(agreement: str, *more: str) -> list[str]:
    return ["broker", "deal", "-a", f"{agreement}.json", "--exchange", "share", "--home", "hub", *more]


def hits(unit: str) -> list[tuple[str, str]]:
    frame = pd.read_csv(f"{unit}-hits.csv", dtype=str)
    assert list(frame) == ["record_id", "handle", "other_unit", "other_handle", "score", "cluster", "keys"]
    return sorted(zip(frame["record_id"], frame["other_unit"], frame["keys"], strict=True))


def test_two_units_and_the_broker_s_address(place: Path, world: Any) -> None:
    address, served = world.serving(place)
    units = [world.start(link(unit, "two", f"{address}/share", "--ca", "cert.pem")) for unit in UNITS[:2]]
    world.succeed([*units, world.start(deal("two", *served))])
    assert hits("north") == [("n1", "south", "document"), ("n2", "south", "name+birth_date")]
    assert hits("south") == [("s1", "north", "document"), ("s2", "north", "name+birth_date")]
    assert Path("north-hits.csv").stat().st_mode & 0o077 == 0
    assert run(["auditor", "verify", "hub/sessions/share", "-a", "two.json"]) == 0
    assert run(["unit", "audit", "south/sessions/share", "--home", "south", "--people", "south.csv"]) == 0
    assert run(["unit", "audit", "south/sessions/share", "--home", "south", "--people", "north.csv"]) == 2


def test_hits_that_go_to_one_unit(place: Path, world: Any) -> None:
    world.succeed([*(world.start(link(unit, "one")) for unit in UNITS[:2]), world.start(deal("one"))])
    assert hits("south") == [("s1", "north", "document"), ("s2", "north", "name+birth_date")]
    asked = pd.read_csv("south-hits.csv").set_index("record_id")["other_handle"]
    names = pd.read_csv("north-hits.csv", dtype=str).set_index("name")
    assert [names.loc[asked[each], "record_id"] for each in ("s1", "s2")] == ["n1", "n2"]
    assert list(names) == ["record_id", "key"]
    assert len(names) == 5
    assert run(["unit", "audit", "north/sessions/share", "--home", "north", "--people", "north.csv"]) == 0


def test_sums_over_common_keys(place: Path, world: Any) -> None:
    assert run(["unit", "keeper-key", "--home", "south", "-o", "key.json"]) == 0
    Path("south.csv").write_text("record_id,document,amount\ns1,cd-5678,30\ns2,EF9999,12\ns3,GH1111,500\n")
    keyed = "--protocol ecdh_psi --reveal sums --key document --step 4"
    summed = f"{keyed} --sum amount --largest 25 --least 2 --keeper-key key.json"
    for wrong in (keyed, f"{summed} --epsilon 1"):
        assert run(shlex.split(steps.proposal("sums.json", wrong, (*UNITS[:2], "hub")))) == 2
    steps.agreed("sums.json", summed, units=UNITS[:2], others=("hub",))
    commands = [link("north", "sums", "share", "--ignore-extra"), link("south", "sums"), deal("sums")]
    world.succeed(list(map(world.start, commands)))
    for unit in UNITS[:2]:
        assert Path(f"{unit}-hits.csv").read_text() == "common_keys,amount_sum\n2,37\n"
    assert run(["auditor", "verify", "hub/sessions/share", "-a", "sums.json"]) == 0


def test_three_units_and_a_folder(place: Path, world: Any) -> None:
    world.succeed([*(world.start(link(unit, "three")) for unit in UNITS), world.start(deal("three"))])
    assert hits("west") == [("w1", "north", "document"), ("w1", "south", "document")]
    assert len({pd.read_csv(f"{unit}-hits.csv")["cluster"][0] for unit in UNITS}) == 1
    assert run(["auditor", "verify", "west/sessions/share", "-a", "three.json"]) == 0
    # yesterday's exchange serves no second session
    ((code, _, told),) = world.finish([world.start([*link("north", "three"), "--session", "elsewhere"])])
    assert code == 2
    assert "has a session of north already" in told


def test_two_of_three_units_may_meet_alone(place: Path, world: Any) -> None:
    two = [
        world.start(link("north", "three", "share", "--with", "west")),
        world.start(link("west", "three", "share", "--with", "north")),
    ]
    world.succeed([*two, world.start(deal("three", "--between", "north", "--between", "west"))])
    assert hits("west") == [("w1", "north", "document")]
