"""Acts: what a run says of itself, signed by the broker, for the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from msgspec import UNSET

from pplink.audit.events import (
    AgreementCompleted,
    Counts,
    DatasetsReceived,
    Declared,
    HitsDelivered,
    RunFinished,
    RunStarted,
    sign_event,
)
from pplink.audit.parameters import parameters_of
from pplink.broker.header import Header
from pplink.broker.intake import Intake
from pplink.disclosure.columns import Hits
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed


def opening(intake: Intake, header: Header, ring: KeyRing) -> Iterator[Signed]:
    """What the units signed, and that the broker took it and began.

    All of it follows from the files and the header, and Ed25519 signs alike each time: a match that goes on opens
    its log with the bytes that it would have had.
    """
    agreement, at, run = intake.agreement, header.opened, header.run
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
    started = RunStarted(
        at=at,
        run=run,
        parameters=parameters_of(agreement.terms),
        chosen=header.chosen,
        software=header.software,
    )
    yield sign_event(started, ring)


def closing(
    counts: Counts,
    hits: Mapping[str, Hits],
    possible: Mapping[str, Hits] | None,
    sealed: Mapping[str, bytes],
    run: str,
    at: str,
    ring: KeyRing,
) -> Iterator[Signed]:
    """What came of it, and who got what."""
    yield sign_event(RunFinished(at=at, run=run, counts=counts), ring)
    for unit in sorted(hits):
        sha256 = hashlib.sha256(sealed[unit]).hexdigest()
        delivered = HitsDelivered(
            at=at,
            run=run,
            unit=unit,
            sha256=sha256,
            size=len(sealed[unit]),
            hits=len(hits[unit]),
            possible=UNSET if possible is None else len(possible[unit]),
        )
        yield sign_event(delivered, ring)
