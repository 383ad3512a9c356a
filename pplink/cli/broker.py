"""`pplink broker`: what the operator at the broker types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pplink.cli import keys, options, output

if TYPE_CHECKING:
    from pplink.join.planner import Plan


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
@click.option(
    "--strategy",
    type=click.Choice(["auto", "exact", "lsh"]),
    default="auto",
    show_default=True,
    help="exact compares every pair; lsh those that agree on sampled bits; auto whichever is affordable.",
)
@click.option("--recall", type=float, default=0.999, show_default=True, help="Lowest chance to find a pair.")
@click.option("--explain", is_flag=True, help="Say before comparing what will be done and what to expect.")
@options.as_json
def match(
    datasets: tuple[Path, ...],
    agreement: Path,
    target: Path,
    home: Path,
    threads: int | None,
    strategy: str,
    recall: float,
    explain: bool,
    json_: bool,
) -> None:
    """Compare two or more units' datasets as their agreement says."""
    from pplink.broker.linking import Effort
    from pplink.broker.matching import match as match_datasets
    from pplink.keys import ring

    with output.progress("comparing") as progress:
        outcome = match_datasets(
            datasets,
            agreement,
            ring.load(home),
            target,
            now=lambda: datetime.now(UTC),
            effort=Effort(strategy=strategy, recall=recall, threads=threads),
            progress=progress,
            explained=_explain if explain else None,
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
    if outcome.recall < 1:
        output.note(
            f"not every pair was compared: each was found with a chance of {outcome.recall:g} or more"
        )
    if outcome.cut:
        output.note(f"left out: {outcome.cut:,} comparisons of records too alike; their hits may be missing")
    output.note(f"run folder {target}: send it to the units and the auditors")


def _explain(plans: Sequence[tuple[str, str, Plan]]) -> None:
    for left, right, plan in plans:
        for label, text in plan.describe():
            output.note(f"{left} - {right}: {label}: {text}")
