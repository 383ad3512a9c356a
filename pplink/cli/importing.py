"""`pplink unit import`: a public list, or another system's file, as the table that `encode` and `link` read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import options, output

if TYPE_CHECKING:
    from pplink.importers.person import People


@click.command("import")
@click.argument("files", type=options.FILE, nargs=-1, required=True)
@click.option("--format", "format_", metavar="NAME", help="The list's format [default: detected].")
@options.output("The table of people, as CSV.")
@options.as_json
def import_(files: tuple[Path, ...], format_: str | None, target: Path, json_: bool) -> None:
    """Convert a public list to a table of people.

    One row a person; several names, dates or papers are separated by `;`.

    Formats: ofac-xml, ofac-csv (sdn.csv, alt.csv, add.csv, sdn_comments.csv), eu-xml, un-xml, interpol-json,
    followthemoney. Values that no field could read are left out and counted.
    """
    from pplink.importers import catalogue
    from pplink.importers.table import to_table, write_people

    options.spare(target, *files)
    people = catalogue.read(files, format_)
    write_people(target, to_table(people))
    if json_:
        output.as_json(people.to_json())
    else:
        _show(people)
    output.note(f"{len(people.persons):,} persons in {target}: people's data, which stays here")


def _show(people: People) -> None:
    rows = [
        (each.column, each.persons, each.values, each.left_out, each.first_problem)
        for each in people.counts()
    ]
    header = ("column", "persons", "values", "left out", "because the first such")
    output.table(f"{len(people.persons):,} persons", header, rows)
    for kind, number in people.others.items():
        output.result(f"left out, as no person: {number:,} of type {kind}")
