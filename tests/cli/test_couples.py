"""Three units as they are run: a process each, the broker's, and a folder or an address where they meet."""

from __future__ import annotations

import contextlib
import csv
import shutil
import signal
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pplink.cli.main import run
from tests.cli import linking, steps
from tests.cli.linking import found, plain

UNITS = ("north", "south", "west")
PARTIES = (*UNITS, "hub")
COUPLES = list(combinations(UNITS, 2))


def words(name: str, *more: str, exchange: str = "share") -> list[str]:
    return linking.words("three.json", name, exchange, *more)


@pytest.fixture(scope="session")
def agreed(scenes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """North, south and west, whose list has people of both, and an agreement of the three."""
    folder = tmp_path_factory.mktemp("three") / "place"
    shutil.copytree(scenes["signed"], folder)
    (folder / "share").mkdir()
    lists = {unit: (folder / f"{unit}.csv").read_text() for unit in ("north", "south")}
    rows = {unit: list(csv.reader(lines.splitlines())) for unit, lines in lists.items()}
    west = [*rows["north"][1:35], *rows["south"][25:40]]
    with (folder / "west.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [rows["north"][0], *([f"west-{n}", *row[1:]] for n, row in enumerate(west))]
        )
    with contextlib.chdir(folder):
        steps.key_rings("west")
        steps.agreed("three.json", units=UNITS)
    return folder


@pytest.fixture
def place(agreed: Path, enter: Callable[[Path], Path]) -> Path:
    return enter(agreed)


def test_hits_that_go_to_one_unit_are_asked_about_by_handles_that_each_other_unit_knows(
    place: Path, world: Any
) -> None:
    steps.agreed("three.json", "--hits-to south --score none --assignment many-to-many", units=UNITS)
    (_, _, told_north), *_ = world.succeed(started(world))
    hits = pd.read_csv("south-hits.csv")
    assert set(hits["other_unit"]) == {"north", "west"}
    for other in ("north", "west"):
        told = pd.read_csv(f"{other}-hits.csv")
        assert len(told) == len(pd.read_csv(f"{other}.csv"))
        due = hits[hits["other_unit"] == other]
        known = due.merge(told, left_on="other_handle", right_on="handle")
        assert len(known) == len(due) > 10
        assert set(known["other_unit_y"]) == {"south"}
    assert "no hits go to north, as agreed" in told_north
    assert run(["auditor", "verify", "hub/sessions/share"]) == 0


def started(world: Any, *names: str, **more: tuple[str, ...]) -> list[Any]:
    return [world.start(words(name, *more.get(name, ()))) for name in names or PARTIES]


def check_hits() -> None:
    """All couples have the hits that the plain computation finds."""
    for one, other in COUPLES:
        assert found(one, other) == plain("three.json", one, other)


@pytest.fixture(scope="session")
def ended(agreed: Path, world: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """The place after a session of all, and what the processes said."""
    folder = tmp_path_factory.mktemp("ended") / "place"
    shutil.copytree(agreed, folder)
    with contextlib.chdir(folder):
        return folder, world.succeed(started(world))


@pytest.fixture
def after(ended: tuple[Path, list[Any]], enter: Callable[[Path], Path]) -> Path:
    return enter(ended[0])


def test_four_processes_find_what_the_plain_computation_finds(after: Path, ended: Any) -> None:
    check_hits()
    assert min(len(found(one, other)) for one, other in COUPLES) > 10
    (_, _, told), *_ = ended[1]
    assert "hits with south and west in north-hits.csv" in told
    assert Path("north-hits.csv").stat().st_mode & 0o077 == 0
    assert {path.suffix for path in (after / "share").iterdir()} == {".claim"}


def test_nobody_tells_by_a_handle_that_two_others_have_hits_with_one_record(after: Path) -> None:
    assert pd.read_csv("north-hits.csv")["record_id"].duplicated().any()  # there are such records
    names = pd.concat([pd.read_csv(f"{unit}-hits.csv") for unit in ("south", "west")])
    assert names[names["other_unit"] == "north"]["other_handle"].is_unique


@pytest.mark.parametrize(("home", "part"), [("hub", "3 of 3"), ("north", "2 of 3"), ("west", "2 of 3")])
def test_an_auditor_verifies_the_couples_of_whoever_s_record_it_is(
    after: Path, capfd: pytest.CaptureFixture[str], home: str, part: str
) -> None:
    assert run(["auditor", "verify", f"{home}/sessions/share/record", "-a", "three.json"]) == 0
    assert f"{part} couples" in capfd.readouterr().out
    assert run(["auditor", "verify", f"{home}/sessions/share", "--json"]) == 0


def test_a_unit_s_side_is_repeated_with_the_list_that_it_joined_with(
    after: Path, refused: Callable[[int, list[str]], str]
) -> None:
    again = ["unit", "audit", "south/sessions/share", "--home", "south", "--people"]
    assert run([*again, "south.csv"]) == 0
    told = refused(5, [*again, "west.csv"])
    assert "couple north+south: it was joined with a commitment to another list" in told


def test_a_log_that_is_gone_is_named_by_its_couple(
    after: Path, refused: Callable[[int, list[str]], str]
) -> None:
    (after / "hub/sessions/share/record/north+west/log.jsonl").write_bytes(b"")
    assert "north+west: log: " in refused(5, ["auditor", "verify", "hub/sessions/share"])


def test_four_processes_meet_at_the_broker_s_address(place: Path, world: Any) -> None:
    address, served = world.serving(place)
    units = [world.start(words(name, "--ca", "cert.pem", exchange=f"{address}/share")) for name in UNITS]
    world.succeed([*units, world.start(words("hub", *served))])
    check_hits()
    assert run(["auditor", "verify", "south/sessions/share", "-a", "three.json"]) == 0
    assert run(["unit", "audit", "south/sessions/share", "--home", "south", "--people", "south.csv"]) == 0


def test_a_unit_that_dies_holds_up_its_couples_alone_and_goes_on(
    place: Path, world: Any, refused: Callable[[int, list[str]], str]
) -> None:
    south, west, hub = started(world, "south", "west", "hub")
    (north,) = started(world, "north")
    sent = place / "north/sessions/share/north+south/sent"
    world.until(lambda: sent.exists() and sent.read_bytes().count(b"\n") >= 2, north)
    world.kill(north)
    world.until((place / "south/sessions/share/south+west/found").exists, south)
    south.send_signal(signal.SIGINT)
    ((code, _, told),) = world.finish([south])
    assert code in (0, 130)  # if it was not at its end by then
    if code:
        assert "the same command goes on" in told
        check_held_up(refused)
    world.succeed([west, hub, *started(world, "north", "south")])
    check_hits()
    assert run(["auditor", "verify", "hub/sessions/share", "-a", "three.json"]) == 0


def check_held_up(refused: Callable[[int, list[str]], str]) -> None:
    """South waits for north in vain, and has its hits with west."""
    error = refused(7, words("south", "--timeout", "1"))
    assert error.startswith("pplink: error: couple north+south: nothing came from ")
    kept = pd.read_csv("south-hits.csv")
    assert set(kept["other_unit"]) == {"west"}
    assert sorted(kept["record_id"]) == sorted(south for south, _, _ in plain("three.json", "south", "west"))


def test_some_units_may_meet_without_the_others(place: Path, world: Any) -> None:
    two = {"north": ("--with", "west"), "west": ("--with", "north"),
           "hub": ("--between", "north", "--between", "west")}  # fmt: skip
    world.succeed(started(world, *two, **two))
    assert found("north", "west") == plain("three.json", "north", "west")
    assert run(["auditor", "verify", "hub/sessions/share"]) == 0


def test_strangers_and_wrong_agreements_are_turned_away(
    place: Path, refused: Callable[[int, list[str]], str]
) -> None:
    assert run(["unit", "init", "east", "--home", "east", "-o", "east.json"]) == 0
    assert "east is no unit of this agreement" in refused(2, words("east", "--people", "north.csv"))
    assert "two to 8 of the units" in refused(2, words("north", "--with", "east"))
    assert "two to 8 of the units" in refused(2, words("hub", "--between", "east"))
    assert "is not the broker" in refused(3, [*words("hub"), "--home", "south"])
    assert "protocol broker_clk is not run" in refused(3, [*words("north"), "-a", "agreement.json"])
    assert "does not exist" in refused(2, words("north", exchange="nowhere"))
    assert not Path("north-hits.csv").exists()


def test_silence_names_the_couples(place: Path, refused: Callable[[int, list[str]], str]) -> None:
    told = refused(7, words("north", "--timeout", "1"))
    assert "couple north+south: nothing came from hub or south for 1 s (and 1 more: north+west)" in told
    assert not Path("north-hits.csv").exists()
    assert "no couple's session in" in refused(2, ["auditor", "verify", "north/sessions/share"])
    audit = ["unit", "audit", "north/sessions/share", "--home", "north", "--people", "north.csv"]
    assert "couple north+south: " in refused(2, audit)
    other = refused(2, words("north", "--with", "south", "--timeout", "1"))
    assert "the side of several couples" in other


def test_what_fails_before_anything_was_told_leaves_no_side_behind(place: Path, capsys: Any) -> None:
    """The agreement, the list, the exchange or who takes part is corrected next, and the same command tried again."""
    sides = [place / "north" / "sessions", place / "hub" / "sessions"]
    whole = (place / "three.json").read_bytes()
    (place / "three.json").unlink()
    steps.ok(steps.proposal("three.json", "", PARTIES))
    for name in ("north", "hub"):
        assert run(words(name)) == 3
        assert "lacks the signature" in capsys.readouterr().err
    (place / "three.json").write_bytes(whole)
    assert run([*words("north"), "--map", "place=nowhere"]) == 2
    assert run(words("north", "--with", "south", exchange="nowhere")) == 2
    list_ = (place / "north.csv").read_text()
    (place / "north.csv").write_text(list_.replace("place", "town", 1))
    assert run(words("north")) == 4
    assert [list(side.iterdir()) for side in sides if side.exists()] == [[], []]
    assert "what was done is kept" not in capsys.readouterr().err


def test_what_was_joined_is_kept_whatever_comes_after(place: Path, capsys: Any) -> None:
    assert run(words("north", "--timeout", "1")) == 7
    assert "joining hub, south, west in share; waiting up to 1 s" in capsys.readouterr().err
    list_ = (place / "north.csv").read_text()
    (place / "north.csv").write_text(list_.replace("place", "town", 1))
    assert run(words("north")) == 4
    assert (place / "north" / "sessions" / "share" / "north+south" / "join.json").exists()
