"""Sessions as they are run: three processes of the program and a folder between them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pplink.cli.main import run
from pplink.evaluation.population import make_lists
from tests.cli import linking, steps
from tests.cli.steps import UNITS

PARTIES = (*UNITS, "hub")
LENIENT = ("--ignore-extra", "--blank-bad-values")


def words(name: str, exchange: str = "exchange", *more: str) -> list[str]:
    return linking.words("blinded.json", name, exchange, *more)


@pytest.fixture(scope="session")
def agreed(scenes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene `signed` with an agreement on blinded_broker, and an empty exchange."""
    folder = tmp_path_factory.mktemp("blinded") / "place"
    shutil.copytree(scenes["encoded"], folder)
    (folder / "exchange").mkdir()
    with contextlib.chdir(folder):
        steps.agreed("blinded.json")
    return folder


@pytest.fixture
def place(agreed: Path, enter: Callable[[Path], Path]) -> Path:
    return enter(agreed)


def check_hits(**choices: Any) -> None:
    """Both units have the hits that the plain computation finds."""
    assert linking.found(*UNITS) == linking.plain("blinded.json", *UNITS, **choices)


@pytest.fixture(scope="session")
def ended(agreed: Path, world: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The place after a session."""
    folder = tmp_path_factory.mktemp("ended") / "place"
    shutil.copytree(agreed, folder)
    with contextlib.chdir(folder):
        world.succeed([world.start(words(name)) for name in PARTIES])
    return folder


@pytest.fixture
def after(ended: Path, enter: Callable[[Path], Path]) -> Path:
    return enter(ended)


def test_three_processes_find_what_the_plain_computation_finds(after: Path) -> None:
    north = pd.read_csv("north-hits.csv")
    assert list(north) == ["record_id", "handle", "other_unit", "other_handle", "score", "cluster"]
    check_hits()
    both = linking.met(*UNITS)
    assert len(both) >= 20  # persons on both lists
    assert (both["cluster_x"] == both["cluster_y"]).all()
    assert Path("north-hits.csv").stat().st_mode & 0o077 == 0
    assert {path.suffix for path in Path("exchange").iterdir()} == {".claim"}


@pytest.mark.parametrize("home", PARTIES)
def test_an_auditor_verifies_any_party_s_record(after: Path, home: str) -> None:
    assert run(["auditor", "verify", f"{home}/sessions/exchange/record", "-a", "blinded.json"]) == 0


def test_whoever_has_the_record_beside_another_log_is_shown_the_other(after: Path) -> None:
    assert run(["auditor", "verify", "hub/sessions/exchange"]) == 0
    Path("hub/sessions/exchange/log.jsonl").touch()
    assert run(["auditor", "verify", "hub/sessions/exchange"]) == 5


def test_a_unit_s_side_is_repeated_with_its_own_list_and_log(after: Path) -> None:
    again = ["unit", "audit", "north/sessions/exchange", "--home", "north", "--people"]
    assert run([*again, "north.csv"]) == 0
    assert run([*again, "south.csv"]) == 2
    Path("north/sessions/exchange/record/log.jsonl").write_bytes(b"")
    assert run([*again, "north.csv"]) == 5


@pytest.fixture
def proven(place: Path) -> None:
    """An agreement in which the broker proves what it deals."""
    steps.agreed("blinded.json", "--dealer-proof 2")


@pytest.mark.parametrize("dealing", ["", "proven"])
def test_three_processes_meet_at_the_broker_s_address(
    place: Path, world: Any, dealing: str, request: pytest.FixtureRequest
) -> None:
    if dealing:
        request.getfixturevalue(dealing)
    address, served = world.serving(place)
    units = [world.start(words(name, f"{address}/exchange", "--ca", "cert.pem")) for name in UNITS]
    world.succeed([*units, world.start(words("hub", "exchange", *served))])
    check_hits()
    assert run(["auditor", "verify", "south/sessions/exchange", "-a", "blinded.json"]) == 0
    assert run(["unit", "audit", "south/sessions/exchange", "--home", "south", "--people", "south.csv"]) == 0
    assert {path.suffix for path in Path("exchange").iterdir()} == {".claim"}


def test_a_unit_that_is_killed_goes_on_with_the_same_command(place: Path, world: Any) -> None:
    others = [world.start(words(name)) for name in ("south", "hub")]
    first = world.start(words("north"))
    sent = place / "north/sessions/exchange/sent"
    world.until(lambda: sent.exists() and sent.read_bytes().count(b"\n") >= 3, first)
    world.kill(first)
    world.succeed([world.start(words("north")), *others])
    check_hits()


def test_what_cannot_be_is_told_in_one_line(place: Path, refused: Callable[[int, list[str]], str]) -> None:
    Path("other").mkdir()
    cases = {
        2: [
            words("north", "nowhere"),
            words("hub", "https://hub/exchange"),
            words("hub", "exchange", "--listen", "127.0.0.1:1"),
            words("north", "http://hub:1/exchange"),
            words("north", "exchange", "--with", "west"),
        ],
        3: [[*words("north"), "-a", "agreement.json"], [*words("hub", "other"), "--home", "north"]],
        7: [words("north", "exchange", "--timeout", "1"), words("north", "https://127.0.0.1:1/e", "--timeout", "1")],
        8: [["broker", "match", "north.safetensors", "south.safetensors", "-a", "blinded.json", "-o", "run",
             "--home", "hub"],
            ["unit", "encode", "north.csv", "-a", "blinded.json", "-o", "n.safetensors", "--home", "north"]],
    }  # fmt: skip
    for code, commands in cases.items():
        for each in commands:
            refused(code, each)


@pytest.fixture
def long(place: Path) -> Path:
    """The place with lists of six tiles."""
    for unit, frame in make_lists(UNITS, 2100, overlap=0.1).frames.items():
        rows = frame if unit == "north" else frame.iloc[:1100]
        rows.to_csv(f"{unit}.csv", index=False)
    return place


def is_under_way(side: Path, name: str) -> bool:
    """Whether a tile is done: a unit has kept it, or the broker has dealt three."""
    if name == "hub":
        sent = side / "sent"
        return sent.exists() and sent.read_bytes().count(b'"step":"5"') >= 3
    return (side / "progress").exists()


@pytest.mark.parametrize(("victim", "way"), [("north", "folder"), ("south", "https"), ("hub", "https")])
def test_whoever_is_killed_between_tiles_the_session_goes_on_at_the_next(
    long: Path, world: Any, victim: str, way: str
) -> None:
    commands = commands_of_all(long, world, way)
    running = {name: world.start(command) for name, command in commands.items()}
    side = long / victim / "sessions" / "exchange"
    world.until(lambda: is_under_way(side, victim), running[victim])
    world.kill(running[victim])
    running[victim] = world.start(commands[victim])
    world.succeed(list(running.values()))
    assert (side / "leg-1").exists() or (side / "ended").exists()
    check_hits(bad_rows="blank", ignore_extra=True)
    assert run(["auditor", "verify", "hub/sessions/exchange", "-a", "blinded.json"]) == 0
    again = ["unit", "audit", "north/sessions/exchange", "--home", "north", "--people", "north.csv"]
    assert run([*again, *LENIENT]) == 0
    left = {path.suffix for path in Path("exchange").iterdir()}
    assert left - {".part"} == {".claim"}  # what was being written by whoever was killed


def commands_of_all(place: Path, world: Any, way: str) -> dict[str, list[str]]:
    """Of each party its command, to meet in the folder or at the broker's address."""
    if way == "folder":
        return {name: words(name, "exchange", *(LENIENT if name in UNITS else ())) for name in PARTIES}
    address, served = world.serving(place)
    units = {unit: words(unit, f"{address}/exchange", "--ca", "cert.pem", *LENIENT) for unit in UNITS}
    return units | {"hub": words("hub", "exchange", *served)}


def test_who_links_is_told_what_was_left_out_and_what_matches_nothing(place: Path, world: Any) -> None:
    header = "record_id,given_name,family_name,birth_date,place\n"
    odd = "a,,,1970-01-02,Lyon\nb,X,Unknown,1970-01-02,\nc,,,,\nd,Ann,Berg,1970-02-30,Lyon\n"
    usual = "".join(f"{row},Bo{row},Ek{row},197{row}-03-04,Lyon\n" for row in range(7))
    for unit in UNITS:
        Path(f"{unit}.csv").write_text(header + odd + usual)
    ended = world.succeed(
        [world.start(words(name, "exchange", *(["--skip-bad-rows"] * (name != "hub")))) for name in PARTIES]
    )
    said = "".join(ended[0][1:])
    assert "bad rows left out 1, the first of them: row 4: birth_date is not a date" in said
    assert "rows without any value 1: they match nothing" in said
    assert "rows that match nothing: without a name 2, with too few features 0" in said
    assert set(pd.read_csv("north-hits.csv", dtype=str)["record_id"]) == {str(row) for row in range(7)}
