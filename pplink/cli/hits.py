"""`pplink unit hits`: open what the broker sealed for this unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pplink.cli import options, output
from pplink.cli.reading import Reading, columns, delimiter, reads, text_encoding


@click.command()
@click.argument("run", type=options.FILE)
@click.option("--people", type=options.FILE, required=True, metavar="FILE", help="The list that was encoded.")
@options.home
@reads(columns, delimiter, text_encoding)
@click.option(
    "-a", "--agreement", type=options.FILE, metavar="FILE", help="The run must have followed this one."
)
@options.output("Write a CSV file here instead of printing it.", required=False)
@click.option(
    "--possible", type=options.FILE, metavar="FILE", help="Possible hits [default: OUTPUT.possible.csv]."
)
@options.as_json
def hits(
    run: Path,
    people: Path,
    home: Path,
    reading: Reading,
    agreement: Path | None,
    target: Path | None,
    possible: Path | None,
    json_: bool,
) -> None:
    """Verify a run folder and open this unit's hits."""
    from pplink.agreement import text
    from pplink.disclosure.hits import open_run
    from pplink.disclosure.resolving import to_columns
    from pplink.keys import ring

    if possible is None and target is not None:
        possible = target.parent / f"{target.name}.possible.csv"
    options.spare(target, run, people, agreement, possible, home=home)
    options.spare(possible, run, people, agreement, target, home=home)
    keys = ring.load(home)
    pinned = None if agreement is None else text.load(agreement).id
    opened = open_run(keys, run, agreement_id=pinned)
    ids = reading.record_ids(people)
    key = keys.handle_key(opened.header.agreement)
    found = to_columns(opened.hits, ids, key)
    output.private(_json_of(found) if json_ else output.csv_of_columns(found), target)
    output.note(f"{len(opened.hits):,} hits for unit {keys.name}" + (f" in {target}" if target else ""))
    if opened.possible is not None:
        grey = to_columns(opened.possible, ids, key)
        if possible is not None:
            output.private(output.csv_of_columns(grey), possible)
        output.note(
            f"{len(opened.possible):,} possible hits, for somebody to look at"
            + (f", in {possible}" if possible else ": name a file for them with `--possible`")
        )


def _json_of(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """An object a hit."""
    hits = [dict(zip(columns, hit, strict=True)) for hit in zip(*columns.values(), strict=True)]
    return (output.json_of(hits) + "\n").encode()
