"""paillier_stats as it is run: processes of the program, over a folder and by way of the broker's address."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from pplink.cli.main import run
from tests.cli import steps

UNITS = ("north", "south")
COUNTS = {"north": {"Arms": 4, "Drugs": 2}, "south": {"ARMS": 5, "drugs": 3, "Ivory": 1}}
TABLE = "--table category=arms,drugs --least 3 --keeper-key key.json"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PPLINK_HOME", raising=False)
    for unit, counts in COUNTS.items():
        values = [value for value, count in counts.items() for _ in range(count)]
        rows = "".join(f"{unit}{n},{value}\n" for n, value in enumerate(values))
        Path(f"{unit}.csv").write_text(f"record_id,category\n{rows}")
    steps.key_rings(*UNITS, "hub", "officer")
    steps.ok("auditor keeper-key --home officer -o key.json")
    steps.agreed("agreement.json", f"--protocol paillier_stats {TABLE}")
    Path("share").mkdir()
    return tmp_path


def at(name: str, exchange: str, *more: str) -> list[str]:
    return ["-a", "agreement.json", "--exchange", exchange, "--home", name, "--timeout", "120", *more]


def test_units_a_keeper_and_the_broker_s_address(place: Path, world: Any) -> None:
    address, served = world.serving(place)
    way = (f"{address}/share", "--ca", "cert.pem")
    units = [
        world.start(["unit", "link", *at(unit, *way), "--people", f"{unit}.csv", "-o", f"{unit}-table.csv"])
        for unit in UNITS
    ]
    keeper = world.start(["auditor", "keep", *at("officer", *way)])
    world.succeed([*units, keeper, world.start(["broker", "deal", *at("hub", "share", *served)])])
    for unit in UNITS:
        table = Path(f"{unit}-table.csv")
        assert table.read_text() == "category,persons\narms,9\ndrugs,\n"
        assert table.stat().st_mode & 0o077 == 0
    for name in ("hub", "officer"):
        assert run(["auditor", "verify", f"{name}/sessions/share", "-a", "agreement.json"]) == 0
    assert run(["unit", "audit", "south/sessions/share", "--home", "south", "--people", "south.csv"]) == 0
    assert run(["unit", "audit", "south/sessions/share", "--home", "south", "--people", "north.csv"]) == 2


def test_a_keeper_s_key_is_shown_again_but_not_made_again(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["auditor", "keeper-key", "--home", "officer"]) == 2
    assert run(["auditor", "keeper-key", "--home", "officer", "--show"]) == 0
    assert capsys.readouterr().out == Path("key.json").read_text()


def test_a_file_that_is_no_key_is_no_keeper_s_key(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = "--protocol paillier_stats --keeper-key hub.json --table category=arms"
    assert run(shlex.split(steps.proposal("other.json", options, (*UNITS, "hub")))) == 2
    assert "this is no keeper's public key" in capsys.readouterr().err
