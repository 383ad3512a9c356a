"""Matching: a run from datasets to sealed hits, each step in the log, in a folder that is whole or not there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET

from pplink.audit.events import Counts, LinkCount, read_time, write_time
from pplink.audit.log import log_of
from pplink.broker.acts import closing, opening
from pplink.broker.cache import Cache
from pplink.broker.header import Header, header_of
from pplink.broker.intake import Intake, receive
from pplink.broker.journal import Journal, beside
from pplink.broker.linking import Effort, Links, Progress, Rows, components, link, plans
from pplink.broker.writing import check_target, write_run
from pplink.disclosure.clusters import cluster_ids
from pplink.disclosure.columns import Bytes, Hits
from pplink.disclosure.hits import seal_hits
from pplink.errors import PplinkError, UnavailableError, UsageError
from pplink.evaluation.calibration.estimating import Estimate, estimate
from pplink.evaluation.calibration.stating import Stated, state, strangers_of
from pplink.join.api import check_choice
from pplink.join.backends.interface import Backend
from pplink.join.pairs import Pairs
from pplink.join.planner import Plan
from pplink.keys.ring import KeyRing

Clock = Callable[[], datetime]

AS_PLANNED = Effort()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A finished run in numbers."""

    run: str
    """Its name."""
    threshold: float
    """As agreed."""
    records: Mapping[str, int]
    """By unit."""
    hits: Mapping[str, int]
    """By unit that may learn them."""
    possible: Mapping[str, int] | None
    """Possible hits, likewise; None if the agreement has none."""
    comparisons: int
    pairs: int
    """At or above the threshold, before solving."""
    clusters: int
    recall: float
    """The chance with which each pair at or above the threshold was found, at least; 1: all were compared."""
    cut: int
    """Comparisons planned and left out because records were too alike."""
    reused: int
    """Couples of datasets that an earlier match had compared."""
    expected_false: Stated | None
    """How many of `pairs` are strangers, as the pairs of two datasets tell; of short ones, and without hits, as each
    dataset by itself does. None: cannot be told."""
    estimated: Estimate | None
    """What the hits are worth, without any truth; None: cannot be told."""

    def to_json(self) -> dict[str, Any]:
        """For another program."""
        return asdict(self)


def match(
    datasets: Sequence[Path],
    agreement: Path,
    ring: KeyRing,
    target: Path,
    *,
    now: Clock = lambda: datetime.now(UTC),
    effort: Effort = AS_PLANNED,
    progress: Progress | None = None,
    explained: Callable[[Sequence[tuple[str, str, Plan]]], None] | None = None,
    cache: Path | None = None,
) -> Outcome:
    """Match the datasets as the agreement says and leave a run folder at `target`.

    ring: the broker's. explained: told, before any comparison, how each two units' datasets will be compared and
    what to expect. cache: a folder where pairs found are kept, so that the next match with it compares only
    datasets that changed; see `cache`. The run folder appears when all of it is written; what was found till then
    is put by beside it every few seconds, see `journal`.
    Raises UsageError if it is there already or an earlier match's journal is, what `receive` raises before any
    comparison, RefusedError if the threshold lets through too many pairs or others have a right to the cache,
    IntegrityError if the run would not verify or an entry of the cache is damaged, UnavailableError if the
    disk will not have it.
    """
    check_target(target)
    check_choice(effort.strategy, effort.recall, effort.seed)
    intake = receive(datasets, agreement, ring, now().astimezone(UTC).date())
    known = None if cache is None else Cache.opened(cache, intake, effort)
    header = header_of(intake, effort.chosen, secrets.token_hex(8), write_time(now()))
    journal = Journal.new(target, header)
    if explained is not None:
        explained(_plans(intake, effort, known))
    return _matched(intake, ring, target, now, effort, progress, journal, known)


def resume(
    target: Path,
    ring: KeyRing,
    *,
    now: Clock = lambda: datetime.now(UTC),
    threads: int | None = None,
    backend: str | Backend = "cpu",
    progress: Progress | None = None,
    cache: Path | None = None,
) -> Outcome:
    """Go on with the match to `target` that was broken off, from what its journal holds.

    The files and what the broker chose are those it began with. The run decides and tells each unit the same, byte
    for byte, as if it had never stopped; see FORMAT.md for what is not the same.
    threads, backend: may be others than it began with.
    Raises UsageError if there is no journal, IntegrityError if a file or the journal is another; else as `match`.
    """
    if target.is_dir() and not beside(target).is_dir():
        raise UsageError(
            f"{target} is there already, and no match to it was broken off",
            f"`pplink auditor verify {target}` tells whether it is whole",
        )
    check_target(target)
    journal = Journal.reopened(target)
    with _left_open(journal):
        header = journal.header
        files = [source.file for source in header.datasets]
        intake = receive(files, header.agreement.file, ring, now().astimezone(UTC).date())
        header.check(intake)
        chosen = header.chosen
        effort = Effort(
            strategy=chosen.strategy, recall=chosen.recall, seed=chosen.seed, threads=threads, backend=backend
        )
        known = None if cache is None else Cache.opened(cache, intake, effort)
    return _matched(intake, ring, target, now, effort, progress, journal, known)


def _plans(intake: Intake, effort: Effort, known: Cache | None) -> list[tuple[str, str, Plan]]:
    """For every two units whose datasets will be compared."""
    told = plans([each.encoding for each in intake.datasets], intake.agreement.terms, effort)
    couples = combinations(range(len(intake.datasets)), 2)
    return [
        (intake.units[i], intake.units[j], plan)
        for (i, j), plan in zip(couples, told, strict=True)
        if known is None or not known.has((i, j))
    ]


