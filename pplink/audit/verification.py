"""Verification: does a run folder, by itself, show that a run did what its agreement says?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from pplink.agreement import text
from pplink.agreement.model import Terms
from pplink.audit import conduct, folder, provenance, session_checks, watchlist_checks
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.folder import RunFiles, read_folder
from pplink.audit.seen import WORDS, seen
from pplink.canonical import Json, MalformedError
from pplink.errors import AgreementError, IntegrityError

Step = Callable[[Evidence], str]
Subject = TypeVar("Subject")

CHECKS: tuple[tuple[str, str, Step], ...] = (
    (
        "files",
        "the folder holds an agreement, a log, a checkpoint and sealed hits, nothing else",
        provenance.files,
    ),
    ("agreement", "the agreement reads, and is written in its one byte form", provenance.agreement),
    ("signatures", "every unit of the agreement signed it", provenance.signatures),
    ("checkpoint", "the checkpoint is signed by the agreement's broker", provenance.checkpoint),
    ("log", "the log is, byte for byte, the one that the checkpoint fixes", provenance.log),
    ("signers", "each line of the log is signed by the party whose act it is", provenance.signers),
    ("order", "the lines are those of one run, in their order and not back in time", provenance.order),
    ("completion", "the log begins with the signatures that stand in the agreement", conduct.completion),
    (
        "datasets",
        "the datasets matched are those declared: one of each unit, for this agreement",
        conduct.datasets,
    ),
    ("parameters", "the run's parameters are the agreement's", conduct.parameters),
    ("dates", "datasets were made and matched while the agreement was in force", conduct.dates),
    ("counts", "the counts fit the datasets and each other", conduct.counts),
    ("recipients", "hits went to the units that may learn them, and to nobody else", conduct.recipients),
    ("hits", "the sealed files are those delivered, each addressed to its unit's key", conduct.hits),
)
"""Name, words, and what checks it; in order, for a later check trusts what earlier ones found."""

SESSION_CHECKS: tuple[tuple[str, str, Step], ...] = (
    ("files", "the folder holds an agreement, a log and a checkpoint, nothing else", provenance.files),
    ("hits", "no hits are in it: units alone have them", session_checks.no_hits),
    *CHECKS[1:5],
    ("signers", "each line of the log is signed by the party whose act it is", session_checks.signers),
    ("order", "its parties joined and ended one session, and each says so", session_checks.order),
    (
        "parties",
        "they are the session's units and the broker, with the agreement's protocol",
        session_checks.parties,
    ),
    ("messages", "both ends of each link tell of the same messages, in order", session_checks.messages),
    (
        "counts",
        "units told how many hits they have only if agreed, the same number, no more than the quota",
        session_checks.counts,
    ),
    ("dates", "all was done while the agreement was in force", session_checks.dates),
)
"""The same for the record of a session."""

WATCHLIST_CHECKS: tuple[tuple[str, str, Step], ...] = (
    ("files", "the folder holds an agreement, a log and a checkpoint, nothing else", provenance.files),
    ("hits", "no hits are in it: who asked alone has them", session_checks.no_hits),
    *CHECKS[1:3],
    ("checkpoint", "the checkpoint is signed by the list's holder", watchlist_checks.checkpoint),
    ("log", "the log is, byte for byte, the one that the checkpoint fixes", provenance.log),
    ("signers", "each line of the log is signed by the unit whose act it is", watchlist_checks.signers),
    ("order", "each query is of a session that its unit opened, and states a case", watchlist_checks.order),
    ("quota", "no unit was answered more queries a day than agreed", watchlist_checks.quota),
    ("dates", "all was done while the agreement was in force", watchlist_checks.dates),
)
"""The same for the log of a watchlist."""

LIMITS = (
    "that the broker compared honestly: the log says what it declared, not how it computed",
    "what is in the sealed hits: only that unit can tell, by opening its own",
    "that a dataset is the one its unit means: each unit can compare the digest of its own file",
    "that everyone was shown this log: compare the checkpoint with the units and other auditors",
    "clocks: each time is what the party that signed it wrote",
    "what a party did and did not write down, such as copies it kept",
)
"""What no check above can show, in words."""
UNPINNED = "that this is the agreement you know: give its file or id to have that checked"
UNPINNED_BROKER = "that the broker's key is the one you know: it is taken from the agreement"
MISSED = (
    "that no pair was missed: by the broker's own choice each was found with a chance of {:g} or more, and {:,}"
    " comparisons were left out"
)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question and its answer."""

    name: str
    words: str
    """What holds if `ok`, in words for a person."""
    ok: bool
    detail: str
    """What was found; if not ok, what is wrong."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was checked, up to the first thing wrong."""

    checks: tuple[Check, ...]
    """In order; all are ok but possibly the last."""
    not_reached: tuple[str, ...]
    """Names of the checks after a failure: they rest on what failed."""
    limits: tuple[str, ...]
    """What was not checked, in words."""

    @property
    def first_failure(self) -> Check | None:
        """The first thing wrong, or None."""
        return next((check for check in self.checks if not check.ok), None)

    def to_json(self) -> dict[str, Json]:
        """For programs: {ok, checks: [{name, words, ok, detail}], not_reached, limits}."""
        value: dict[str, Json] = msgspec.to_builtins(self)
        return {"ok": self.first_failure is None, **value}


