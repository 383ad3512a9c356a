"""Matching: a run from datasets to sealed hits, each step in the log, in a folder that is whole or not there."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from pplink import files
from pplink.audit import folder
from pplink.audit.events import (
    AgreementCompleted,
    Counts,
    DatasetsReceived,
    Declared,
    HitsDelivered,
    LinkCount,
    RunFinished,
    RunStarted,
    sign_event,
    write_time,
)
from pplink.audit.log import log_of
from pplink.audit.parameters import parameters_of
from pplink.audit.verification import verify
from pplink.broker.intake import Intake, receive
from pplink.broker.linking import Effort, Links, Progress, Rows, link, plans
from pplink.disclosure.clusters import cluster_ids
from pplink.disclosure.columns import Bytes, Hits
from pplink.disclosure.hits import seal_hits
from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.join.planner import Plan
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed

Clock = Callable[[], datetime]

AS_PLANNED = Effort()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A finished run in numbers."""

    run: str
    """Its name."""
    records: Mapping[str, int]
    """By unit."""
    hits: Mapping[str, int]
    """By unit that may learn them."""
    comparisons: int
    pairs: int
    """At or above the threshold, before solving."""
    clusters: int
    recall: float
    """The chance with which each pair at or above the threshold was found, at least; 1: all were compared."""
    cut: int
    """Comparisons planned and left out because records were too alike."""

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
) -> Outcome:
    """Match the datasets as the agreement says and leave a run folder at `target`.

    ring: the broker's. explained: told, before any comparison, how each two units' datasets will be compared and
    what to expect. The folder appears when all of it is written. Raises UsageError if it is there already,
    what `receive` raises before any comparison, RefusedError if the threshold lets through too many pairs,
    IntegrityError if the run would not verify, UnavailableError if the disk will not have it.
    """
    _check_target(target)
    intake = receive(datasets, agreement, ring, now().astimezone(UTC).date())
    run, opened = secrets.token_hex(8), now()
    rows, terms = [each.encoding for each in intake.datasets], intake.agreement.terms
    if explained is not None:
        couples = combinations(intake.units, 2)
        explained([(*units, plan) for units, plan in zip(couples, plans(rows, terms, effort), strict=True)])
    links = link(rows, terms, effort, progress)
    labels = links.components([len(each) for each in intake.datasets])
    hits = _hits(intake, links, labels)
    sealed = {unit: seal_hits(unit, intake.agreement, run, told) for unit, told in hits.items()}
    counts = _counts(intake, links, labels)
    acts = [
        *_opening(intake, run, write_time(opened), ring),
        *_closing(counts, hits, sealed, run, write_time(max(opened, now())), ring),
    ]
    log = log_of(acts)
    _write(target, intake.agreement_bytes, log.to_bytes(), log.checkpoint(ring, run), sealed)
    return Outcome(
        run=run,
        records={each.manifest.unit: len(each) for each in intake.datasets},
        hits={unit: len(told) for unit, told in hits.items()},
        comparisons=counts.comparisons,
        pairs=counts.found,
        clusters=counts.clusters,
        recall=counts.recall,
        cut=counts.cut,
    )


def _hits(intake: Intake, links: Links, labels: Sequence[Rows]) -> dict[str, Hits]:
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
    place: int, units: tuple[str, ...], links: Links, handles: Sequence[Bytes], ids: Sequence[Bytes]
) -> Hits:
    others = [other for other in range(len(units)) if other != place]
    own, their, unit, score = [], [], [], []
    for number, other in enumerate(others):
        pairs = links.kept[min(place, other), max(place, other)]
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
        links=tuple(
            LinkCount(left=intake.units[i], right=intake.units[j], links=len(pairs))
            for (i, j), pairs in links.kept.items()
        ),
    )


def _opening(intake: Intake, run: str, at: str, ring: KeyRing) -> Iterator[Signed]:
    """What the units signed, and that the broker took it and began."""
    agreement = intake.agreement
    yield from agreement.signatures
    yield sign_event(
        AgreementCompleted(
            at=at, run=run, agreement=agreement.id, sha256=intake.agreement_sha256, signers=agreement.units
        ),
        ring,
    )
    yield from (each.signed for each in intake.datasets)
    declared = tuple(Declared(unit=each.manifest.unit, digest=each.digest) for each in intake.datasets)
    yield sign_event(DatasetsReceived(at=at, run=run, datasets=declared), ring)
    software = f"pplink {version('pplink')}"
    parameters = parameters_of(agreement.terms)
    yield sign_event(RunStarted(at=at, run=run, parameters=parameters, software=software), ring)


def _closing(
    counts: Counts,
    hits: Mapping[str, Hits],
    sealed: Mapping[str, bytes],
    run: str,
    at: str,
    ring: KeyRing,
) -> Iterator[Signed]:
    """What came of it, and who got what."""
    yield sign_event(RunFinished(at=at, run=run, counts=counts), ring)
    for unit in sorted(hits):
        sha256 = hashlib.sha256(sealed[unit]).hexdigest()
        size, told = len(sealed[unit]), len(hits[unit])
        yield sign_event(HitsDelivered(at=at, run=run, unit=unit, sha256=sha256, size=size, hits=told), ring)


def _write(
    target: Path, agreement: bytes, log: bytes, checkpoint: bytes, sealed: Mapping[str, bytes]
) -> None:
    with _new_folder(target) as place:
        (place / folder.HITS).mkdir()
        files.write_atomically(place / folder.AGREEMENT, agreement)
        files.write_atomically(place / folder.LOG, log)
        files.write_atomically(place / folder.CHECKPOINT, checkpoint)
        for unit, data in sealed.items():
            files.write_atomically(place / folder.sealed_path(unit), data)
        _check_run(place)


@contextmanager
def _named(target: Path, place: Path) -> Iterator[None]:
    """Errors of the disk tell of the run folder, not of the temporary name it has till it is whole."""
    try:
        yield
    except UnavailableError as error:
        raise UnavailableError(error.message.replace(str(place), str(target)), error.hint) from None


def _check_run(place: Path) -> None:
    """A run that an auditor would refuse, say because the agreement ended meanwhile, is not handed out."""
    failure = verify(place).first_failure
    if failure is not None:
        raise IntegrityError(
            f"the run does not stand up to verification: {failure.name}: {failure.detail}",
            "nothing was written; check the clock and match again",
        )


def _check_target(target: Path) -> None:
    """Now, and not after an hour of comparing."""
    if os.path.lexists(target):
        raise UsageError(f"{target} exists", "name a run folder that does not exist yet")
    if not target.parent.is_dir():
        raise UsageError(f"cannot write {target}: its folder does not exist", "make the folder first")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise UnavailableError(f"cannot write {target}: its folder is closed to you", "check its owner")


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` at the end, or goes. Another run's folder is never replaced."""
    try:
        place = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part"))
    except OSError as error:
        raise UnavailableError(f"cannot write {target}: {error.strerror}", "check its folder") from None
    try:
        place.chmod(0o777 & ~files.umask())
        with _named(target, place):
            yield place
        place.rename(target)
    except OSError as error:
        raise UnavailableError(
            f"cannot write {target}: {error.strerror}", "is another run going there?"
        ) from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
