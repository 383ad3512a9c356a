"""`pplink broker`: what the operator at the broker types."""

from __future__ import annotations

from pathlib import Path

import click

from pplink.cli import keys, matching, options
from pplink.errors import UsageError


@click.group()
def broker() -> None:
    """A broker: match datasets, seal each unit's hits, keep the log."""


broker.add_command(keys.init_for("broker"))


@broker.command()
@click.argument("datasets", type=options.FILE, nargs=-1)
@click.option("-a", "--agreement", type=options.FILE, metavar="FILE", help="The signed agreement.")
@options.output("The run folder, which must not exist yet.", required=False)
@options.home
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads to use [default: all cores].")
@click.option(
    "--strategy",
    type=click.Choice(["auto", "exact", "lsh"]),
    help="exact compares every pair; lsh those that agree on sampled bits; auto whichever is affordable"
    " [default: auto].",
)
@click.option("--recall", type=float, help="Lowest chance to find a pair [default: 0.999].")
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), help="Draws the sampled bits [default: 0].")
@click.option("--explain", is_flag=True, help="Say before comparing what will be done and what to expect.")
@click.option(
    "--cache",
    type=options.FILE,
    metavar="DIR",
    help="Keep the pairs found in folder DIR, and compare only datasets that changed since a match with it.",
)
@click.option(
    "--resume",
    type=options.FILE,
    metavar="DIR",
    help="Go on with the match to run folder DIR that was broken off, instead of DATASETS.",
)
@options.as_json
def match(
    datasets: tuple[Path, ...],
    agreement: Path | None,
    target: Path | None,
    home: Path,
    threads: int | None,
    strategy: str | None,
    recall: float | None,
    seed: int | None,
    explain: bool,
    cache: Path | None,
    resume: Path | None,
    json_: bool,
) -> None:
    """Compare two or more units' datasets as their agreement says."""
    asked = {"strategy": strategy, "recall": recall, "seed": seed}
    given = {name: value for name, value in asked.items() if value is not None}
    if resume is not None:
        if datasets or agreement or target or given or explain:
            raise UsageError(
                "--resume takes all but --home, --threads, --cache and --json from the match it goes on with"
            )
        outcome, target = matching.resumed(resume, home, threads, cache), resume
    elif not datasets or agreement is None or target is None:
        raise UsageError(
            "datasets, --agreement or --output is missing",
            "or --resume DIR; see `pplink broker match --help`",
        )
    else:
        chosen = given | {"threads": threads}
        outcome = matching.matched(datasets, agreement, target, home, chosen, explain, cache)
    matching.show(outcome, target, json_)
