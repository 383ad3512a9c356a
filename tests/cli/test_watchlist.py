"""A watchlist as it is run: a service, commands that ask it, and an auditor; every one a process or a command."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pplink.cli.main import run
from tests.cli import steps

HEADER = "record_id,document,phone,name,birth_date\n"
LIST = HEADER + "n1,AB1234;CD5678,,Anna Berg,1980-04-03\nn2,EF9999,,Jan Maria Nowak,1970\n"
LOG = Path("list/record/log.jsonl")
ASKED = HEADER + "s1,cd-5678,,,\ns2,,,NOWAK Jan,1970-05-06\ns3,,,Nobody Here,1970-05-06\ns4,,,Only Name,\n"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory, world: Any) -> Path:
    """Two units' key rings, an agreement, north's list, and a certificate."""
    folder = tmp_path_factory.mktemp("watchlist") / "place"
    folder.mkdir()
    with contextlib.chdir(folder):
        steps.key_rings("north", "south", "hub")
        sizes = "--step 64 --capacity 4096 --daily 9"
        steps.agreed("agreement.json", f"--protocol oprf_hit --holder north {sizes}", others=("hub",))
        Path("north.csv").write_text(LIST)
        Path("south.csv").write_text(ASKED)
        world.certificate(folder)
        build = ["unit", "watchlist", "build", "north.csv", "-a", "agreement.json", "-o", "list"]
        assert run([*build, "--home", "north"]) == 0
    return folder


@pytest.fixture
def place(listed: Path, enter: Callable[[Path], Path]) -> Path:
    return enter(listed)


@contextlib.contextmanager
def service(world: Any) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """North's, till the block ends."""
    address = f"127.0.0.1:{world.free_port()}"
    files = ["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--home", "north"]
    process = world.start(["unit", "watchlist", "serve", "list", "--listen", address, *files])
    try:
        yield f"https://{address}", process
    finally:
        process.kill()
        process.communicate()


def ask(address: str, *more: str, home: str = "south") -> list[str]:
    words = ["unit", "ask", "-a", "agreement.json", "--at", address, "--ca", "cert.pem", "--home", home]
    return [*words, "--case", "2026/17", "--legal-basis", "Art. 9", *more]


def answer(capfd: pytest.CaptureFixture[str], words: list[str]) -> str:
    capfd.readouterr()
    assert run(words) == 0, capfd.readouterr().err
    return capfd.readouterr().out


def test_persons_are_asked_about(place: Path, world: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with service(world) as (address, _):
        assert answer(capfd, ask(address, "--person", "document=ab-1234")) == "hit by document\n"
        assert run(ask(address, "--people", "south.csv", "-o", "answers.csv")) == 0
    frame = pd.read_csv("answers.csv", dtype=str).fillna("")
    assert frame.to_numpy().tolist() == [
        ["s1", "yes", "document"],
        ["s2", "yes", "name:pairs+birth_date:tolerant"],
        ["s3", "no", ""],
        ["s4", "no", ""],
    ]
    assert Path("answers.csv").stat().st_mode & 0o077 == 0


def test_the_list_changes_while_it_is_asked(
    place: Path, world: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with service(world) as (address, process):
        assert answer(capfd, ask(address, "--person", "document=AB1234")) == "hit by document\n"
        Path("more.csv").write_text(HEADER + "n3,ZZ1111,,,\n")
        Path("less.csv").write_text("record_id\nn1\n")
        changes = ["--add", "more.csv", "--remove", "less.csv", "--home", "north"]
        assert run(["unit", "watchlist", "update", "list", *changes]) == 0
        world.until(lambda: LOG.read_bytes().count(b"list-published") == 2, process)
        told = json.loads(answer(capfd, ask(address, "--person", "document=zz1111", "--json")))
        assert told == [{"record_id": "1", "hit": True, "keys": ["document"]}]
        assert answer(capfd, ask(address, "--person", "document=AB1234")) == "no hit\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert run(["auditor", "verify", "list", "-a", "agreement.json"]) == 0
    assert LOG.read_bytes().count(b"session-opened") == 1


def test_an_auditor_reads_who_asked(place: Path, world: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with service(world) as (address, _):
        answer(capfd, ask(address, "--person", "document=AB1234"))
        answer(capfd, ask(address, "--people", "south.csv"))
    data = LOG.read_bytes()
    assert data.count(b'"type":"query"') == 4  # s4 has no key, and is not asked about
    assert data.count(b"session-opened") == 1
    assert run(["auditor", "verify", "list", "-a", "agreement.json"]) == 0
    LOG.write_bytes(data.replace(b"2026/17", b"2026/18", 1))
    assert run(["auditor", "verify", "list", "-a", "agreement.json"]) == 5
    assert "ask whose log it is" in capfd.readouterr().err  # the holder's: the broker has no part in it


def test_what_is_refused_is_told_in_one_line(
    place: Path, world: Any, capfd: pytest.CaptureFixture[str], refused: Callable[[int, list[str]], str]
) -> None:
    closed = f"https://127.0.0.1:{world.free_port()}"
    person = ["--person", "document=AB1234"]
    with service(world) as (address, _):
        answer(capfd, ask(address, "--person", "document=AB1234"))
        cases = {
            2: [
                ask(address),
                ask(address, *person, "--people", "south.csv"),
                ask(address, "--person", "shoe=42"),
                ask(address, *person, *person),
                ask("http://127.0.0.1:1", *person),
                ask(address, *person, "--case", ""),
                ask(address, *person, "--ca", "south.csv"),
                ["unit", "watchlist", "serve", "nowhere", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem",
                 "--tls-key", "key.pem", "--home", "north"],
                ["unit", "watchlist", "update", "list", "--home", "north"],
            ],
            3: [ask(address, *person, home="north"), ask(address, *person, home="hub")],
            4: [ask(address, "--person", "document=1")],
            7: [ask(closed, *person, "--timeout", "0.5")],
            8: [["unit", "watchlist", "serve", "list", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem",
                 "--tls-key", "key.pem", "--home", "north"]],
        }  # fmt: skip
        for code, commands in cases.items():
            for each in commands:
                refused(code, each)
        for _ in range(8):
            answer(capfd, ask(address, *person))
        assert "more queries than agreed for a day" in refused(8, ask(address, *person))


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (b"document=CD5678\nphone=\n", 7, "no watchlist at"),
        (b"", 2, "standard input has no person"),
        (b"document=" + b"9" * 70_000, 2, "standard input has no person"),
        (b"document=\xff", 2, "standard input is not UTF-8"),
        (b"shoe=42\n", 2, "fields are: document"),
        (b"document=CD5678\ndocument=EF9999\n", 2, "names document twice"),
    ],
)
def test_a_person_is_read_from_standard_input_and_shown_nowhere(
    listed: Path, typed: bytes, code: int, said: str
) -> None:
    words = ["unit", "ask", "-a", "agreement.json", "--at", "https://127.0.0.1:1", "--timeout", "0.1"]
    words += ["--case", "7", "--legal-basis", "Art. 9", "--person", "-", "--home", "south"]
    done = subprocess.run(
        [sys.executable, "-m", "pplink", *words], cwd=listed, input=typed, capture_output=True, check=False
    )
    assert done.returncode == code
    assert said in done.stderr.decode()
    assert b"CD5678" not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
