"""Provenance: checks that a folder is whole, and that all in it was said by who is said to have said it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pplink.agreement import signatures as agreement_signatures
from pplink.agreement import text
from pplink.audit import folder
from pplink.audit.acts import SIGNERS, read_acts
from pplink.audit.checkpoint import origin_of, verify_checkpoint
from pplink.audit.events import read_time
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.log import Log
from pplink.canonical import MalformedError
from pplink.errors import AgreementError, IntegrityError
from pplink.keys.card import Card
from pplink.keys.signing import Signed, verify


def files(evidence: Evidence) -> str:
    """The three documents are there, and nothing that does not belong."""
    if evidence.files.strays:
        raise Wrong(f"{evidence.files.strays[0]} does not belong in a run folder")
    for name in (folder.AGREEMENT, folder.LOG, folder.CHECKPOINT):
        evidence.document(name)
    return f"{len(evidence.files.sealed)} sealed files"


def agreement(evidence: Evidence) -> str:
    """Reads, is written in its one form, and is the one the auditor knows."""
    data = evidence.document(folder.AGREEMENT)
    found = text.read(data)
    if text.write(found) != data:
        raise Wrong(f"{folder.AGREEMENT} is not in its one byte form")
    if evidence.agreement_id not in (None, found.id):
        raise Wrong(f"this is agreement {found.id[:12]}..., not {str(evidence.agreement_id)[:12]}...")
    evidence.agreement = found
    return f"agreement {found.id}"


def signatures(evidence: Evidence) -> str:
    """Every unit that the agreement names signed it."""
    agreement_signatures.check(evidence.agreement, on=None)
    return ", ".join(evidence.agreement.units)


def checkpoint(evidence: Evidence) -> str:
    """Signed by the agreement's broker, with the key that the auditor knows."""
    broker = evidence.agreement.broker
    if evidence.broker_public not in (None, broker.signing_key):
        raise Wrong(f"the agreement's broker {broker.name} has another key than the one you gave")
    return check_checkpoint(evidence, broker, "broker")


def check_checkpoint(evidence: Evidence, keeper: Card, what: str) -> str:
    """Take the checkpoint of a log that this party keeps, who is called `what`. Raises Wrong, IntegrityError."""
    found = verify_checkpoint(evidence.document(folder.CHECKPOINT), keeper.signing_key)
    if found.origin != origin_of(keeper.name, run_of(found.origin)):
        raise Wrong(f"the checkpoint is of {found.origin}, which is not a log of {what} {keeper.name}")
    evidence.checkpoint = found
    return f"{found.origin}, {found.size} lines"


def log(evidence: Evidence) -> str:
    """Every byte of the log is the one that the checkpoint fixes."""
    try:
        found = Log.from_bytes(evidence.document(folder.LOG))
    except MalformedError as error:
        raise Wrong(f"{folder.LOG} {error}") from None
    if found.size != evidence.checkpoint.size:
        raise Wrong(
            f"{folder.LOG} has {found.size} lines, and the checkpoint says {evidence.checkpoint.size}"
        )
    if found.root != evidence.checkpoint.root:
        raise Wrong(f"{folder.LOG} is not the log that the checkpoint fixes: its root is another")
    evidence.log = found
    return f"root {found.root.hex()}"


def signers(evidence: Evidence) -> str:
    """Each line is signed by a party of the agreement whose part it is."""
    entries = evidence.log.entries()
    for number, signed in enumerate(entries, start=1):
        _check_signer(evidence, f"line {number}", signed)
    evidence.entries = entries
    return f"{len(entries)} signatures"


def order(evidence: Evidence) -> str:
    """The lines are those of one run, from the agreement to the last delivery, and time does not run back."""
    acts = read_acts(evidence.entries)
    run = run_of(evidence.checkpoint.origin)
    last: datetime | None = None
    for event in acts.events:
        kind = type(event).__struct_config__.tag
        if event.run != run:
            raise Wrong(f"{kind} is of run {event.run}, and the checkpoint of run {run}")
        moment = read_time(event.at)
        if last is not None and moment < last:
            raise Wrong(f"{kind} is dated {event.at}, before what it follows")
        last = moment
    evidence.acts = acts
    return f"run {run}"


def check_agreed(evidence: Evidence, logged: Sequence[Signed]) -> None:
    """Raise Wrong unless these are the signatures under the agreement."""
    held = evidence.agreement.signatures
    if [each.to_json() for each in logged] != [each.to_json() for each in held]:
        raise Wrong("the signatures in the log are not those that stand under the agreement")


def signer_of(evidence: Evidence, place: str, signed: Signed) -> Card:
    """The party of the agreement that signed. Raises Wrong."""
    try:
        party = evidence.agreement.party(signed.signer)
        verify(signed, party.signing_key, signed.kind)
    except (AgreementError, IntegrityError) as error:
        raise Wrong(f"{place}: {error}") from None
    return party


def run_of(origin: str) -> str:
    """The run in a checkpoint's origin."""
    return origin.rpartition("/")[2]


def _check_signer(evidence: Evidence, place: str, signed: Signed) -> None:
    role = SIGNERS.get(signed.kind)
    if role is None:
        raise Wrong(f"{place} is of kind {signed.kind}, which a log does not have")
    party = next((each for each in evidence.agreement.terms.parties if each.name == signed.signer), None)
    if party is None:
        raise Wrong(f"{place} is signed by {signed.signer}, who is not in the agreement")
    if party.role != role:
        raise Wrong(f"{place} is signed by {party.role} {party.name}, and it is for a {role} to sign")
    signer_of(evidence, place, signed)
