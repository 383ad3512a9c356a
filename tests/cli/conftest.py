"""Scenes: folders in which a command-line story starts, made by the commands themselves, once."""

from __future__ import annotations

import contextlib
import csv
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pplink.cli.main import run
from tests.cli.steps import UNITS, key_rings, ok, proposal

GIVEN = ("Amina", "Boris", "Chiara", "Dmitri", "Elena", "Farid", "Greta", "Hassan", "Ines", "Jakub")
FAMILY = (
    "Novak",
    "Petrov",
    "Rossi",
    "Schmidt",
    "Haddad",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Okafor",
    "Yilmaz",
)
PLACES = ("Varna", "Trieste", "Lyon", "Malmo", "Izmir", "Lagos", "Gdansk", "Bremen")
HEADER = ("record_id", "given_name", "family_name", "birth_date", "place")


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """empty, people, signed, encoded, matched: each holds what the one before holds."""
    place = tmp_path_factory.mktemp("scenes")
    made: dict[str, Path] = {}
    previous = None
    builds: dict[str, Callable[[], None] | None] = {
        "empty": None,
        "people": people,
        "signed": sign,
        "encoded": encode,
        "matched": match,
    }
    for name, build in builds.items():
        folder = place / name
        if previous is None:
            folder.mkdir()
        else:
            shutil.copytree(previous, folder)
        if build is not None:
            with contextlib.chdir(folder):
                build()
        made[name] = previous = folder
    return made


@pytest.fixture
def enter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """enter(folder) -> a copy of it, with the working folder in it."""

    def make(folder: Path) -> Path:
        copy = tmp_path / folder.name
        shutil.copytree(folder, copy)
        monkeypatch.chdir(copy)
        monkeypatch.delenv("PPLINK_HOME", raising=False)
        return copy

    return make


@pytest.fixture
def scene(scenes: dict[str, Path], enter: Callable[[Path], Path]) -> Callable[[str], Path]:
    """A copy of a scene, with the working folder in it."""
    return lambda name: enter(scenes[name])


def people() -> None:
    """Two units' lists; the first 20 persons are on both."""
    dice = random.Random(7)
    rows = [
        (dice.choice(GIVEN), dice.choice(FAMILY), f"19{dice.randrange(40, 99)}-0{dice.randrange(1, 9)}-1{n % 10}",
         dice.choice(PLACES)) for n in range(80)
    ]  # fmt: skip
    for unit, chosen in zip(UNITS, (rows[:50], rows[:20] + rows[50:]), strict=True):
        with Path(f"{unit}.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER)
            writer.writerows((f"{unit}-{n}", *row) for n, row in enumerate(chosen, 1))


def sign() -> None:
    """Key rings of two units, a broker and an auditor, and an agreement that both units signed."""
    key_rings(*UNITS, "hub", "officer")
    ok(proposal("agreement.json", "--protocol broker_clk", (*UNITS, "hub", "officer")))
    shutil.copy("agreement.json", "unsigned.json")
    for unit in UNITS:
        ok(f"unit agree agreement.json --home {unit} --yes")
        if unit == "north":
            shutil.copy("agreement.json", "half.json")


def encode() -> None:
    """A dataset of each unit."""
    for unit in UNITS:
        ok(f"unit encode {unit}.csv -a agreement.json -o {unit}.safetensors --home {unit}")


def match() -> None:
    """The run folder."""
    ok("broker match north.safetensors south.safetensors -a agreement.json -o run --home hub")


@pytest.fixture
def refused(capfd: pytest.CaptureFixture[str]) -> Callable[[int, list[str]], str]:
    """refused(code, words) -> the one line of error."""

    def check(code: int, command: list[str]) -> str:
        capfd.readouterr()
        assert run(command) == code, command
        told = [line for line in capfd.readouterr().err.splitlines() if "error" in line]
        assert len(told) == 1, told
        assert told[0].startswith("pplink: error: ")
        return told[0]

    return check


class World:
    """What a test of several processes needs."""

    def __init__(self, papers: tuple[Path, Path]) -> None:
        """papers: a certificate and its key."""
        self.papers = papers

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """The program, in a process of its own."""
        return subprocess.Popen([sys.executable, "-m", "pplink", *arguments], stdout=-1, stderr=-1, text=True)

    def finish(self, processes: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
        """Of each: exit code, output, errors."""
        ended = []
        for process in processes:
            out, err = process.communicate(timeout=240)
            ended.append((process.returncode, out, err))
        return ended

    def succeed(self, processes: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
        """The same, none of which may fail."""
        ended = self.finish(processes)
        assert not any(code for code, _, _ in ended), ended
        return ended

    def until(self, reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
        """Wait for that, four minutes at most; the process must not end before."""
        end = time.monotonic() + 240
        while not reached():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.001)

    def kill(self, process: subprocess.Popen[str]) -> None:
        """With SIGKILL, of which a process learns nothing."""
        process.kill()
        process.communicate()

    def serving(self, folder: Path) -> tuple[str, list[str]]:
        """An address, and with which options the broker serves there; others trust cert.pem, in that folder."""
        self.certificate(folder)
        address = f"127.0.0.1:{self.free_port()}"
        return f"https://{address}", ["--listen", address, "--tls-cert", "cert.pem", "--tls-key", "key.pem"]

    def certificate(self, folder: Path) -> None:
        """cert.pem and key.pem, for 127.0.0.1."""
        for path in self.papers:
            shutil.copy(path, folder)

    def free_port(self) -> int:
        """One that nobody has at the moment."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def world(certificate: tuple[Path, Path]) -> World:
    """Processes of the program, and certificates."""
    return World(certificate)
