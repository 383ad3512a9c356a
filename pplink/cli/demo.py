"""`pplink demo`: the whole job on people whose truth is known, each step by the command a user would type."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import demo_lists, demo_tables, demo_watchlist, options, output
from pplink.cli.demo_lists import DemoLists
from pplink.cli.demo_steps import step, together
from pplink.errors import UsageError

if TYPE_CHECKING:
    from pplink.evaluation.quality import Quality

MOST = 8
"""Units that meet without a broker that compares."""
PURPOSE = "--purpose 'find persons known to more than one unit' --legal-basis 'an example, no real treaty'"


@click.command()
@click.option(
    "--folder", type=options.FILE, metavar="DIR", help="A new folder to work in [default: a temporary one]."
)
@click.option(
    "--people",
    type=click.IntRange(1),
    metavar="N",
    help="Use synthetic persons, N for each unit, instead of FEBRL data.",
)
@click.option("--units", type=click.IntRange(2, 60), metavar="K", help="Units, with --people [default: 3].")
@click.option(
    "--overlap",
    type=float,
    metavar="SHARE",
    help="Share of the synthetic persons who are on another list [default: 0.1].",
)
@click.option(
    "--protocol",
    type=click.Choice(["broker_clk", "blinded_broker", "ecdh_psi", "oprf_hit", "paillier_stats"]),
    default="blinded_broker",
    show_default=True,
    help="blinded_broker shows encodings to nobody, broker_clk to the broker; ecdh_psi finds what is equal to the"
    " letter, such as documents; oprf_hit asks whether persons are on another's list; paillier_stats adds up tables.",
)
def demo(
    folder: Path | None, people: int | None, units: int | None, overlap: float | None, protocol: str
) -> None:
    """Show the whole job: units, a broker, an auditor, and the truth.

    On FEBRL data, or on synthetic persons in several scripts.
    """
    _check(people, units, overlap, protocol)
    start = time.monotonic()
    place = _new_folder(folder)
    with contextlib.chdir(place):
        lists = _lists(people, units, 0.1 if overlap is None else overlap, protocol)
        _agree(place, lists, f" --protocol {protocol}{lists.keys}")
        if protocol == "paillier_stats":
            demo_tables.run(lists)
        else:
            _judge(_done(lists, protocol))
    output.result(f"Everything is in {place}; {time.monotonic() - start:.0f} s.")


def _judge(qualities: dict[str, Quality]) -> None:
    output.result("\n# How good was it? The truth is known here.")
    rows = [
        (name, q.found, q.true_pairs, q.right, q.precision, q.recall, q.f1) for name, q in qualities.items()
    ]
    output.table("Against the truth", ("units", "found", "true", "right", "precision", "recall", "F1"), rows)


def _check(people: int | None, units: int | None, overlap: float | None, protocol: str) -> None:
    """Raise UsageError for what no demo can be."""
    if people is None and (units is not None or overlap is not None):
        raise UsageError("--units and --overlap are for made-up persons", "give --people too")
    if protocol in ("blinded_broker", "ecdh_psi") and units is not None and units > MOST:
        raise UsageError(
            f"{protocol} is run by at most {MOST} units", "name fewer --units, or --protocol broker_clk"
        )
    if protocol in ("oprf_hit", "paillier_stats") and people is not None:
        raise UsageError(
            f"{protocol} is shown on FEBRL data, whose records have its fields", "leave out --people"
        )


def _lists(people: int | None, units: int | None, overlap: float, protocol: str) -> DemoLists:
    """The units' lists, with what is agreed on them."""
    if protocol == "paillier_stats":
        return demo_lists.write_states(2)
    exact = protocol in ("ecdh_psi", "oprf_hit")
    count = units or (2 if exact else 3)
    if people is None:
        lists = demo_lists.write_papers(count) if exact else demo_lists.write_febrl(count)
    else:
        lists = demo_lists.write_population(people, count, overlap)
    if protocol == "blinded_broker" and (people is None or people > demo_lists.FEW):
        return replace(lists, preset="persons")  # one encoding a record
    if protocol == "oprf_hit":
        return replace(lists, preset="watchlist", keys=demo_watchlist.KEYS)
    if exact and people is not None:
        return replace(lists, preset="documents-exact", keys=" --key name:sound+birth_date")
    return lists


def _done(lists: DemoLists, protocol: str) -> dict[str, Quality]:
    """From the agreement to what came of it, and how good that is."""
    if protocol == "oprf_hit":
        return demo_watchlist.run(lists)
    (_link if protocol in ("blinded_broker", "ecdh_psi") else _match)(lists)
    return _measure(lists, all_=protocol == "ecdh_psi")