def _matched(
    intake: Intake,
    ring: KeyRing,
    target: Path,
    now: Clock,
    effort: Effort,
    progress: Progress | None,
    journal: Journal,
    known: Cache | None,
) -> Outcome:
    with _left_if_useful(journal):
        links = link(
            [each.encoding for each in intake.datasets],
            intake.agreement.terms,
            effort,
            progress,
            journal.keeper,
            known,
        )
        if known is not None:
            known.prune()
        told = _told(intake, links)
        _write(intake, told, ring, target, journal.header, now)
    return _outcome(intake, links, told, journal.header.run)


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What units and the log are told."""

    hits: Mapping[str, Hits]
    """By unit that may learn them."""
    possible: Mapping[str, Hits] | None
    """Possible hits, likewise; None if the agreement has none."""
    counts: Counts


def _told(intake: Intake, links: Links) -> _Told:
    sizes = [len(each) for each in intake.datasets]
    labels = links.components(sizes)
    possible = (
        None if links.possible is None else _hits(intake, links.possible, components(links.possible, sizes))
    )
    return _Told(
        hits=_hits(intake, links.kept, labels), possible=possible, counts=_counts(intake, links, labels)
    )


def _write(intake: Intake, told: _Told, ring: KeyRing, target: Path, header: Header, now: Clock) -> None:
    """The run folder: sealed hits, and the log of all acts with its checkpoint."""
    run, possible = header.run, told.possible
    sealed = {
        unit: seal_hits(unit, intake.agreement, run, hits, None if possible is None else possible[unit])
        for unit, hits in told.hits.items()
    }
    finished = write_time(max(read_time(header.opened), now()))
    log = log_of((
        *opening(intake, header, ring),
        *closing(told.counts, told.hits, possible, sealed, run, finished, ring),
    ))  # fmt: skip
    write_run(target, intake.agreement_bytes, log.to_bytes(), log.checkpoint(ring, run), sealed)


@contextmanager
def _left_open(journal: Journal) -> Iterator[None]:
    """If what it began with is not there, the journal stays for whoever puts that back."""
    try:
        yield
    except BaseException:
        journal.close()
        raise


@contextmanager
def _left_if_useful(journal: Journal) -> Iterator[None]:
    """The journal goes when the run is done, or cannot be: what is refused now would be refused again."""
    try:
        yield
    except UnavailableError:
        journal.close()
        raise
    except PplinkError:
        journal.remove()
        raise
    except BaseException:
        journal.close()
        raise
    journal.remove()


def _outcome(intake: Intake, links: Links, told: _Told, run: str) -> Outcome:
    counts = told.counts
    rows, terms = [each.encoding for each in intake.datasets], intake.agreement.terms
    strangers = strangers_of(rows, terms.measure, variants=terms.encoding.rows)
    estimated = None if strangers is None else estimate(rows, links.kept, terms, strangers)
    false = state(strangers, terms.threshold, counts.comparisons) if estimated is None else estimated.false
    return Outcome(
        run=run,
        threshold=terms.threshold,
        records={each.manifest.unit: len(each) for each in intake.datasets},
        hits={unit: len(hits) for unit, hits in told.hits.items()},
        possible=None if told.possible is None else {unit: len(few) for unit, few in told.possible.items()},
        comparisons=counts.comparisons,
        pairs=counts.found,
        clusters=counts.clusters,
        recall=counts.recall,
        cut=counts.cut,
        reused=links.reused,
        expected_false=None if false is None else false.at_most(counts.found),
        estimated=estimated,
    )


def _hits(intake: Intake, links: Mapping[tuple[int, int], Pairs], labels: Sequence[Rows]) -> dict[str, Hits]:
    """What each unit that may learn anything learns: its own links, seen from its side."""
    handles = [each.handle for each in intake.datasets]
    ids = cluster_ids(intake.units, handles, labels)
    allowed = intake.agreement.terms.learns.hits_to
    return {
        unit: _hits_of(place, intake.units, links, handles, ids)
        for place, unit in enumerate(intake.units)
        if unit in allowed
    }


def _hits_of(
    place: int,
    units: tuple[str, ...],
    links: Mapping[tuple[int, int], Pairs],
    handles: Sequence[Bytes],
    ids: Sequence[Bytes],
) -> Hits:
    others = [other for other in range(len(units)) if other != place]
    own, their, unit, score = [], [], [], []
    for number, other in enumerate(others):
        pairs = links[min(place, other), max(place, other)]
        mine, theirs = (pairs.left, pairs.right) if place < other else (pairs.right, pairs.left)
        own.append(mine)
        their.append(handles[other][theirs])
        unit.append(np.full(len(pairs), number, np.uint16))
        score.append(pairs.score)
    rows = np.concatenate(own)
    return Hits(
        handle=handles[place][rows],
        units=tuple(units[other] for other in others),
        unit=np.concatenate(unit),
        other=np.concatenate(their),
        score=np.concatenate(score),
        cluster=ids[place][rows],
    )


def _counts(intake: Intake, links: Links, labels: Sequence[Rows]) -> Counts:
    linked = np.concatenate(labels)
    return Counts(
        comparisons=links.comparisons,
        recall=links.recall,
        cut=links.cut,
        found=links.found,
        clusters=len(np.unique(linked[linked >= 0])),
        links=_link_counts(intake, links.kept),
        possible=UNSET if links.possible is None else _link_counts(intake, links.possible),
    )


def _link_counts(intake: Intake, links: Mapping[tuple[int, int], Pairs]) -> tuple[LinkCount, ...]:
    return tuple(
        LinkCount(left=intake.units[i], right=intake.units[j], links=len(pairs))
        for (i, j), pairs in links.items()
    )