def verify(
    place: Path,
    *,
    agreement_id: str | None = None,
    broker_public: bytes | None = None,
    held: Sequence[bytes] = (),
) -> Report:
    """Check a run folder, offline, by nothing but itself and what the auditor knows already.

    agreement_id: the agreement that the auditor knows, 64 hex digits. Without it whoever wrote the folder
    could have written the agreement too, with keys of their own. broker_public: the broker's Ed25519 key.
    held: checkpoints of the log that others have.
    Raises UsageError if there is no such folder, UnavailableError if it cannot be read; what is wrong
    with the run is in the report.
    """
    return examine(read_folder(place), agreement_id=agreement_id, broker_public=broker_public, held=held)[0]


def verify_files(
    files: RunFiles, *, agreement_id: str | None = None, broker_public: bytes | None = None
) -> Report:
    """`verify` on what was read already."""
    return examine(files, agreement_id=agreement_id, broker_public=broker_public)[0]


def examine(
    files: RunFiles,
    *,
    agreement_id: str | None = None,
    broker_public: bytes | None = None,
    held: Sequence[bytes] = (),
) -> tuple[Report, Evidence]:
    """The same, and what the checks found."""
    evidence = Evidence(files=files, agreement_id=agreement_id, broker_public=broker_public)
    steps, limits = _asked_of(_terms(files))
    of_a_run = steps is CHECKS
    if held:
        steps = (*steps, ("seen", WORDS, lambda evidence: seen(evidence, held)))
    checks = ask(steps, evidence)
    report = Report(
        checks=tuple(checks),
        not_reached=tuple(name for name, _, _ in steps[len(checks) :]),
        limits=(
            *(_missed(evidence) if checks[-1].ok and of_a_run else ()),
            *_unpinned(evidence),
            *limits,
        ),
    )
    return report, evidence


def ask(steps: Iterable[tuple[str, str, Callable[[Subject], str]]], subject: Subject) -> list[Check]:
    """One check after the other, up to the first that fails."""
    checks: list[Check] = []
    for name, words, step in steps:
        try:
            checks.append(Check(name=name, words=words, ok=True, detail=step(subject)))
        except (Wrong, MalformedError, AgreementError, IntegrityError) as error:
            checks.append(Check(name=name, words=words, ok=False, detail=str(error)))
            break
    return checks


def _asked_of(terms: Terms | None) -> tuple[Sequence[tuple[str, str, Step]], tuple[str, ...]]:
    """What is checked of the record that an agreement's protocol leaves, and what that cannot show."""
    if terms is not None and session_checks.is_session(terms.protocol):
        return SESSION_CHECKS, session_checks.limits(terms)
    if terms is not None and terms.protocol == "oprf_hit":
        return WATCHLIST_CHECKS, watchlist_checks.LIMITS
    return CHECKS, LIMITS


def _terms(files: RunFiles) -> Terms | None:
    """The agreement's; an agreement that does not read is refused by any list of checks."""
    try:
        return text.read(files.documents.get(folder.AGREEMENT, b"")).terms
    except AgreementError:
        return None


def _missed(evidence: Evidence) -> Iterator[str]:
    """Of a run that passed: the agreement says what a hit is, and leaves it to the broker how well it looks."""
    counts = evidence.acts.finished.counts
    if counts.recall < 1:
        yield MISSED.format(counts.recall, counts.cut)


def _unpinned(evidence: Evidence) -> Iterator[str]:
    if evidence.agreement_id is None:
        if evidence.broker_public is None:
            yield UNPINNED_BROKER
        yield UNPINNED
