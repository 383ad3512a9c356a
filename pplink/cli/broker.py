"""`pplink broker`: what the operator at the broker types."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pplink.cli import keys, options, output


@click.group()
def broker() -> None:
    """A broker: match datasets, seal each unit's hits, keep the log."""


broker.add_command(keys.init_for("broker"))


@broker.command()
@click.argument("datasets", type=options.FILE, nargs=-1, required=True)
@options.agreement
@options.output("The run folder, which must not exist yet.")
@options.home
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads to use [default: all cores].")
@options.as_json
def match(
    datasets: tuple[Path, ...], agreement: Path, target: Path, home: Path, threads: int | None, json_: bool
) -> None:
    """Compare two or more units' datasets as their agreement says."""
    from pplink.broker.matching import match as match_datasets
    from pplink.keys import ring

    with output.progress("comparing") as progress:
        outcome = match_datasets(
            datasets,
            agreement,
            ring.load(home),
            target,
            now=lambda: datetime.now(UTC),
            threads=threads,
            progress=progress,
        )
    if json_:
        output.as_json(outcome.to_json())
        return
    output.table("Datasets", ("unit", "records"), outcome.records.items())
    output.table("Hits", ("unit", "hits"), outcome.hits.items())
    output.note(
        f"run {outcome.run}: {outcome.comparisons:,} comparisons, {outcome.pairs:,} pairs at or above the"
        f" threshold, {outcome.clusters:,} clusters"
    )
    output.note(f"run folder {target}: send it to the units and the auditors")
