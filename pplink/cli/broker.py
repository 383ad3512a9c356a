"""`pplink broker`: what the operator at the broker types."""

from __future__ import annotations

from pathlib import Path

import click

from pplink.cli import keys, matching, options
from pplink.cli.late import LateGroup
from pplink.errors import UsageError


@click.group(cls=LateGroup, homes={"deal": "pplink.cli.sessions:deal"})
def broker() -> None:
    """Broker: deal masks or match datasets, and keep the log."""


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
@click.option("--recall", type=float, help="Lowest probability of finding a pair [default: 0.999].")
@click.option("--seed", type=click.IntRange(0, 2**53 - 1), help="Seed of the sampled bits [default: 0].")
@click.option(
    "--backend",
    type=click.Choice(["cpu", "dask", "gpu"]),
    default="cpu",
    show_default=True,
    help="What compares: this machine, a Dask cluster, or a CUDA GPU, for which auto compares every pair.",
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Address of the Dask cluster [default: processes on this machine]."
)
@click.option(
    "--store", type=options.FILE, metavar="DIR", help="A folder that all workers share, for encodings."
)
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
    help="Continue the interrupted match to run folder DIR, instead of DATASETS.",
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
    backend: str,
    scheduler: str | None,
    store: Path | None,
    explain: bool,
    cache: Path | None,
    resume: Path | None,
    json_: bool,
) -> None:
    """Compare units' datasets as their agreement says."""
    asked = {"strategy": strategy, "recall": recall, "seed": seed}
    given = {name: value for name, value in asked.items() if value is not None}
    if backend != "dask" and (scheduler, store) != (None, None):
        raise UsageError("--scheduler and --store are for --backend dask", "add it, or leave them out")
    if resume is not None and any((datasets, agreement, target, given, explain)):
        raise UsageError(
            "--resume takes what to match, and with what choices, from the match it goes on with",
            "give it with --home, --threads, --backend and --cache alone",
        )
    with matching.backend_named(backend, scheduler, store) as chosen:
        effort = {**given, "threads": threads, "backend": chosen}
        if resume is not None:
            place, outcome = resume, matching.resumed(resume, home, effort, cache)
        elif datasets and agreement is not None and target is not None:
            outcome = matching.matched(datasets, agreement, target, home, effort, explain, cache)
            place = target
        else:
            raise UsageError(
                "datasets, --agreement or --output is missing",
                "or --resume DIR; see `pplink broker match --help`",
            )
    matching.show(outcome, place, json_)
