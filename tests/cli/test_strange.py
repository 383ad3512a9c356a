"""Lists too strange to be written in a transcript: endless names, endless aliases. Row and field, never the value."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from pplink.cli.main import run
from tests.cli import steps

Scene = Callable[[str], Path]
HEADER = "record_id,given_name,family_name,birth_date,place"


@pytest.fixture
def shown(scene: Scene) -> Path:
    """A folder with an agreement from the preset `persons-shown`, signed."""
    return signed(scene, "persons-shown")


@pytest.fixture
def crossing(scene: Scene) -> Path:
    """The same from `persons-crossborder`."""
    return signed(scene, "persons-crossborder")


def signed(scene: Scene, preset: str) -> Path:
    folder = scene("signed")
    steps.agreed("strange.json", f"--preset {preset} --protocol broker_clk", others=("hub",))
    return folder


def encode(rows: str, unit: str = "north", agreement: str = "strange.json") -> int:
    Path("list.csv").write_text(rows)
    return run(["unit", "encode", "list.csv", "-a", agreement, "-o", f"{unit}.st", "--home", unit])


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


LONG = "".join(letters(number) for number in range(250))[:500]
OTHER = "".join(chr(ord(letter) + 10) for letter in LONG)
"""Another name of 500 letters, none of which LONG has."""


@pytest.mark.parametrize("place", ["shown", "crossing"])
def test_twenty_thousand_variants_of_one_person_are_refused_by_row(
    place: str, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    request.getfixturevalue(place)
    names = [f"Secretname {letters(number)}" for number in range(20_000)]
    if place == "shown":
        rows = "\n".join(f"a,{name},Berg,1970-01-02,Varna" for name in names)
        code = encode(f"{HEADER}\n{rows}\n")
    else:
        rows = "\n".join(f"a,{name},1970" for name in names)
        code = encode(f"record_id,name,birth_date\n{rows}\n")
    told = "".join(capfd.readouterr())
    assert code == 4
    assert (
        "error: row 17: record_id has more variants than the agreement allows, and 19,983 more bad rows"
        in told
    )
    assert "secretname" not in told.lower()
    assert not Path("north.st").exists()


@pytest.mark.usefixtures("crossing")
def test_a_cell_of_a_hundred_thousand_names_is_refused_by_row(capfd: pytest.CaptureFixture[str]) -> None:
    names = ";".join(f"Secretname {letters(number)}" for number in range(100_000))
    assert encode(f'record_id,name,birth_date\nb,Anna Berg,1970\na,"{names}",1970\n') == 4
    told = "".join(capfd.readouterr())
    assert "error: row 2: record_id has more variants than the agreement allows" in told
    assert "secretname" not in told.lower()


@pytest.mark.usefixtures("shown")
def test_a_name_of_500_letters_would_be_like_any_other_and_is_refused_by_row_and_field(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rows = f"{HEADER}\nn1,Boris,Petrov,1970-01-02,Varna\nn2,Anna,{LONG},1980-03-04,Lund\n"
    assert encode(rows) == 4
    told = "".join(capfd.readouterr())
    assert "error: row 2: family_name makes the encoding so full that it could be anybody's" in told
    assert LONG[:20] not in told
    again = "unit encode list.csv -a strange.json -o n.st --home north --skip-bad-rows"
    assert run(shlex.split(again)) == 0
    assert "1 records encoded" in capfd.readouterr().err


def test_a_name_of_500_letters_has_as_many_bits_as_any_other_if_bits_are_counted_by_value(
    scene: Scene,
) -> None:
    scene("signed")
    names = ("Petrov", LONG, OTHER)
    rows = [f"n{number},Anna,{name},1980-03-04,Lund" for number, name in enumerate(names)]
    assert encode("\n".join([HEADER, *rows, ""]), "north", "agreement.json") == 0
    usual, one, other = load(Path("north.st").read_bytes())["encoding"]
    bits = [int(np.bitwise_count(row).sum()) for row in (usual, one, other)]
    assert max(bits) < 1.1 * min(bits)
    shared = int(np.bitwise_count(one & other).sum())
    assert shared < int(np.bitwise_count(one & one).sum()) - 40  # as two names that have nothing in common


@pytest.mark.usefixtures("crossing")
def test_a_name_of_500_letters_across_borders_meets_nobody_but_itself(
    capfd: pytest.CaptureFixture[str],
) -> None:
    header, usual = "record_id,name,birth_date", "Boris Petrov,1970-01-02"
    assert encode(f"{header}\nn1,{LONG},1980-03-04\nn2,{usual}\n", "north") == 0
    assert encode(f"{header}\ns1,{OTHER},1955-12-11\ns2,{usual}\n", "south") == 0
    assert run(shlex.split("broker match north.st south.st -a strange.json -o run --home hub")) == 0
    assert run(shlex.split("unit hits run --people list.csv --home south")) == 0
    told = capfd.readouterr().out
    assert "\ns2," in told
    assert "\ns1," not in told


@pytest.mark.usefixtures("scene")
def test_a_name_of_5000_letters_is_damage(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    scene("signed")
    rows = f"{HEADER}\n1,Anna,Berg,1980-03-04,Lund\n2,{'secretname' * 500},Berg,1980-03-04,Lund\n"
    assert encode(rows, "north", "agreement.json") == 4
    told = "".join(capfd.readouterr())
    assert "row 2" in told
    assert "longer than 4,096 characters" in told
    assert "secretname" not in told.lower()
