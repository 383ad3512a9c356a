"""Describe: everything that a signer must see, as rows for a terminal."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from pplink.agreement.exact_describe import KEYED, exact_rows
from pplink.agreement.hardening import Hardening
from pplink.agreement.model import Agreement, Field, Terms
from pplink.fields.visited import Visited

Row = tuple[str, str]

BROKER_LEARNS = (
    "every unit's encodings and opaque handles, how many there are, and from them the exact score of any"
    " pair, which records match and how they cluster. An encoding is NOT anonymous: whoever knows a similar"
    " population can tell most people from their encodings (96-100 % in attacks built as published). The"
    " broker never has names or the linkage secret"
)
BROKER_LEARNS_BLINDED = (
    "how many records each unit has, and when messages go; no encoding, no score, no hit, nor how many hits there"
    " are. It never has names or the linkage secret. THIS HOLDS ONLY if it does not share what it knows with a"
    " unit: together the two read every encoding of the other unit"
)
UNITS_COMPUTE = (
    "of each pair of records at or above the threshold, whatever is written down afterwards, its program is shown"
    " the exact score and how many bits the other record sets; of any other pair nothing"
)
SESSION_TELLS = (
    "the session's record: who took part and when, how many records each unit has, and a digest of each message"
    " that tells nothing of it; no encoding, no score, no name, nor how many hits there are"
)
LOG_TELLS = (
    "the log: who did what and when, how many records each unit encoded and how full its encodings are, how many"
    " pairs and hits there were; no encoding, no pair, no name"
)

_SCORES = {
    "none": "no score: only that the records are held to be one person",
    "rounded": "the score, rounded down to {} decimals",
    "exact": "the exact score",
}


def describe(agreement: Agreement) -> list[Row]:
    """(what, value) for each thing agreed, who learns what included. Texts are as the parties wrote them."""
    terms = agreement.terms
    keyed = terms.protocol in KEYED
    return [
        ("agreement", agreement.id),
        ("purpose", terms.purpose),
        ("legal basis", terms.legal_basis.text),
        ("reference", terms.legal_basis.reference or "none given"),
        ("in force", f"{terms.valid_from} to {terms.valid_until}, both days included (UTC)"),
        ("retention", f"{terms.retention_days} days"),
        *((card.role, f"{card.name}, card {card.fingerprint}") for card in terms.parties),
        *(("field", _kind(field) if keyed else _field(field, terms)) for field in terms.fields),
        ("protocol", f"{terms.protocol}: {_PROTOCOLS[terms.protocol]}"),
        *(exact_rows(agreement) if keyed else _matching(agreement)),
        ("signed by", _signers(agreement)),
    ]


def _matching(agreement: Agreement) -> list[Row]:
    terms = agreement.terms
    return [
        ("encoding", _encoding(terms)),
        ("match", f"{terms.measure} score of at least {terms.threshold!r}, {_assignment(terms)}"),
        *_risk(terms),
        *(("learns", each) for each in _learns(agreement)),
    ]


_PROTOCOLS = {
    **KEYED,
    "broker_clk": "the broker compares encodings, pair by pair",
    "blinded_broker": "two units compare encodings with each other, masked; the broker deals the masks",
}


def _risk(terms: Terms) -> list[Row]:
    bound = terms.max_reidentification
    if bound is UNSET:
        return []
    return [
        ("risk", f"each unit attacks its own encodings first; at most {bound:.1%} of the persons may be told")
    ]


def _field(field: Field, terms: Terms) -> str:
    need = "required" if field.required else "may be missing"
    shared = "" if field.key == field.name else f", key of {field.key}"
    positions = field.positions(terms.encoding.hashes)
    return (
        f"{field.name} ({field.kind}{_near(field)}), weight {field.weight:g}: {positions} bits {_each(field)},"
        f" {need}{shared}"
    )


def _near(field: Field) -> str:
    if field.tolerance is UNSET:
        return ""
    return f", alike within {field.tolerance.distance:,}, in {2 * field.tolerance.resolution + 1} steps"


def _kind(field: Field) -> str:
    return f"{field.name} ({field.kind}), {'required' if field.required else 'may be missing'}"


def _each(field: Field) -> str:
    """What the bits of a field are counted by."""
    return "a share of a token" if isinstance(field.reader, Visited) else "a q-gram"


def _encoding(terms: Terms) -> str:
    encoding = terms.encoding
    return (
        f"{encoding.scheme}, {encoding.bits:,} bits, {'padded' if encoding.padded else 'bare'} q-grams of"
        f" {encoding.q}, {encoding.hashes} bits each at weight 1, {encoding.hashing} hashing, {encoding.mac}"
        + "".join(f"; then {_hardening(way)}" for way in encoding.ways)
        + (f"; of fewer than {encoding.least} bits none" if encoding.least > 1 else "")
        + (f"; {encoding.rows} encodings a record, for its variants" if encoding.rows > 1 else "")
    )


def _hardening(way: Hardening) -> str:
    values = msgspec.to_builtins(way)
    return " ".join([values.pop("method"), *(f"{name} {value:g}" for name, value in values.items())])


def _assignment(terms: Terms) -> str:
    if terms.assignment == "many-to-many":
        return "a record may match several"
    return f"a record matches at most one of each other unit ({terms.solver} choice)"


def _learns(agreement: Agreement) -> list[str]:
    learns, blinded = agreement.terms.learns, agreement.terms.protocol == "blinded_broker"
    opened = f"; {UNITS_COMPUTE}" if blinded and learns.score != "none" else ""
    score = _SCORES[learns.score].format(learns.decimals)
    told = (
        f"for each of its own records that matched: the other unit, that unit's opaque handle, {score}, and a"
        f" cluster id; nothing of records that did not match{opened}"
    )
    told_log = SESSION_TELLS if blinded else LOG_TELLS
    rows = [
        f"unit {unit}: {told if unit in learns.hits_to else 'nothing: hits do not go to it'}"
        for unit in agreement.units
    ]
    rows.append(f"broker {agreement.broker.name}: {BROKER_LEARNS_BLINDED if blinded else BROKER_LEARNS}")
    rows.extend(
        f"auditor {card.name}: {told_log}" for card in agreement.terms.parties if card.role == "auditor"
    )
    rows.append(f"whoever is given the run folder: {told_log}")
    return rows


def _signers(agreement: Agreement) -> str:
    return ", ".join(signed.signer for signed in agreement.signatures) or "nobody yet"
