"""Three units as they are run: a process each, the broker's, and a folder or an address where they meet."""

from __future__ import annotations

import contextlib
import csv
import shutil
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pplink.agreement import text
from pplink.cli.main import run
from pplink.disclosure.columns import round_down
from pplink.encoders.handles import handles
from pplink.join.api import threshold_join
from pplink.keys import ring
from pplink.session.inputs import prepare
from pplink.solvers import assign
from tests.cli import steps

UNITS = ("north", "south", "west")
PARTIES = (*UNITS, "hub")
COUPLES = list(combinations(UNITS, 2))
Hits = list[tuple[str, str, float]]


def words(name: str, *more: str, exchange: str = "share") -> list[str]:
    if name == "hub":
        return ["broker", "deal", "-a", "three.json", "--exchange", exchange, "--home", "hub", *more]
    inputs = ["--people", f"{name}.csv", "-o", f"{name}-hits.csv", *more]
    return ["unit", "link", "-a", "three.json", "--exchange", exchange, "--home", name, *inputs]


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
    ended = world.finish(started(world))
    assert [code for code, _, _ in ended] == [0, 0, 0, 0], ended
    hits = pd.read_csv("south-hits.csv")
    assert set(hits["other_unit"]) == {"north", "west"}
    for other in ("north", "west"):
        told = pd.read_csv(f"{other}-hits.csv")
        assert len(told) == len(pd.read_csv(f"{other}.csv"))
        due = hits[hits["other_unit"] == other]
        known = due.merge(told, left_on="other_handle", right_on="handle")
        assert len(known) == len(due) > 10
        assert set(known["other_unit_y"]) == {"south"}
    assert "no hits go to north, as agreed" in ended[0][2]
    assert run(["auditor", "verify", "hub/sessions/share"]) == 0


@pytest.fixture
def refused(capfd: pytest.CaptureFixture[str]) -> Callable[[int, list[str]], str]:
    """refused(code, words) -> the one line of error."""

    def check(code: int, command: list[str]) -> str:
        capfd.readouterr()
        assert run(command) == code, command
        told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("pplink: error: ")]
        assert len(told) == 1, told
        return told[0]

    return check


def plain(one: str, other: str) -> Hits:
    """What the agreement calls hits, computed in one place: record ids and the score as units are told it."""
    agreement = text.read(Path("three.json").read_bytes())
    sides = []
    for unit in (one, other):
        keys, people = ring.load(Path(unit)), pd.read_csv(f"{unit}.csv", dtype=str)
        inputs = prepare(people, agreement, keys, now=datetime.now(UTC))
        made = handles(people["record_id"], keys.handle_key(agreement.id))
        names = {handle.tobytes(): record for record, handle in zip(people["record_id"], made, strict=True)}
        sides.append((inputs, [names[handle.tobytes()] for handle in inputs.handles]))
    (first, left), (second, right) = sides
    pairs = assign(threshold_join(first.rows, second.rows, agreement.terms.threshold))
    scores = round_down(pairs.score, 2).tolist()
    return sorted((left[i], right[j], s) for i, j, s in zip(pairs.left, pairs.right, scores, strict=True))


