"""Matching, as the broker's operator sees it: how far it is, what came of it, how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pplink.cli import output
from pplink.errors import UnavailableError

if TYPE_CHECKING:
    from pplink.broker.matching import Outcome
    from pplink.evaluation.calibration.estimating import Estimate
    from pplink.join.backends.interface import Backend
    from pplink.join.planner import Plan


def matched(
    datasets: Sequence[Path],
    agreement: Path,
    target: Path,
    home: Path,
    effort: Mapping[str, Any],
    explain: bool,
    cache: Path | None,
) -> Outcome:
    """A new match. effort: what was asked for, by the names in `Effort`."""
    from pplink.broker.linking import Effort
    from pplink.broker.matching import match
    from pplink.keys import ring

    with _told(target, home, cache) as progress:
        return match(
            datasets,
            agreement,
            ring.load(home),
            target,
            effort=Effort(**effort),
            progress=progress,
            explained=_explain if explain else None,
            cache=cache,
        )


def resumed(target: Path, home: Path, effort: Mapping[str, Any], cache: Path | None) -> Outcome:
    """The rest of one that was broken off. effort: threads and backend."""
    from pplink.broker.matching import resume
    from pplink.keys import ring

    with _told(target, home, cache) as progress:
        return resume(target, ring.load(home), progress=progress, cache=cache, **effort)


@contextmanager
def backend_named(name: str, scheduler: str | None, store: Path | None) -> Iterator[str | Backend]:
    """What compares. A cluster serves all couples of datasets, and is left at the end."""
    if name != "dask":
        yield name
        return
    from pplink.join.backends.distributed import Dask

    with Dask(scheduler, store) as cluster:
        yield cluster


def show(outcome: Outcome, target: Path, json_: bool) -> None:
    """What came of it."""
    if json_:
        output.as_json(outcome.to_json())
        return
    output.table("Datasets", ("unit", "records"), outcome.records.items())
    output.table("Hits", ("unit", "hits"), outcome.hits.items())
    if outcome.possible is not None:
        output.table("Possible hits", ("unit", "possible hits"), outcome.possible.items())
    output.note(
        f"run {outcome.run}: {outcome.comparisons:,} comparisons, {outcome.pairs:,} pairs at or above the"
        f" threshold, {outcome.clusters:,} clusters"
    )
    if outcome.reused:
        whose = ("couple", "its") if outcome.reused == 1 else ("couples", "their")
        output.note(
            f"{outcome.reused:,} {whose[0]} of datasets had not changed: {whose[1]} pairs were in the cache"
        )
    if outcome.expected_false is not None and outcome.pairs:
        right = 1 - outcome.expected_false.false / outcome.pairs
        output.note(
            f"of these pairs, expected to be false before assignment: {outcome.expected_false}; about {right:.0%} right"
        )
    if outcome.estimated is not None:
        _estimated(outcome.estimated, outcome.threshold)
    if outcome.recall < 1:
        output.note(
            f"not every pair was compared: each was found with a chance of {outcome.recall:g} or more"
        )
    if outcome.cut:
        output.note(f"left out: {outcome.cut:,} comparisons of records too alike; their hits may be missing")
    output.note(f"run folder {target}: send it to the units and the auditors")


def _estimated(told: Estimate, agreed: float) -> None:
    output.note(
        f"of the hits, estimated without truth: precision {told.precision}, recall {told.recall}; intervals of 95 %, by"
        " made-up lists and FEBRL"
    )
    where = (
        "as agreed" if told.best == agreed else f"{'lower' if told.best < agreed else 'higher'} than agreed"
    )
    output.note(
        f"the best F1 is expected at threshold {told.best:g}, {where}: precision {told.best_precision:.3f}, recall"
        f" {told.best_recall:.3f}"
    )
    if told.best != agreed:
        output.note(
            f"for a new agreement on lists like these: pplink unit propose ... --threshold {told.best:g}"
        )


@contextmanager
def _told(target: Path, home: Path, cache: Path | None) -> Iterator[output.Progress]:
    """Progress; and if it breaks off, what is done and how to go on."""
    from pplink.broker.journal import beside

    done, of = 0, 1
    try:
        with output.progress("comparing") as progress:

            def advance(now: int, total: int) -> None:
                nonlocal done, of
                done, of = now, total
                progress(now, total)

            yield advance
    except (KeyboardInterrupt, MemoryError, UnavailableError):
        if beside(target).is_dir():
            output.note(
                f"{100 * done // of} % compared, and put by in {beside(target)} but for the last seconds"
            )
            names = f"{shlex.quote(str(target))} --home {shlex.quote(str(home))}"
            if cache is not None:
                names += f" --cache {shlex.quote(str(cache))}"
            output.note(f"go on with: pplink broker match --resume {names}")
        raise


def _explain(plans: Sequence[tuple[str, str, Plan]]) -> None:
    for left, right, plan in plans:
        for label, text in plan.describe():
            output.note(f"{left} - {right}: {label}: {text}")
