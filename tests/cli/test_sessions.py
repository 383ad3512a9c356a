"""Sessions as they are run: three processes of the program and a folder between them."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pplink.agreement import text
from pplink.cli.main import run
from pplink.disclosure.columns import round_down
from pplink.encoders.handles import handles
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.keys import ring
from pplink.session.inputs import prepare
from pplink.solvers import assign
from tests.cli import steps
from tests.cli.steps import UNITS

PARTIES = (*UNITS, "hub")


def words(name: str, exchange: str = "exchange", *more: str) -> list[str]:
    if name == "hub":
        return ["broker", "deal", "-a", "blinded.json", "--exchange", exchange, "--home", "hub", *more]
    inputs = ["--people", f"{name}.csv", "-o", f"{name}-hits.csv", *more]
    return ["unit", "link", "-a", "blinded.json", "--exchange", exchange, "--home", name, *inputs]


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


def plain(**choices: Any) -> list[tuple[str, str, float]]:
    """What the agreement calls hits, computed in one place: record ids and the score as units are told it."""
    agreement = text.read(Path("blinded.json").read_bytes())
    sides = []
    for unit in UNITS:
        keys, people = ring.load(Path(unit)), pd.read_csv(f"{unit}.csv", dtype=str)
        inputs = prepare(people, agreement, keys, now=datetime.now(UTC), **choices)
        names = {
            handle.tobytes(): record
            for record, handle in zip(
                people["record_id"], handles(people["record_id"], keys.handle_key(agreement.id)), strict=True
            )
        }
        sides.append((inputs, [names[handle.tobytes()] for handle in inputs.handles]))
    (north, left), (south, right) = sides
    pairs = assign(threshold_join(north.rows, south.rows, agreement.terms.threshold))
    scores = round_down(pairs.score, 2).tolist()
    return sorted((left[i], right[j], s) for i, j, s in zip(pairs.left, pairs.right, scores, strict=True))


def found_by_both() -> list[tuple[str, str, float]]:
    """The same of both units' files, whose hits meet by their handles."""
    north, south = (pd.read_csv(f"{unit}-hits.csv") for unit in UNITS)
    both = north.merge(south, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
    return sorted(zip(both["record_id_x"], both["record_id_y"], both["score_x"], strict=True))


def test_three_processes_find_what_the_plain_computation_finds(place: Path, world: Any) -> None:
    ended = world.finish([world.start(words(name)) for name in PARTIES])
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    north, south = (pd.read_csv(f"{unit}-hits.csv") for unit in UNITS)
    assert list(north) == ["record_id", "handle", "other_unit", "other_handle", "score", "cluster"]
    both = north.merge(south, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
    assert len(north) == len(south) == len(both)
    assert found_by_both() == plain()
    assert (both["cluster_x"] == both["cluster_y"]).all()
    assert Path("north-hits.csv").stat().st_mode & 0o077 == 0
    for home in PARTIES:
        record = f"{home}/sessions/exchange/record"
        assert run(["auditor", "verify", record, "-a", "blinded.json"]) == 0
    assert {path.suffix for path in Path("exchange").iterdir()} == {".claim"}
    assert run(["auditor", "verify", "hub/sessions/exchange"]) == 0
    Path(
        "hub/sessions/exchange/log.jsonl"
    ).touch()  # whoever has the record beside another log is shown the other
    assert run(["auditor", "verify", "hub/sessions/exchange"]) == 5
    again = ["unit", "audit", "north/sessions/exchange", "--home", "north", "--people"]
    assert run([*again, "north.csv"]) == 0
    assert run([*again, "south.csv"]) == 2
    Path("north/sessions/exchange/record/log.jsonl").write_bytes(b"")
    assert run([*again, "north.csv"]) == 5


@pytest.fixture
def proven(place: Path) -> None:
    """An agreement in which the broker proves what it deals."""
    cards = [word for name in (*PARTIES, "officer") for word in ("--party", f"{name}.json")]
    texts = ["--purpose", "test", "--legal-basis", "none", "--days", "30", "--dealer-proof", "2"]
    assert run(["unit", "propose", *cards, *texts, "-o", "blinded.json"]) == 0
    for unit in UNITS:
        assert run(["unit", "agree", "blinded.json", "--home", unit, "--yes"]) == 0


@pytest.mark.parametrize("dealing", ["", "proven"])
def test_three_processes_meet_at_the_broker_s_address(
    place: Path, world: Any, dealing: str, request: pytest.FixtureRequest
) -> None:
    if dealing:
        request.getfixturevalue(dealing)
    world.certificate(place)
    address = f"127.0.0.1:{world.free_port()}"
    units = [world.start(words(name, f"https://{address}/exchange", "--ca", "cert.pem")) for name in UNITS]
    served = ["--listen", address, "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    ended = world.finish([*units, world.start(words("hub", "exchange", *served))])
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    assert found_by_both() == plain()
    assert run(["auditor", "verify", "south/sessions/exchange", "-a", "blinded.json"]) == 0
    assert run(["unit", "audit", "south/sessions/exchange", "--home", "south", "--people", "south.csv"]) == 0
    assert {path.suffix for path in Path("exchange").iterdir()} == {".claim"}


def test_a_unit_that_is_killed_goes_on_with_the_same_command(place: Path, world: Any) -> None:
    others = [world.start(words(name)) for name in ("south", "hub")]
    first = world.start(words("north"))
    sent = place / "north" / "sessions" / "exchange" / "sent"
    while not (sent.exists() and sent.read_bytes().count(b"\n") >= 3):
        assert first.poll() is None
        time.sleep(0.001)
    first.kill()
    first.communicate()
    ended = world.finish([world.start(words("north")), *others])
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    assert found_by_both() == plain()


def test_what_cannot_be_is_told_in_one_line(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
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
            capfd.readouterr()
            assert run(each) == code, each
            told = [line for line in capfd.readouterr().err.splitlines() if "error" in line]
            assert len(told) == 1, each
            assert told[0].startswith("pplink: error: ")


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
    world.certificate(long)
    address = f"127.0.0.1:{world.free_port()}"
    listed = ["--ignore-extra", "--blank-bad-values"]
    served = ["--listen", address, "--tls-cert", "cert.pem", "--tls-key", "key.pem"] if way == "https" else []
    meet = f"https://{address}/exchange" if way == "https" else "exchange"
    ca = ["--ca", "cert.pem"] if way == "https" else []
    commands = {unit: words(unit, meet, *ca, *listed) for unit in UNITS} | {
        "hub": words("hub", "exchange", *served)
    }
    running = {name: world.start(command) for name, command in commands.items()}
    side = long / victim / "sessions" / "exchange"
    while not is_under_way(side, victim):
        assert running[victim].poll() is None, running[victim].communicate()
        time.sleep(0.001)
    running[victim].kill()  # kill -9
    running[victim].communicate()
    running[victim] = world.start(commands[victim])
    ended = world.finish(list(running.values()))
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    assert (side / "leg-1").exists() or (side / "ended").exists()
    assert found_by_both() == plain(bad_rows="blank", ignore_extra=True)
    assert run(["auditor", "verify", "hub/sessions/exchange", "-a", "blinded.json"]) == 0
    assert (
        run(["unit", "audit", "north/sessions/exchange", "--home", "north", "--people", "north.csv", *listed])
        == 0
    )
    left = {path.suffix for path in Path("exchange").iterdir()}
    assert left - {".part"} == {".claim"}  # what was being written by whoever was killed


def test_who_links_is_told_what_was_left_out_and_what_matches_nothing(place: Path, world: Any) -> None:
    header = "record_id,given_name,family_name,birth_date,place\n"
    odd = "a,,,1970-01-02,Lyon\nb,X,Unknown,1970-01-02,\nc,,,,\nd,Ann,Berg,1970-02-30,Lyon\n"
    usual = "".join(f"{row},Bo{row},Ek{row},197{row}-03-04,Lyon\n" for row in range(7))
    for unit in UNITS:
        Path(f"{unit}.csv").write_text(header + odd + usual)
    ended = world.finish(
        [world.start(words(name, "exchange", *(["--skip-bad-rows"] * (name != "hub")))) for name in PARTIES]
    )
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    said = "".join(ended[0][1:])
    assert "bad rows left out 1, the first of them: row 4: birth_date is not a date" in said
    assert "rows without any value 1: they match nothing" in said
    assert "rows that match nothing: without a name 2, with too few features 0" in said
    assert set(pd.read_csv("north-hits.csv", dtype=str)["record_id"]) == {str(row) for row in range(7)}
