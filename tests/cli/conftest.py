"""Scenes: folders in which a command-line story starts, made by the commands themselves, once."""

from __future__ import annotations

import contextlib
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pplink.cli.main import run

UNITS = ("north", "south")


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """empty, and signed: an agreement with its parties' key rings."""
    place = tmp_path_factory.mktemp("scenes")
    made: dict[str, Path] = {}
    previous = None
    builds: dict[str, Callable[[], None] | None] = {"empty": None, "signed": sign}
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
def scene(scenes: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A copy of a scene, with the working folder in it."""

    def enter(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(scenes[name], folder)
        monkeypatch.chdir(folder)
        monkeypatch.delenv("PPLINK_HOME", raising=False)
        return folder

    return enter


def sign() -> None:
    """Key rings of two units, a broker and an auditor, and an agreement that both units signed."""
    for role, name in (("unit", "north"), ("unit", "south"), ("broker", "hub"), ("auditor", "officer")):
        ok(f"{role} init {name} --home {name} -o {name}.json")
    cards = " ".join(f"--party {name}.json" for name in ("north", "south", "hub", "officer"))
    ok(f"unit propose {cards} --purpose test --legal-basis none --days 30 -o agreement.json")
    shutil.copy("agreement.json", "unsigned.json")
    for unit in UNITS:
        ok(f"unit agree agreement.json --home {unit} --yes")
        if unit == "north":
            shutil.copy("agreement.json", "half.json")


def ok(command: str) -> None:
    """Run a command that must succeed."""
    code = run(shlex.split(command))
    assert code == 0, command
