"""The program as a process: it ends with its code and all its output, and starts with little."""

from __future__ import annotations

import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest

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
PEOPLE = "record_id,given_name,family_name,birth_date,place\n1,Anna,Novak,1970-01-01,Varna\n2,Bo,Li,,Lyon\n"


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A folder with key rings north, south and hub, an agreement that both units signed, and a list."""
    tmp_path.joinpath("people.csv").write_text(PEOPLE)
    with chdir(tmp_path):
        for role, name in (("unit", "north"), ("unit", "south"), ("broker", "hub")):
            assert run([role, "init", name, "--home", name, "-o", f"{name}.json"]) == 0
        cards = [f"--party={name}.json" for name in ("north", "south", "hub")]
        why = ["--purpose", "test", "--legal-basis", "none", "--days", "1", "-o", "agreement.json"]
        assert run(["unit", "propose", *cards, *why, "--protocol", "broker_clk"]) == 0
        for name in ("north", "south"):
            assert run(["unit", "agree", "agreement.json", "--home", name, "--yes"]) == 0
    return tmp_path


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_a_command_imports_no_other_commands_module(signed):
    program = "import sys; from pplink.cli.main import run; run(['unit', 'inspect', 'no.file']); print(*sys.modules)"
    loaded = python("-c", program, cwd=signed).stdout.split()
    assert "pplink.cli.datasets" in loaded
    assert not {"pplink.cli.demo", "pplink.cli.broker", "pplink.cli.sessions", "pplink.cli.risk"} & set(
        loaded
    )


def test_encoding_a_csv_file_loads_nothing_heavy(signed):
    command = [
        "unit",
        "encode",
        "people.csv",
        "-a",
        "agreement.json",
        "-o",
        "n.safetensors",
        "--home",
        "north",
    ]
    done = python("-c", LOADED, *command, cwd=signed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"


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
