"""Checks: what the types of the model do not say. Each names the JSON path of what cannot be."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

from msgspec import UNSET

from pplink.agreement.encoding_checks import encoding_problems
from pplink.agreement.exact_checks import exact_problems
from pplink.agreement.extensions import known
from pplink.agreement.field import Field
from pplink.agreement.model import Blocking, Terms
from pplink.agreement.problems import Problems, has_decimals, repeated
from pplink.agreement.protocols import TOLD
from pplink.agreement.shown import SHOWING
from pplink.canonical import Json, MalformedError
from pplink.errors import AgreementError
from pplink.keys import card
from pplink.keys.strict import read_strict

MOST_BLINDED_VARIANTS = 32
"""Encodings of a record, where units compare them with each other: each pair of two records' is a comparison."""

DATES = ("date", "day", "life_date")
"""Kinds of field that have a year."""

HINT = (
    "the agreement was changed or saved anew by an editor, or written by another release: use the file as it came, or"
    " ask whoever proposed it for a correct one"
)

_DECEPTIVE = re.compile("[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Marks that reorder or break the text around them (Unicode TR 36): a signer would read another text."""


def terms_from(value: Json, root: str = "$.terms") -> Terms:
    """A JSON value as terms. Raises AgreementError naming the path of the first thing wrong."""
    try:
        terms = read_strict(value, Terms, root)
    except MalformedError as error:
        raise AgreementError(f"agreement: {error}", HINT) from None
    for path, problem in problems(terms):
        raise AgreementError(f"agreement: {root}{path}: {problem}", HINT)
    return terms


def problems(terms: Terms) -> Problems:
    """All that is wrong with well-typed terms, in the order of `CHECKS`."""
    for check in CHECKS:
        yield from check(terms)


def _cards(terms: Terms) -> Problems:
    for i, party in enumerate(terms.parties):
        for path, problem in card.problems(party):
            yield f".parties[{i}]{path}", problem


def _distinct_parties(terms: Terms) -> Problems:
    for key in ("name", "signing", "sealing"):
        yield from repeated((getattr(party, key) for party in terms.parties), ".parties[{}]." + key)


def _roles(terms: Terms) -> Problems:
    roles = [party.role for party in terms.parties]
    if roles.count("unit") < 2:
        yield ".parties", "fewer than two units"
    if roles.count("broker") != 1:
        yield ".parties", f"{roles.count('broker')} brokers instead of one"


def _protocol(terms: Terms) -> Problems:
    if not known(terms.protocol):
        yield ".protocol", "is none of pplink's, nor of a package that is installed here"


def _fields(terms: Terms) -> Problems:
    yield from repeated((field.name for field in terms.fields), ".fields[{}].name")
    for i, field in enumerate(terms.fields):
        for key, problem in _field(field, terms):
            yield f".fields[{i}].{key}", problem


def _field(field: Field, terms: Terms) -> Problems:
    if field.name == "record_id":
        yield "name", "record_id is taken: it names the row"
    if field.tolerance is not UNSET and field.kind != "number":
        yield "tolerance", "is for numbers"
    if not has_decimals(field.weight, 3):
        yield "weight", "has more than 3 decimals"
    if field.positions(terms.encoding.hashes) > terms.encoding.bits:
        yield "weight", "asks for more positions than the encoding has bits"


def _threshold(terms: Terms) -> Problems:
    if not has_decimals(terms.threshold, 6):
        yield ".threshold", "has more than 6 decimals"
    if terms.possible is UNSET:
        return
    if not has_decimals(terms.possible, 6):
        yield ".possible", "has more than 6 decimals"
    if terms.possible >= terms.threshold:
        yield ".possible", "is not below the threshold"
    if terms.protocol != "broker_clk":
        yield ".possible", "is for broker_clk: other protocols tell hits alone"
    if terms.learns.score == "graded":
        yield ".possible", "is not for graded scores, whose classes begin at the threshold"


def _risk(terms: Terms) -> Problems:
    bound = terms.max_reidentification
    if bound is not UNSET and not has_decimals(bound, 3):
        yield ".max_reidentification", "has more than 3 decimals"


def _dates(terms: Terms) -> Problems:
    if terms.valid_until < terms.valid_from:
        yield ".valid_until", "is before valid_from"


def _learns(terms: Terms) -> Problems:
    yield from repeated(terms.learns.hits_to, ".learns.hits_to[{}]")
    for i, name in enumerate(terms.learns.hits_to):
        if name not in terms.units:
            yield f".learns.hits_to[{i}]", "is no unit of this agreement"
    if terms.learns.score != "rounded" and terms.learns.decimals != 0:
        yield ".learns.decimals", "must be 0 unless the score is rounded"


def _grades(terms: Terms) -> Problems:
    learns, grades = terms.learns, terms.learns.grades
    if (learns.score == "graded") != (grades is not UNSET):
        yield ".learns.grades", "must be there if the score is graded, and only then"
    if grades is UNSET:
        return
    for i, (before, grade) in enumerate(pairwise((terms.threshold, *grades))):
        if grade <= before:
            yield f".learns.grades[{i}]", "is not above the threshold and the grades before it"
        if not has_decimals(grade, 6):
            yield f".learns.grades[{i}]", "has more than 6 decimals"


def _shown(terms: Terms) -> Problems:
    """What is for one kind of protocol alone."""
    if terms.consent is not UNSET and terms.protocol not in SHOWING:
        yield ".consent", f"is for protocols that show encodings, and {terms.protocol} shows none"
    if terms.most_records is not UNSET and terms.protocol not in TOLD:
        yield ".most_records", "is for protocols that compare encodings: of keys, `capacity` is agreed"
    if terms.protocol == "blinded_broker":
        return
    for path, value in ((".quota", terms.quota), (".learns.count", terms.learns.count)):
        if value is not UNSET:
            yield path, "is for blinded_broker: elsewhere the broker counts hits"
    if terms.dealer_proof is not UNSET:
        yield ".dealer_proof", "is for blinded_broker: elsewhere the broker deals nothing"


def _blinded(terms: Terms) -> Problems:
    """What must hold where nobody but units sees a hit, and nobody sees an encoding."""
    if terms.protocol != "blinded_broker":
        return
    learns = terms.learns
    if terms.encoding.rows > 1:
        yield from _unscored(terms)
    elif terms.assignment == "one-to-one" and learns.score == "none":
        yield ".learns.score", "must not be none: units choose one-to-one by the scores of hits"
    if set(learns.hits_to) != set(terms.units) and learns.score != "none":
        yield ".learns.hits_to", "must be all units unless the score is none: two units open scores together"
    if terms.measure != "dice":
        yield ".measure", "must be dice: blinded_broker knows no other that agreements have"
    if terms.encoding.ways or terms.max_reidentification is not UNSET:
        path = ".encoding.hardening" if terms.encoding.ways else ".max_reidentification"
        yield path, "is for encodings that somebody sees, and in blinded_broker nobody does"


def _blocking(terms: Terms) -> Problems:
    """What a session can be blocked under: only hits that both units learn may be found block by block."""
    if terms.blocking is UNSET:
        return
    if terms.protocol != "blinded_broker":
        yield ".blocking", "is for blinded_broker: `pplink broker match` has --strategy and --recall"
    yield from _blocked_by(terms, terms.blocking)
    if not has_decimals(terms.blocking.epsilon, 3):
        yield ".blocking.epsilon", "has more than 3 decimals"
    if len(terms.learns.hits_to) < len(terms.units):
        yield (
            ".learns.hits_to",
            "must be all units where lists are blocked: both find out in which blocks hits are",
        )


def _unscored(terms: Terms) -> Problems:
    """What must hold where a hit of two records says that some of their variants match, and not how well."""
    if terms.encoding.rows > MOST_BLINDED_VARIANTS:
        yield ".encoding.variants", f"is more than the {MOST_BLINDED_VARIANTS} that blinded_broker compares"
    if terms.learns.score != "none":
        yield ".learns.score", "must be none: blinded_broker opens no score of records with variants"
    if terms.assignment == "one-to-one":
        yield (
            ".assignment",
            "must be many-to-many: one-to-one is chosen by scores, and records with variants have none",
        )


def _blocked_by(terms: Terms, blocking: Blocking) -> Problems:
    if (blocking.recall is UNSET) == (blocking.year_of is UNSET):
        yield ".blocking", "must have either a recall or a field of whose dates the year says who is compared"
    if blocking.recall is not UNSET and not has_decimals(blocking.recall, 4):
        yield ".blocking.recall", "has more than 4 decimals"
    if blocking.year_of is not UNSET and terms.kinds.get(blocking.year_of) not in DATES:
        yield ".blocking.year_of", "is no field of dates of this agreement"


def _texts(terms: Terms) -> Problems:
    basis = terms.legal_basis
    texts = (
        (".purpose", terms.purpose),
        (".legal_basis.text", basis.text),
        (".legal_basis.reference", basis.reference),
    )
    for path, text in texts:
        if any(unicodedata.category(each) == "Cc" and each != "\n" for each in text) or _DECEPTIVE.search(
            text
        ):
            yield path, "has control characters, which can make a screen show another text"
        if any(unicodedata.category(each) == "Cs" for each in text):
            yield path, "has bytes that are not UTF-8"
        if text and not text.strip():
            yield path, "is blank"


CHECKS: tuple[Callable[[Terms], Problems], ...] = (
    _cards,
    _distinct_parties,
    _roles,
    _protocol,
    _fields,
    encoding_problems,
    _threshold,
    _risk,
    _dates,
    _learns,
    _grades,
    _shown,
    _blinded,
    _blocking,
    exact_problems,
    _texts,
)
