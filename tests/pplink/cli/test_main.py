"""The program as a process: it ends with its code and all its output, and starts with little."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest

from pplink.cli import main
from pplink.cli.main import run

HEAVY = (
    "importlib.metadata",
    "numba",
    "numpy.ma",
    "pandas",
    "pyarrow.compute",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "rich",
    "scipy",
)
LOADED = f"""
import sys
from pplink.cli.main import run
code = run(sys.argv[1:])
print("loaded:", [name for name in {HEAVY} if name in sys.modules])
raise SystemExit(code)
"""
MODULES = "import sys; from pplink.cli.main import run; run(sys.argv[1:]); print(*sys.modules)"
ENCODE = ("unit", "encode", "faulty.csv", "-a", "agreement.json", "-o", "n.safetensors", "--home", "north")
HITS = ("unit", "hits", "run", "--people", "people.csv", "--home", "north")
PEOPLE = "record_id,given_name,family_name,birth_date,place\n1,Anna,Novak,1970-01-01,Varna\n2,Bo,Li,,Lyon\n"


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder with key rings north, south and hub, an agreement that both units signed, and a list."""
    tmp_path.joinpath("people.csv").write_text(PEOPLE)
    tmp_path.joinpath("faulty.csv").write_text(PEOPLE + "3,Cy,Ray,1970-02-30,Oslo\n")
    with chdir(tmp_path):
        for role, name in (("unit", "north"), ("unit", "south"), ("broker", "hub")):
            assert run([role, "init", name, "--home", name, "-o", f"{name}.json"]) == 0
        cards = [f"--party={name}.json" for name in ("north", "south", "hub")]
        why = ["--purpose", "test", "--legal-basis", "none", "--days", "1", "-o", "agreement.json"]
        assert run(["unit", "propose", *cards, *why, "--protocol", "broker_clk"]) == 0
        for name in ("north", "south"):
            assert run(["unit", "agree", "agreement.json", "--home", name, "--yes"]) == 0
    return tmp_path


@pytest.fixture
def matched(signed: Path) -> Path:
    """The same, with both units' datasets of the list, and a run folder."""
    with chdir(signed):
        for name in ("north", "south"):
            given = ["-a", "agreement.json", "-o", f"{name}.safetensors", "--home", name]
            assert run(["unit", "encode", "people.csv", *given]) == 0
        given = ["-a", "agreement.json", "-o", "run", "--home", "hub"]
        assert run(["broker", "match", "north.safetensors", "south.safetensors", *given]) == 0
    return signed


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_a_command_imports_no_other_commands_module(signed):
    loaded = python("-c", MODULES, "unit", "inspect", "no.file", cwd=signed).stdout.split()
    assert "pplink.cli.datasets" in loaded
    assert not {"pplink.cli.demo", "pplink.cli.broker", "pplink.cli.sessions", "pplink.cli.risk"} & set(
        loaded
    )


@pytest.mark.parametrize(
    "command",
    [
        [*ENCODE, "--blank-bad-values"],
        [*ENCODE, "--skip-bad-rows"],
        HITS,
        [*HITS, "--json"],
        ["auditor", "verify", "run", "-a", "agreement.json"],
        ["unit", "agree", "agreement.json", "--home", "north", "--yes"],
    ],
)
def test_daily_commands_load_nothing_heavy(matched, command):
    done = python("-c", LOADED, *command, cwd=matched)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_a_manifest_is_shown_without_what_reads_lists(matched):
    loaded = python("-c", MODULES, "unit", "inspect", "north.safetensors", cwd=matched).stdout.split()
    assert "pplink.dataset.reader" in loaded
    assert "pyarrow" not in loaded


@pytest.mark.parametrize("command", ["--help", "unit --help", "unit encode --help", "broker match --help"])
def test_help_loads_next_to_nothing(tmp_path, command):
    loaded = python("-c", MODULES, *command.split(), cwd=tmp_path).stdout.split()
    assert "pplink.cli.main" in loaded
    assert {"cryptography", "msgspec", "numpy", "pyarrow", *HEAVY}.isdisjoint(loaded)


def test_hits_for_another_program_are_an_object_each(matched):
    told = [python("-m", "pplink", *HITS, *more, cwd=matched).stdout for more in ([], ["--json"])]
    header, *rows = csv.reader(told[0].splitlines())
    assert header == ["record_id", "handle", "other_unit", "other_handle", "score", "cluster"]
    hits = json.loads(told[1])
    assert [list(hit) for hit in hits] == [header] * 2
    assert [[str(value) for value in hit.values()] for hit in hits] == rows
    assert {hit["record_id"]: hit["score"] for hit in hits} == {"1": 1.0, "2": 1.0}


def test_output_arrives_whole_although_the_process_ends_at_once(tmp_path):
    done = python("-m", "pplink", "unit", "init", "north", "--home", "home", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == (tmp_path / "home" / "card.json").read_text()
    assert "card fingerprint" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--version"], 0), (["nothing"], 2), (["unit", "agree", "missing.json"], 2)]
)
def test_the_process_ends_with_the_exit_code_of_its_command(tmp_path, arguments, code):
    done = python("-m", "pplink", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)
    assert done.stderr.startswith("pplink: error:") == (code != 0)


def test_a_library_that_cannot_be_loaded_is_named_and_no_fault_of_ours(monkeypatch, capsys):
    """As where memory is too short to map it."""

    def fail(**_: object) -> None:
        raise ImportError("libarrow.so: failed to map segment: Secretname", name="pyarrow.lib")

    monkeypatch.setattr(main.cli, "main", fail)
    assert main.run(["unit", "encode"]) == 7
    told = capsys.readouterr().err
    assert told.startswith(
        "pplink: error: a library cannot be loaded: pyarrow.lib\npplink: hint: if memory is short"
    )
    assert "Secretname" not in told
