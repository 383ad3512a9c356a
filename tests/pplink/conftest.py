"""A whole run, simulated: real keys, a really signed agreement, and acts that a cheat can rewrite."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from pplink import canonical
from pplink.agreement import text
from pplink.agreement.model import Agreement
from pplink.audit.events import (
    KIND,
    AgreementCompleted,
    Chosen,
    Counts,
    DatasetsReceived,
    Declared,
    Event,
    HitsDelivered,
    LinkCount,
    RunFinished,
    RunStarted,
    sign_event,
    write_time,
)
from pplink.audit.folder import AGREEMENT, CHECKPOINT, HITS, LOG, sealed_path
from pplink.audit.header import SealedHeader
from pplink.audit.log import log_of
from pplink.audit.parameters import parameters_of
from pplink.dataset.manifest import KIND as MANIFEST_KIND
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed

RECORDS = {"north": 10, "south": 20, "west": 5}
LINKS = {("north", "south"): 4, ("north", "west"): 2, ("south", "west"): 1}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a broker has in hand when a run is over; `write` makes the folder of it, all signed anew."""

    rings: Mapping[str, KeyRing]
    agreement: Agreement
    name: str
    acts: tuple[Signed, ...]
    sealed: Mapping[str, bytes]

    def write(self, folder: Path, signer: str = "hub") -> Path:
        """The run folder, with a checkpoint by `signer` over whatever the acts are now."""
        log = log_of(self.acts)
        (folder / HITS).mkdir(parents=True)
        (folder / AGREEMENT).write_bytes(text.write(self.agreement))
        (folder / LOG).write_bytes(log.to_bytes())
        (folder / CHECKPOINT).write_bytes(log.checkpoint(self.rings[signer], self.name))
        for unit, data in self.sealed.items():
            (folder / sealed_path(unit)).write_bytes(data)
        return folder

    def place(self, kind: str, unit: str | None = None) -> int:
        """Where in the log an act stands: a kind of envelope or a type of event, of one unit if given."""
        for index, signed in enumerate(self.acts):
            of = signed.body.get("unit") if signed.kind == KIND else signed.signer
            if kind in (signed.kind, signed.body.get("type")) and unit in (None, of):
                return index
        raise LookupError(kind)

    def rewritten(self, event: str, unit: str | None = None, /, **changes: Any) -> Run:
        """The broker says something else in one of its events, and signs that."""
        place = self.place(event, unit)
        body = self.acts[place].body | changes
        return self.with_act(place, self.rings["hub"].sign(KIND, body))

    def with_act(self, place: int, *signed: Signed) -> Run:
        """Other acts in one place; none to leave it out."""
        return replace(self, acts=(*self.acts[:place], *signed, *self.acts[place + 1 :]))


def manifest(
    rings: Mapping[str, KeyRing], agreement: Agreement, unit: str, created: datetime, /, **changes: Any
) -> Signed:
    """A manifest as `unit` signs it."""
    tensor = {
        "dtype": "U64",
        "shape": [RECORDS[unit], agreement.terms.encoding.bits // 64],
        "sha256": hashlib.sha256(unit.encode()).hexdigest(),
    }
    handle = {"dtype": "U8", "shape": [RECORDS[unit], 16], "sha256": hashlib.sha256(b"handles").hexdigest()}
    body = {
        "format": "pplink-dataset/1",
        "agreement": agreement.id,
        "unit": unit,
        "created": write_time(created),
        "records": RECORDS[unit],
        "rejected": 0,
        "blanked": 0,
        "fill": {"min": 0.25, "mean": 0.5, "max": 0.75},
        "confirmation": canonical.to_base64(bytes(32)),
        "encoding": {"bits": agreement.terms.encoding.bits},
        "tensors": {"encoding": tensor, "handle": handle},
    }
    return rings[unit].sign(MANIFEST_KIND, body | changes)


def sealed_hits(agreement: Agreement, run: str, unit: str) -> bytes:
    """A hits file as anyone but the unit sees it."""
    card = agreement.party(unit)
    header = SealedHeader(agreement=agreement.id, run=run, unit=unit, recipient=card.fingerprint)
    return header.to_line() + hashlib.shake_256(unit.encode()).digest(40)


def honest(rings: Mapping[str, KeyRing], agreement: Agreement, name: str = "2f1c") -> Run:
    """A run as it should be."""
    noon = datetime.combine(agreement.terms.valid_from, time(12), UTC)
    manifests = tuple(manifest(rings, agreement, unit, noon) for unit in agreement.units)
    sealed = {unit: sealed_hits(agreement, name, unit) for unit in agreement.terms.learns.hits_to}
    opening, *closing = (
        sign_event(event, rings["hub"])
        for event in broker_events(agreement, manifests, sealed, at=write_time(noon), run=name)
    )
    acts = (*agreement.signatures, opening, *manifests, *closing)
    return Run(rings=rings, agreement=agreement, name=name, acts=acts, sealed=sealed)


def broker_events(
    agreement: Agreement, manifests: Sequence[Signed], sealed: Mapping[str, bytes], **when: str
) -> list[Event]:
    """All that the broker says of an honest run, in its order. when: `at` and `run`."""
    sha256 = hashlib.sha256(text.write(agreement)).hexdigest()
    declared = tuple(
        Declared(unit=each.signer, digest=canonical.digest(each.to_json())) for each in manifests
    )
    chosen = Chosen(strategy="auto", recall=0.999, seed=0)
    return [
        AgreementCompleted(agreement=agreement.id, sha256=sha256, signers=agreement.units, **when),
        DatasetsReceived(datasets=declared, **when),
        RunStarted(parameters=parameters_of(agreement.terms), chosen=chosen, software="pplink 0.1.0", **when),
        RunFinished(counts=honest_counts(), **when),
        *(delivered(unit, sealed[unit], **when) for unit in sorted(sealed)),
    ]


def honest_counts() -> Counts:
    links = tuple(LinkCount(left=a, right=b, links=links) for (a, b), links in LINKS.items())
    return Counts(comparisons=350, recall=1.0, cut=0, found=9, clusters=5, links=links)


def delivered(unit: str, sealed: bytes, **when: str) -> HitsDelivered:
    hits = sum(links for couple, links in LINKS.items() if unit in couple)
    sha256 = hashlib.sha256(sealed).hexdigest()
    return HitsDelivered(unit=unit, sha256=sha256, size=len(sealed), hits=hits, **when)


@pytest.fixture(scope="session")
def run(rings, signed_agreement) -> Run:
    return honest(rings, signed_agreement())


@pytest.fixture(scope="session")
def make_run(rings):
    """`honest` and `manifest` for tests that need another agreement, name or manifest."""

    def make(agreement: Agreement, name: str = "2f1c") -> Run:
        return honest(rings, agreement, name)

    return make


@pytest.fixture(scope="session")
def make_manifest(rings):
    """make_manifest(agreement, unit, **changes of the body) -> Signed, by that unit."""

    def make(agreement: Agreement, unit: str, /, **changes: Any) -> Signed:
        noon = datetime.combine(agreement.terms.valid_from, time(12), UTC)
        return manifest(rings, agreement, unit, noon, **changes)

    return make
