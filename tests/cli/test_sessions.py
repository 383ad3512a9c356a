"""Sessions as they are run: three processes of the program and a folder between them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

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

UNITS = ("north", "south")
PARTIES = (*UNITS, "hub")


def words(name: str, exchange: str = "exchange", *more: str) -> list[str]:
    if name == "hub":
        return ["broker", "deal", "-a", "blinded.json", "--exchange", exchange, "--home", "hub", *more]
    inputs = ["--people", f"{name}.csv", "-o", f"{name}-hits.csv", *more]
    return ["unit", "link", "-a", "blinded.json", "--exchange", exchange, "--home", name, *inputs]


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "pplink", *arguments], stdout=-1, stderr=-1, text=True)


def finish(processes: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    ended = []
    for process in processes:
        out, err = process.communicate(timeout=240)
        ended.append((process.returncode, out, err))
    return ended


@pytest.fixture(scope="session")
def agreed(scenes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene `signed` with an agreement on blinded_broker, and an empty exchange."""
    folder = tmp_path_factory.mktemp("blinded") / "place"
    shutil.copytree(scenes["encoded"], folder)
    (folder / "exchange").mkdir()
    cards = [word for name in (*PARTIES, "officer") for word in ("--party", str(folder / f"{name}.json"))]
    texts = ["--purpose", "test", "--legal-basis", "none", "--days", "30"]
    target = str(folder / "blinded.json")
    assert run(["unit", "propose", *cards, *texts, "--protocol", "blinded_broker", "-o", target]) == 0
    for unit in UNITS:
        assert run(["unit", "agree", target, "--home", str(folder / unit), "--yes"]) == 0
    return folder


@pytest.fixture
def place(agreed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "place"
    shutil.copytree(agreed, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PPLINK_HOME", raising=False)
    return folder


def plain() -> list[tuple[str, str, float]]:
    """What the agreement calls hits, computed in one place: record ids and the score as units are told it."""
    agreement = text.read(Path("blinded.json").read_bytes())
    sides = []
    for unit in UNITS:
        keys, people = ring.load(Path(unit)), pd.read_csv(f"{unit}.csv", dtype=str)
        inputs = prepare(people, agreement, keys, now=datetime.now(UTC))
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


def test_three_processes_find_what_the_plain_computation_finds(place: Path) -> None:
    ended = finish([start(words(name)) for name in PARTIES])
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    north, south = (pd.read_csv(f"{unit}-hits.csv") for unit in UNITS)
    assert list(north) == ["record_id", "handle", "other_unit", "other_handle", "score", "cluster"]
    both = north.merge(south, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
    found = zip(both["record_id_x"], both["record_id_y"], both["score_x"], strict=True)
    assert len(north) == len(south) == len(both)
    assert sorted(found) == plain()
    assert (both["cluster_x"] == both["cluster_y"]).all()
    assert Path("north-hits.csv").stat().st_mode & 0o077 == 0
    for home in PARTIES:
        record = f"{home}/sessions/exchange/record"
        assert run(["auditor", "verify", record, "-a", "blinded.json"]) == 0
    assert {path.suffix for path in Path("exchange").iterdir()} == {".claim"}
    again = ["unit", "audit", "north/sessions/exchange", "--home", "north", "--people"]
    assert run([*again, "north.csv"]) == 0
    assert run([*again, "south.csv"]) == 2
    Path("north/sessions/exchange/record/log.jsonl").write_bytes(b"")
    assert run([*again, "north.csv"]) == 5
