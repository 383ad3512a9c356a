"""Lists too strange to be written in a transcript: endless names, endless aliases. Row and field, never the value."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pplink.cli.main import run

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
    parties = " ".join(f"--party {name}.json" for name in ("north", "south", "hub"))
    terms = (
        f"--preset {preset} --protocol broker_clk --purpose test --legal-basis none --days 30 -o strange.json"
    )
    assert run(shlex.split(f"unit propose {parties} {terms}")) == 0
    for unit in ("north", "south"):
        assert run(["unit", "agree", "strange.json", "--home", unit, "--yes"]) == 0
    return folder


def encode(rows: str, unit: str = "north", agreement: str = "strange.json") -> int:
    Path("list.csv").write_text(rows)
    return run(["unit", "encode", "list.csv", "-a", agreement, "-o", f"{unit}.st", "--home", unit])


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


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


def test_a_name_of_500_letters_would_be_like_any_other_and_is_refused_by_row_and_field(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    scene("signed")
    long = "".join(letters(number) for number in range(250))[:500]
    rows = f"{HEADER}\nn1,Boris,Petrov,1970-01-02,Varna\nn2,Anna,{long},1980-03-04,Lund\n"
    assert encode(rows, "north", "agreement.json") == 4
    told = "".join(capfd.readouterr())
    assert "error: row 2: family_name makes the encoding so full that it could be anybody's" in told
    assert long[:20] not in told
    Path("list.csv").write_text(rows)
    assert (
        run(shlex.split("unit encode list.csv -a agreement.json -o n.st --home north --skip-bad-rows")) == 0
    )
    assert "1 records encoded" in capfd.readouterr().err


@pytest.mark.usefixtures("crossing")
def test_a_name_of_500_letters_across_borders_meets_nobody_but_itself(
    capfd: pytest.CaptureFixture[str],
) -> None:
    long = "".join(letters(number) for number in range(250))[:500]
    other = "".join(chr(ord(letter) + 10) for letter in long)
    header, usual = "record_id,name,birth_date", "Boris Petrov,1970-01-02"
    assert encode(f"{header}\nn1,{long},1980-03-04\nn2,{usual}\n", "north") == 0
    assert encode(f"{header}\ns1,{other},1955-12-11\ns2,{usual}\n", "south") == 0
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
