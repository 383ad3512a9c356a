"""`pplink demo`: the whole job on a published benchmark, each step by the command a user would type."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output
from pplink.errors import UsageError

if TYPE_CHECKING:
    from pplink.evaluation.quality import Quality

UNITS = ("north", "south", "west")
COLUMNS = "--map rec_id=record_id --map surname=family_name --map date_of_birth=birth_date --map suburb=place"
PURPOSE = "--purpose 'find persons known to more than one unit' --legal-basis 'an example, no real treaty'"


@click.command()
@click.option(
    "--folder", type=options.FILE, metavar="DIR", help="A new folder to work in [default: temporary]."
)
def demo(folder: Path | None) -> None:
    """Three units, a broker and an auditor do the whole job on FEBRL data, with truth at the end."""
    start = time.monotonic()
    place = _new_folder(folder)
    with contextlib.chdir(place):
        _write_people()
        _tell(place)
        qualities = _measure()
    output.result("\n# How good was it? The benchmark says which records are one person.")
    rows = [
        (name, q.found, q.true_pairs, q.right, q.precision, q.recall, q.f1) for name, q in qualities.items()
    ]
    output.table("Against the truth", ("units", "found", "true", "right", "precision", "recall", "F1"), rows)
    output.result(f"Everything is in {place}; {time.monotonic() - start:.0f} s.")


def _new_folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="pplink-demo-"))
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{folder} exists", "name a folder that does not exist yet") from None
    return folder.resolve()


def _write_people() -> None:
    from pplink.evaluation import febrl

    for unit, frame in febrl.units(UNITS).items():
        Path(unit).mkdir()
        frame.to_csv(Path(unit, "people.csv"), index=False)


def _tell(place: Path) -> None:
    """Every step, as the people at five desks would type it."""
    output.result(f"# Three units' lists, a broker's and an auditor's desk, in {place}\ncd {place}")
    _step("Each party makes a key ring and hands out its card.", [
        *(f"unit init {unit} --home {unit}/home -o {unit}/card.json" for unit in UNITS),
        "broker init hub --home hub-home -o hub.json",
        "auditor init officer --home officer-home -o officer.json",
    ])  # fmt: skip
    cards = " ".join(f"--party {unit}/card.json" for unit in UNITS)
    _step("One unit writes the agreement down.", [
        f"unit propose --preset persons {cards} --party hub.json --party officer.json {PURPOSE} --days 30"
        " -o proposed.json",
    ])  # fmt: skip
    for unit in UNITS:
        shutil.copy("proposed.json", f"{unit}/signed.json")
    _step("Each unit reads and signs its own copy, and adds its share of the linkage secret.", [
        f"unit agree {unit}/signed.json --home {unit}/home --yes" for unit in UNITS
    ])  # fmt: skip
    copies = " ".join(f"{unit}/signed.json" for unit in UNITS)
    _step("The signed copies become one agreement.", [f"unit merge {copies} -o agreement.json"])
    _step("Each unit encodes its people. Only the .safetensors file goes to the broker.", [
        f"unit encode {unit}/people.csv -a agreement.json -o {unit}.safetensors --home {unit}/home"
        f" {COLUMNS} --ignore-extra --blank-bad-values" for unit in UNITS
    ])  # fmt: skip
    datasets = " ".join(f"{unit}.safetensors" for unit in UNITS)
    _step("The broker matches, and seals each unit's hits.", [
        f"broker match {datasets} -a agreement.json -o run --home hub-home"
    ])  # fmt: skip
    _step("Each unit opens its own hits.", [
        f"unit hits run --people {unit}/people.csv --map rec_id=record_id --home {unit}/home -o {unit}/hits.csv"
        for unit in UNITS
    ])  # fmt: skip
    _step("The auditor checks the run, offline, with the agreement that the units signed.", [
        "auditor verify run -a agreement.json"
    ])  # fmt: skip


def _step(title: str, commands: Sequence[str]) -> None:
    """Run the commands; show what the last one prints, for the others are its like."""
    output.result(f"\n# {title}")
    for number, command in enumerate(commands, 1):
        output.result(f"pplink {command}")
        with _quiet(number < len(commands)):
            _run(shlex.split(command))


@contextlib.contextmanager
def _quiet(active: bool) -> Iterator[None]:
    if not active:
        yield
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _run(arguments: list[str]) -> None:
    program = click.get_current_context().find_root().command
    with _without("PPLINK_HOME"):  # a home named in the environment would be a real one
        program.main(args=arguments, prog_name="pplink", standalone_mode=False)


@contextlib.contextmanager
def _without(name: str) -> Iterator[None]:
    value = os.environ.pop(name, None)
    try:
        yield
    finally:
        if value is not None:
            os.environ[name] = value


def _measure() -> dict[str, Quality]:
    """Each two units' hits beside the truth: FEBRL's record ids name the person."""
    import pandas as pd

    from pplink.evaluation import febrl
    from pplink.evaluation.quality import of_pairs

    people = {
        unit: pd.read_csv(Path(unit, "people.csv"), dtype=str)["rec_id"].map(febrl.person) for unit in UNITS
    }
    found = {unit: pd.read_csv(Path(unit, "hits.csv"), dtype=str) for unit in UNITS}
    qualities = {}
    for left, right in combinations(UNITS, 2):
        mine = found[left][found[left]["other_unit"] == right]
        theirs = found[right][found[right]["other_unit"] == left]
        # a hit's two ends meet by their handles, which only here, with both units' files in one place, can be done
        both = mine.merge(theirs, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
        pairs = zip(both["record_id_x"].map(febrl.person), both["record_id_y"].map(febrl.person), strict=True)
        truth = set(people[left]) & set(people[right])
        qualities[f"{left} - {right}"] = of_pairs(pairs, ((each, each) for each in truth))
    return qualities
