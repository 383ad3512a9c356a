"""Hits: one unit's file of them, which that unit alone can open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.audit import folder
from pplink.audit.header import SealedHeader, read_header
from pplink.audit.verification import examine
from pplink.canonical import MalformedError
from pplink.disclosure import columns
from pplink.disclosure.checking import check_told
from pplink.disclosure.columns import Hits
from pplink.errors import IntegrityError, RefusedError, UsageError
from pplink.files import read_bytes
from pplink.keys.ring import KeyRing
from pplink.keys.sealing import seal

FILE_LIMIT = 1 << 31
"""Bytes in a sealed file: what one AEAD call takes; about 30 million hits."""


@dataclass(frozen=True, kw_only=True)
class SealedHits:
    """A hits file, opened."""

    header: SealedHeader
    hits: Hits
    possible: Hits | None
    """Possible hits, apart; None if the agreement has none."""


def seal_hits(unit: str, agreement: Agreement, run: str, hits: Hits, possible: Hits | None = None) -> bytes:
    """A unit's hits as the file that it alone can open, with no more of the scores than was agreed.

    possible: hits that somebody should look at, sealed with them but apart. Sorted by handle, so that the order tells
    nothing. Two seals of the same hits differ.
    Raises RefusedError for a unit that may not learn anything under the agreement.
    """
    terms = agreement.terms
    if unit not in terms.learns.hits_to:
        raise RefusedError(
            f"the agreement does not let {unit} learn hits", "the units would have to agree anew"
        )
    if unit in hits.units:
        raise UsageError(f"hits of {unit} with itself")
    card = agreement.party(unit)
    header = SealedHeader(agreement=agreement.id, run=run, unit=unit, recipient=card.fingerprint)
    try:
        read_header(header.to_line()[:-1])
    except MalformedError as error:
        raise UsageError(f"hits cannot be sealed under this header: {error}") from None
    told = [
        columns.to_json(each.rounded(terms.learns.score, terms.learns.decimals, terms.classes).sorted())
        for each in (hits, *(() if possible is None else (possible,)))
    ]
    plaintext = canonical.to_bytes(columns.together(*told))
    return header.to_line() + seal(card.sealing_key, header.to_json(), plaintext)


def open_hits(ring: KeyRing, data: bytes, *, agreement_id: str | None = None) -> SealedHits:
    """What `seal_hits` sealed to this key ring; agreement_id: which agreement they must be of.

    Raises RefusedError for hits of another unit, of an older key ring of this unit or under another
    agreement, as the header says it: nothing is broken then, they are only not these. Raises
    IntegrityError for a file that was changed, the header included.

    A seal does not say who sealed: `open_run` does, by the digest in the signed log.
    """
    line, newline, sealed = data.partition(b"\n")
    if not newline or len(line) > folder.HEADER_LIMIT:
        raise IntegrityError("hits file has no header", "get the file again from the broker")
    try:
        header = read_header(line)
    except MalformedError as error:
        raise IntegrityError(f"hits file: header {error}", "get the file again from the broker") from None
    _admit(header, ring, agreement_id)
    plaintext = ring.open(header.to_json(), sealed)
    try:
        hits, possible = columns.apart(canonical.from_bytes(plaintext))
    except MalformedError as error:
        raise IntegrityError(f"hits file: what was sealed {error}", "tell the broker") from None
    if any(ring.name in each.units for each in (hits, possible) if each is not None):
        raise IntegrityError(f"hits file: has hits of {ring.name} with itself", "tell the broker")
    return SealedHits(header=header, hits=hits, possible=possible)


def open_run(ring: KeyRing, run: Path, *, agreement_id: str | None = None) -> SealedHits:
    """The hits of this unit in a run folder, once the whole folder has been verified.

    Raises IntegrityError naming the first thing wrong with the folder, or with what was sealed beside what the log
    says; otherwise as `open_hits`, and RefusedError if the run has no hits file for this unit.
    """
    report, evidence = examine(folder.read_folder(run), agreement_id=agreement_id)
    failure = report.first_failure
    if failure is not None:
        raise IntegrityError(
            f"{failure.name}: {failure.detail}", "run `pplink auditor verify`, ask the broker"
        )
    verified, path = evidence.files.sealed.get(ring.name), folder.sealed_path(ring.name)
    if verified is None:
        raise RefusedError(
            f"this run has no hits for unit {ring.name}",
            "the agreement says who may learn hits; is this the right key ring?",
        )
    data = read_bytes(run / path, "hits file", FILE_LIMIT)
    if hashlib.sha256(data).hexdigest() != verified.sha256:
        raise IntegrityError(f"{path} was changed while it was being read", "run it again, ask the broker")
    opened = open_hits(ring, data, agreement_id=agreement_id)
    counts = evidence.acts.finished.counts
    check_told(ring.name, opened.hits, opened.possible, counts, evidence.agreement.terms)
    return opened


def _admit(header: SealedHeader, ring: KeyRing, agreement_id: str | None) -> None:
    if header.unit != ring.name:
        raise RefusedError(
            f"these hits are sealed for unit {header.unit}, and this key ring is {ring.name}'s",
            f"open hits/{ring.name}.sealed, or give the key ring of {header.unit}",
        )
    if header.recipient != ring.card.fingerprint:
        raise RefusedError(
            f"these hits are sealed for another key ring of {ring.name}",
            "use the key ring whose card stands in the agreement",
        )
    if agreement_id not in (None, header.agreement):
        raise RefusedError(
            f"these hits are of agreement {header.agreement[:12]}, not {str(agreement_id)[:12]}",
            "give the run folder of this agreement",
        )