def found(one: str, other: str) -> Hits:
    """The same of both units' files, whose hits meet by their handles."""
    mine, theirs = (pd.read_csv(f"{unit}-hits.csv") for unit in (one, other))
    mine, theirs = mine[mine["other_unit"] == other], theirs[theirs["other_unit"] == one]
    both = mine.merge(theirs, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
    assert len(mine) == len(theirs) == len(both)
    return sorted(zip(both["record_id_x"], both["record_id_y"], both["score_x"], strict=True))


def started(world: Any, *names: str, **more: tuple[str, ...]) -> list[Any]:
    return [world.start(words(name, *more.get(name, ()))) for name in names or PARTIES]


def test_four_processes_find_what_the_plain_computation_finds(
    place: Path, world: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = world.finish(started(world))
    assert [code for code, _, _ in ended] == [0, 0, 0, 0], ended
    for one, other in COUPLES:
        assert found(one, other) == plain(one, other)
        assert len(found(one, other)) > 10
    assert "hits with south and west in north-hits.csv" in ended[0][2]
    assert Path("north-hits.csv").stat().st_mode & 0o077 == 0
    names = pd.concat([pd.read_csv(f"{unit}-hits.csv") for unit in ("south", "west")])
    told = names[names["other_unit"] == "north"]["other_handle"]
    assert told.is_unique  # nobody tells by a handle that south and west have hits with one record
    for home, part in (("hub", "3 of 3 couples"), ("west", "2 of 3 couples")):
        capfd.readouterr()
        assert run(["auditor", "verify", f"{home}/sessions/share/record", "-a", "three.json"]) == 0
        assert part in capfd.readouterr().out
    assert run(["auditor", "verify", "north/sessions/share", "--json"]) == 0
    again = ["unit", "audit", "south/sessions/share", "--home", "south", "--people"]
    assert run([*again, "south.csv"]) == 0
    capfd.readouterr()
    assert run([*again, "west.csv"]) == 5
    assert "couple north+south: it was joined with a commitment to another list" in capfd.readouterr().err
    (place / "hub/sessions/share/record/north+west/log.jsonl").write_bytes(b"")
    assert run(["auditor", "verify", "hub/sessions/share"]) == 5
    assert "north+west: log: " in capfd.readouterr().err
    assert {path.suffix for path in (place / "share").iterdir()} == {".claim"}


def test_four_processes_meet_at_the_broker_s_address(place: Path, world: Any) -> None:
    world.certificate(place)
    address = f"127.0.0.1:{world.free_port()}"
    at = f"https://{address}/share"
    units = [world.start(words(name, "--ca", "cert.pem", exchange=at)) for name in UNITS]
    served = ["--listen", address, "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    ended = world.finish([*units, world.start(words("hub", *served))])
    assert [code for code, _, _ in ended] == [0, 0, 0, 0], ended
    for one, other in COUPLES:
        assert found(one, other) == plain(one, other)
    assert run(["auditor", "verify", "south/sessions/share", "-a", "three.json"]) == 0
    assert run(["unit", "audit", "south/sessions/share", "--home", "south", "--people", "south.csv"]) == 0


def test_a_unit_that_dies_holds_up_its_couples_alone_and_goes_on(
    place: Path, world: Any, refused: Callable[[int, list[str]], str]
) -> None:
    south, west, hub = started(world, "south", "west", "hub")
    first = world.start(words("north"))
    sent = place / "north" / "sessions" / "share" / "north+south" / "sent"
    while not (sent.exists() and sent.read_bytes().count(b"\n") >= 2):
        assert first.poll() is None
        time.sleep(0.001)
    first.kill()
    first.communicate()
    while not (place / "south" / "sessions" / "share" / "south+west" / "found").exists():
        assert south.poll() is None
        time.sleep(0.01)
    south.send_signal(signal.SIGINT)
    ((code, _, told),) = world.finish([south])
    assert code in (0, 130)  # if it was not at its end by then
    if code:
        assert "the same command goes on" in told
        error = refused(7, words("south", "--timeout", "1"))
        assert error.startswith("pplink: error: couple north+south: nothing came from ")
        kept = pd.read_csv("south-hits.csv")
        assert set(kept["other_unit"]) == {"west"}
        assert sorted(kept["record_id"]) == sorted(row[0] for row in plain("south", "west"))
    ended = world.finish([west, hub, *started(world, "north", "south")])
    assert [code for code, _, _ in ended] == [0, 0, 0, 0], ended
    for one, other in COUPLES:
        assert found(one, other) == plain(one, other)
    assert run(["auditor", "verify", "hub/sessions/share", "-a", "three.json"]) == 0


def test_some_units_may_meet_without_the_others(place: Path, world: Any) -> None:
    two = {"north": ("--with", "west"), "west": ("--with", "north"),
           "hub": ("--between", "north", "--between", "west")}  # fmt: skip
    ended = world.finish(started(world, *two, **two))
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    assert found("north", "west") == plain("north", "west")
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
    cards = [word for name in PARTIES for word in ("--party", f"{name}.json")]
    texts = ["--purpose", "test", "--legal-basis", "none", "--days", "30"]
    assert run(["unit", "propose", *cards, *texts, "-o", "three.json"]) == 0
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
