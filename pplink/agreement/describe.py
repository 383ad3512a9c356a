"""Describe: everything that a signer must see, as rows for a terminal."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from pplink.agreement.exact_describe import exact_rows
from pplink.agreement.extensions import disclosure, registered, source
from pplink.agreement.field import Field
from pplink.agreement.hardening import Hardening
from pplink.agreement.model import Agreement, Terms
from pplink.agreement.protocols import PROTOCOLS, TOLD
from pplink.agreement.quota import LEAST
from pplink.agreement.shown import CONSENT, SHOWING, measured_risk

Row = tuple[str, str]

UNITS_COMPUTE = (
    "of each pair of records at or above the threshold, whatever is written down afterwards, its program is shown"
    " the exact score and how many bits the other record sets; of any other pair nothing"
)

BLOCKED = (
    "; where lists are blocked, how many records of the other unit are in each bin, with the agreed noise, and in which"
    " bins it found each hit again, and so about how alike the two are"
)
BLOCKED_VARIANTS = ", and which variants of its own record match how many of the other's"

UNITS_MULTIPLY = (
    "of two records of which any two variants are at or above the threshold its program is shown that, and no"
    " score"
)
ALL_PAIRS_VARIANTS = ", nor which of their variants match, nor how many"
TOGETHER = (
    "units that put together what they learn: of most records of a third unit that both have hits with, that it is the"
    " same record, though handles and rows do not tell them"
)
_COUNTED = ", and how many hits two units have with each other"
_UNCOUNTED = ", but not how many hits there are"

_SCORES = {
    "none": "no score: only that the records are held to be one person",
    "rounded": "the score, rounded down to {} decimals",
    "exact": "the exact score",
    "graded": "one of the classes of scores that begin at {}",
}


def describe(agreement: Agreement) -> list[Row]:
    """(what, value) for each thing agreed, who learns what included. Texts are as the parties wrote them."""
    terms = agreement.terms
    keyed = terms.protocol in PROTOCOLS and terms.protocol not in TOLD
    return [
        ("agreement", agreement.id),
        ("purpose", terms.purpose),
        ("legal basis", terms.legal_basis.text),
        ("reference", terms.legal_basis.reference or "none given"),
        ("in force", f"{terms.valid_from} to {terms.valid_until}, both days included (UTC)"),
        ("retention", f"{terms.retention_days} days"),
        *((card.role, f"{card.name}, card {card.fingerprint}") for card in terms.parties),
        *(("field", _kind(field) if keyed else _field(field, terms)) for field in terms.fields),
        ("protocol", f"{terms.protocol}: {disclosure(terms.protocol).does}"),
        *_body(agreement),
        ("signed by", _signers(agreement)),
    ]


def _body(agreement: Agreement) -> list[Row]:
    """From what is compared on to who learns what."""
    word = agreement.terms.protocol
    if word not in PROTOCOLS:
        return [*_compared(agreement.terms), *_foreign(agreement)]
    return _matching(agreement) if word in TOLD else exact_rows(agreement)


def _foreign(agreement: Agreement) -> list[Row]:
    word = agreement.terms.protocol
    told = disclosure(word)
    return [
        ("BEWARE", f"{word} is of {source(registered()[word])}, not of pplink: its program is handed this unit's"
                   " records, and what follows is what its makers say of it"),
        *(("learns", f"unit {unit}: {told.unit}") for unit in agreement.units),
        ("learns", f"broker {agreement.broker.name}: {told.broker}"),
    ]  # fmt: skip


def _compared(terms: Terms) -> list[Row]:
    return [
        ("encoding", _encoding(terms)),
        ("match", f"{terms.measure} score of at least {terms.threshold!r}, {_assignment(terms)}"),
    ]


def _matching(agreement: Agreement) -> list[Row]:
    terms = agreement.terms
    return [
        *_compared(terms),
        *_possible(terms),
        *_risk(terms),
        *_consent(terms),
        _lists(terms),
        *_quota(terms),
        *_dealing(terms),
        *_blocking(terms),
        *(("learns", each) for each in _learns(agreement)),
    ]


def _possible(terms: Terms) -> list[Row]:
    if terms.possible is UNSET:
        return []
    return [
        (
            "possible",
            f"from {terms.possible!r}, below the match: apart from its hits, and as much of each, a unit is told of"
            " records without a hit that may be one person, for somebody to look at",
        )
    ]


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
    if field.by_value:
        return "a value"
    return "a share of a token" if field.reader.unlike else "a q-gram"


def _encoding(terms: Terms) -> str:
    encoding = terms.encoding
    return (
        f"{encoding.scheme}, {encoding.bits:,} bits, {'padded' if encoding.padded else 'bare'} q-grams of"
        f" {encoding.q}, {encoding.hashes} bits each at weight 1, {encoding.hashing} hashing, {encoding.mac}"
        + "".join(f"; then {_hardening(way)}" for way in encoding.ways)
        + (f"; of fewer than {encoding.least} bits none" if encoding.least > 1 else "")
        + (f"; of a record without a {' or a '.join(encoding.needed)} none" if encoding.needed else "")
        + _variants(terms)
    )


def _variants(terms: Terms) -> str:
    encoding = terms.encoding
    if encoding.united:
        return f"; up to {encoding.most} variants of a record are united in its one encoding"
    filled = "decoys" if terms.protocol in SHOWING else "empty ones"
    many = f"; {encoding.rows} encodings a record, for its variants, {filled} where it has fewer"
    return many if encoding.rows > 1 else ""


def _hardening(way: Hardening) -> str:
    values = msgspec.to_builtins(way)
    method = values.pop("method")
    words = (
        f"{name} {value if isinstance(value, str) else format(value, 'g')}" for name, value in values.items()
    )
    return " ".join([method, *words])


def _assignment(terms: Terms) -> str:
    if terms.assignment == "many-to-many":
        return "a record may match several"
    return f"a record matches at most one of each other unit ({terms.solver} choice)"


def _consent(terms: Terms) -> list[Row]:
    """Where a protocol shows encodings: that it does, in figures."""
    if terms.protocol not in SHOWING:
        return []
    given = (
        "the units consent"
        if terms.consent == CONSENT
        else "NO CONSENT: no broker may match under these terms"
    )
    return [("consent", f"{given} to the broker seeing their encodings: {measured_risk(terms.encoding)}")]


def _lists(terms: Terms) -> Row:
    if terms.most_records is UNSET:
        return "lists", "NO LIMIT: a unit that brings very many records makes the others need memory for them"
    return "lists", f"a unit brings at most {terms.most_records:,} records; one that brings more is refused"


def _quota(terms: Terms) -> list[Row]:
    if terms.protocol != "blinded_broker":
        return []
    most = f"twice the smaller list and {LEAST:,}" if terms.quota is UNSET else f"{terms.quota:,}"
    return [("quota", f"a session of two units that finds more pairs than {most} ends without any")]


def _dealing(terms: Terms) -> list[Row]:
    if terms.dealer_proof is UNSET:
        return []
    return [
        (
            "dealing",
            f"the broker proves what it deals: {terms.dealt} sets for each tile, of which the units draw one to use and"
            f" do the others again. A tile dealt wrong is found out with a chance of {1 - 1 / terms.dealt:.1%}, before"
            " any record of it is sent, and ends the session. Computing takes about"
            f" {1.3 * terms.dealt:.1f} times as long",
        )
    ]


def _blocking(terms: Terms) -> list[Row]:
    if terms.blocking is UNSET:
        return []
    blocking = terms.blocking
    if blocking.year_of is UNSET:
        which = (
            "records that share a keyed bin are compared: two that score"
            f" {terms.threshold!r} are found with a chance of {blocking.recall:.4%} or more"
        )
    else:
        which = (
            f"records are compared whose years of {blocking.year_of} are at most one apart, or of which one"
            " has no single year: OTHER PAIRS ARE MISSED, whatever their score, but for a few"
        )
    noise = f"noise (differential privacy, epsilon {blocking.epsilon:g})"
    told = f"what units tell each other of how full their bins are has {noise}"
    return [("blocking", f"of long lists, where it costs less, only {which}; {told}")]


def _learns(agreement: Agreement) -> list[str]:
    terms = agreement.terms
    learns, told = terms.learns, TOLD[terms.protocol]
    rows = [f"unit {unit}: {_unit_learns(agreement, unit)}" for unit in agreement.units]
    count = _COUNTED if learns.count == "broker" else _UNCOUNTED
    count += (
        "" if terms.blocking is UNSET else ", and how many blocks are compared, a sum of the noised counts"
    )
    broker = told.broker.format(risk=measured_risk(terms.encoding), count=count)
    rows.append(f"broker {agreement.broker.name}: {broker}")
    record = told.record.format(count=count)
    rows.extend(f"auditor {card.name}: {record}" for card in terms.parties if card.role == "auditor")
    rows.append(f"whoever is given the {'run folder' if terms.protocol in SHOWING else 'record'}: {record}")
    if terms.protocol == "blinded_broker" and len(agreement.units) > 2 and len(learns.hits_to) > 1:
        rows.append(TOGETHER)
    return rows


def _unit_learns(agreement: Agreement, unit: str) -> str:
    terms = agreement.terms
    learns, blinded = terms.learns, terms.protocol == "blinded_broker"
    if unit not in learns.hits_to:
        names = (
            "; every unit that gets hits is given the opaque handles of all its records" if blinded else ""
        )
        return f"nothing: hits do not go to it{names}"
    begins = ", ".join(f"{each:g}" for each in terms.classes)
    score = _SCORES[learns.score].format(begins if learns.score == "graded" else learns.decimals)
    opened = f"; {UNITS_COMPUTE}" if blinded and learns.score != "none" else ""
    if blinded and terms.encoding.rows > 1:
        opened = f"; {UNITS_MULTIPLY}" + (ALL_PAIRS_VARIANTS if terms.blocking is UNSET else "")
    opened += _blocked(terms)
    return (
        f"for each of its own records that matched: the other unit, that unit's opaque handle, {score}, and a"
        f" cluster id; nothing of records that did not match{opened}"
    )


def _blocked(terms: Terms) -> str:
    if terms.blocking is UNSET:
        return ""
    return BLOCKED + (BLOCKED_VARIANTS if terms.encoding.rows > 1 else "")


def _signers(agreement: Agreement) -> str:
    return ", ".join(signed.signer for signed in agreement.signatures) or "nobody yet"