def _new_folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="pplink-demo-"))
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UsageError(f"{folder} exists", "name a folder that does not exist yet") from None
    return folder.resolve()


def _agree(place: Path, lists: DemoLists, protocol: str) -> None:
    """From key rings to an agreement, each step as the people at their desks would type it."""
    units = lists.units
    output.result(
        f"# {len(units)} units' lists ({lists.source}), a broker's and an auditor's desk\ncd {place}"
    )
    step("Each party makes a key ring and hands out its card.", [
        *(f"unit init {unit} --home {unit}/home -o {unit}/card.json" for unit in units),
        "broker init hub --home hub-home -o hub.json",
        "auditor init officer --home officer-home -o officer.json",
        *lists.keeper,
    ])  # fmt: skip
    cards = " ".join(f"--party {unit}/card.json" for unit in units)
    step("One unit writes the agreement down, and every unit gets a copy.", [
        f"unit propose --preset {lists.preset} {cards} --party hub.json --party officer.json {PURPOSE} --days 30"
        f"{protocol} -o proposed.json",
    ])  # fmt: skip
    for unit in units:
        output.result(f"cp proposed.json {unit}/signed.json")
        shutil.copy("proposed.json", f"{unit}/signed.json")
    step("Each unit reads and signs its own copy, and adds its share of the linkage secret.", [
        f"unit agree {unit}/signed.json --home {unit}/home --yes" for unit in units
    ])  # fmt: skip
    copies = " ".join(f"{unit}/signed.json" for unit in units)
    step("The signed copies become one agreement.", [f"unit merge {copies} -o agreement.json"])


def _match(lists: DemoLists) -> None:
    """From people to hits that an auditor verified, by way of the broker."""
    units = lists.units
    step("Each unit encodes its people. Only the .safetensors file goes to the broker.", [
        f"unit encode {unit}/people.csv -a agreement.json -o {unit}.safetensors --home {unit}/home"
        f"{lists.columns} --ignore-extra --blank-bad-values" for unit in units
    ])  # fmt: skip
    datasets = " ".join(f"{unit}.safetensors" for unit in units)
    step("The broker matches, and seals each unit's hits.", [
        f"broker match {datasets} -a agreement.json -o run --home hub-home"
    ])  # fmt: skip
    step("Each unit opens its own hits.", [
        f"unit hits run --people {unit}/people.csv{lists.record_id} --home {unit}/home -o {unit}/hits.csv"
        for unit in units
    ])  # fmt: skip
    step("The auditor checks the run, offline, with the agreement that the units signed.", [
        "auditor verify run -a agreement.json"
    ])  # fmt: skip


def _link(lists: DemoLists) -> None:
    """The same without anybody seeing an encoding."""
    Path("share").mkdir()
    together("The units and the broker run the protocol, at the same time, each in a process.", [
        "broker deal -a agreement.json --exchange share --home hub-home",
        *(f"unit link -a agreement.json --people {unit}/people.csv --exchange share -o {unit}/hits.csv"
          f" --home {unit}/home{lists.columns} --ignore-extra --blank-bad-values" for unit in lists.units),
    ])  # fmt: skip
    step("Each unit's auditor does its side again, and finds the people in it that it shows.", [
        f"unit audit {unit}/home/sessions/share --people {unit}/people.csv --home {unit}/home"
        f"{lists.columns} --ignore-extra --blank-bad-values" for unit in lists.units
    ])  # fmt: skip
    step("The auditor checks the session's record, offline, with the agreement that the units signed.", [
        "auditor verify hub-home/sessions/share -a agreement.json"
    ])  # fmt: skip


def _measure(lists: DemoLists, all_: bool) -> dict[str, Quality]:
    """Each two units' hits beside the truth. all_: hits are of persons whom all units have."""
    import pandas as pd

    from pplink.evaluation.quality import of_pairs

    found = {unit: pd.read_csv(Path(unit, "hits.csv"), dtype=str) for unit in lists.units}
    qualities = {}
    for left, right in combinations(lists.units, 2):
        mine = found[left][found[left]["other_unit"] == right]
        theirs = found[right][found[right]["other_unit"] == left]
        # a hit's two ends meet by their handles, which only here, with both units' files in one place, can be done
        both = mine.merge(theirs, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
        people = lists.people[left], lists.people[right]
        pairs = zip(both["record_id_x"].map(people[0]), both["record_id_y"].map(people[1]), strict=True)
        had = lists.people.values() if all_ else people
        truth = set.intersection(*(set(each) for each in had))
        qualities[f"{left} - {right}"] = of_pairs(pairs, ((each, each) for each in truth))
    return qualities
