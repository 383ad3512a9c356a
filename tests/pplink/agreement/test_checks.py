"""One change a case, each to terms that are good but for it, each named by its path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pplink import canonical
from pplink.agreement.checks import terms_from
from pplink.agreement.model import Agreement
from pplink.errors import AgreementError

Make = Callable[..., Agreement]
DELETE = object()


@pytest.fixture
def terms(proposed_agreement: Make) -> dict[str, Any]:
    """Terms as JSON; parties in order: north, south, west, hub, officer."""
    return canonical.from_bytes(canonical.to_bytes(proposed_agreement().terms.to_json()))


def edit(terms: dict[str, Any], steps: tuple[str | int, ...], value: Any) -> None:
    place: Any = terms
    for step in steps[:-1]:
        place = place[step]
    if value is DELETE:
        del place[steps[-1]]
    else:
        place[steps[-1]] = value


def refused(terms: Any) -> str:
    with pytest.raises(AgreementError) as caught:
        terms_from(terms)
    assert caught.value.hint
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_good_terms_are_read_and_written_alike(terms: dict[str, Any]) -> None:
    assert canonical.to_bytes(terms_from(terms).to_json()) == canonical.to_bytes(terms)


EDITS: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("format",), "pplink-agreement/2", "$.terms.format: not one of the values allowed here"),
    (("purpose",), "", "$.terms.purpose: expected `str` of length >= 1"),
    (("purpose",), "x" * 10_001, "$.terms.purpose: expected `str` of length <= 10000"),
    (("purpose",), " \n ", "$.terms.purpose: is blank"),
    (("purpose",), 5, "$.terms.purpose: expected `str`, got `int`"),
    (("purpose",), "find\x1b[2Jpeople", "$.terms.purpose: has control characters"),
    (("purpose",), "find\rpeople", "$.terms.purpose: has control characters"),
    (("purpose",), "find\u202epeople", "$.terms.purpose: has control characters"),
    (("purpose",), "find \udcff people", "$.terms.purpose: has bytes that are not UTF-8"),
    (("legal_basis", "text"), "a\x00b", "$.terms.legal_basis.text: has control characters"),
    (("legal_basis", "text"), None, "$.terms.legal_basis.text: expected `str`, got `null`"),
    (("legal_basis", "reference"), "a\u2066b", "$.terms.legal_basis.reference: has control characters"),
    (("legal_basis", "reference"), DELETE, "$.terms.legal_basis.reference: missing"),
    (("legal_basis", "url"), "x", "$.terms.legal_basis.url: unknown key"),
    (("valid_from",), "2025-02-30", "$.terms.valid_from: invalid"),
    (("valid_from",), "01.02.2025", "$.terms.valid_from: invalid"),
    (("valid_from",), "2025-02-01T00:00:00", "$.terms.valid_from: invalid"),
    (("valid_from",), 20250201, "$.terms.valid_from: expected `date`"),
    (("valid_until",), "1999-12-31", "$.terms.valid_until: is before valid_from"),
    (("retention_days",), -1, "$.terms.retention_days: expected `int` >= 0"),
    (("retention_days",), 36_501, "$.terms.retention_days: expected `int` <= 36500"),
    (("retention_days",), 1.5, "$.terms.retention_days: expected `int`, got `float`"),
    (("retention_days",), True, "$.terms.retention_days: expected `int`, got `bool`"),
    (("retention_days",), "30", "$.terms.retention_days: expected `int`, got `str`"),
    (("retention_days",), DELETE, "$.terms.retention_days: missing"),
    (("parties",), {}, "$.terms.parties: expected `array`, got `object`"),
    (("parties",), [], "$.terms.parties: expected `array` of length >= 3"),
    (("parties", 4, "role"), "broker", "$.terms.parties: 2 brokers instead of one"),
    (("parties", 3, "role"), "auditor", "$.terms.parties: 0 brokers instead of one"),
    (("parties", 3, "role"), "boss", "$.terms.parties[3].role: not one of the values allowed here"),
    (("parties", 1, "name"), "north", "$.terms.parties[1].name: stands here a second time"),
    (("parties", 1, "name"), "South", "$.terms.parties[1].name: expected `str` matching regex"),
    (("parties", 1, "format"), DELETE, "$.terms.parties[1].format: missing"),
    (("parties", 1, "signing"), "AAAA", "$.terms.parties[1].signing: has 3 bytes instead of 32"),
    (("parties", 1, "sealing"), canonical.to_base64(bytes(32)), "$.terms.parties[1].sealing: is a weak key"),
    (("parties", 1, "signing"), canonical.to_base64(bytes(32)), "$.terms.parties[1].signing: is a weak key"),
    (("parties", 1, "email"), "x", "$.terms.parties[1].email: unknown key"),
    (("fields",), [], "$.terms.fields: expected `array` of length >= 1"),
    (("fields", 1, "name"), "given_name", "$.terms.fields[1].name: stands here a second time"),
    (("fields", 1, "name"), "record_id", "$.terms.fields[1].name: record_id is taken"),
    (("fields", 1, "name"), "Family Name", "$.terms.fields[1].name: expected `str` matching regex"),
    (("fields", 1, "name"), "x" * 65, "$.terms.fields[1].name: expected `str` matching regex"),
    (("fields", 1, "kind"), "string", "$.terms.fields[1].kind: not one of the values allowed here"),
    (("encoding", "variants"), 1, "$.terms.encoding.variants: expected `int` >= 2"),
    (("encoding", "variants"), 257, "$.terms.encoding.variants: expected `int` <= 256"),
    (("encoding", "variants"), None, "$.terms.encoding.variants: expected `int`"),
    (("encoding", "variants"), "16", "$.terms.encoding.variants: expected `int`"),
    (("fields", 2, "bits_of"), "token", "$.terms.fields[2].bits_of: not one of the values allowed here"),
    (("fields", 2, "bits_of"), None, "$.terms.fields[2].bits_of: "),
    (("fields", 2, "weight"), 0, "$.terms.fields[2].weight: expected `float` > 0.0"),
    (("fields", 2, "weight"), -1, "$.terms.fields[2].weight: expected `float` > 0.0"),
    (("fields", 2, "weight"), 100.5, "$.terms.fields[2].weight: expected `float` <= 100.0"),
    (("fields", 2, "weight"), float("inf"), "$.terms.fields[2].weight: expected `float` <= 100.0"),
    (("fields", 2, "weight"), float("nan"), "$.terms.fields[2].weight: expected `float` > 0.0"),
    (("fields", 2, "weight"), 10**400, "$.terms.fields[2].weight: number out of range"),
    (("fields", 2, "weight"), 0.0001, "$.terms.fields[2].weight: has more than 3 decimals"),
    (("fields", 2, "weight"), 1 / 3, "$.terms.fields[2].weight: has more than 3 decimals"),
    (("fields", 2, "weight"), 1e-300, "$.terms.fields[2].weight: has more than 3 decimals"),
    (
        ("fields", 2, "weight"),
        100,
        "$.terms.fields[2].weight: asks for more positions than the encoding has bits",
    ),
    (("fields", 2, "weight"), "1", "$.terms.fields[2].weight: expected `float`, got `str`"),
    (("fields", 2, "required"), 0, "$.terms.fields[2].required: expected `bool`, got `int`"),
    (("fields", 2, "required"), DELETE, "$.terms.fields[2].required: missing"),
    (("encoding", "bits"), 1000, "$.terms.encoding.bits: expected `int` that's a multiple of 64"),
    (("encoding", "bits"), 0, "$.terms.encoding.bits: expected `int` >= 64"),
    (("encoding", "bits"), 8256, "$.terms.encoding.bits: expected `int` <= 8192"),
    (("encoding", "q"), 0, "$.terms.encoding.q: expected `int` >= 1"),
    (("encoding", "q"), 5, "$.terms.encoding.q: expected `int` <= 4"),
    (("encoding", "hashes"), 0, "$.terms.encoding.hashes: expected `int` >= 1"),
    (("encoding", "hashes"), 129, "$.terms.encoding.hashes: expected `int` <= 128"),
    (("encoding", "padded"), False, "$.terms.encoding.padded: this version knows padded q-grams only"),
    (("encoding", "hashing"), "double", "$.terms.encoding.hashing: not one of the values allowed here"),
    (("encoding", "mac"), "md5", "$.terms.encoding.mac: not one of the values allowed here"),
    (("encoding", "scheme"), "rbf", "$.terms.encoding.scheme: not one of the values allowed here"),
    (("encoding", "salt"), "x", "$.terms.encoding.salt: unknown key"),
    (("protocol",), "psi", "$.terms.protocol: is none of pplink's, nor of a package that is installed here"),
    (("measure",), "jaccard", "$.terms.measure: not one of the values allowed here"),
    (("threshold",), 0, "$.terms.threshold: expected `float` > 0.0"),
    (("threshold",), 1.01, "$.terms.threshold: expected `float` <= 1.0"),
    (("threshold",), 0.8000001, "$.terms.threshold: has more than 6 decimals"),
    (("threshold",), "0.8", "$.terms.threshold: expected `float`, got `str`"),
    (("treshold",), 0.8, "$.terms.treshold: unknown key"),
    (("assignment",), "one-to-many", "$.terms.assignment: not one of the values allowed here"),
    (("solver",), "random", "$.terms.solver: not one of the values allowed here"),
    (("learns", "hits_to"), [], "$.terms.learns.hits_to: expected `array` of length >= 1"),
    (("learns", "hits_to"), ["north", "hub"], "$.terms.learns.hits_to[1]: is no unit of this agreement"),
    (("learns", "hits_to"), ["north", "nobody"], "$.terms.learns.hits_to[1]: is no unit of this agreement"),
    (("learns", "hits_to"), ["north", "north"], "$.terms.learns.hits_to[1]: stands here a second time"),
    (("learns", "score"), "all", "$.terms.learns.score: not one of the values allowed here"),
    (("learns", "score"), "exact", "$.terms.learns.decimals: must be 0 unless the score is rounded"),
    (("learns", "decimals"), 5, "$.terms.learns.decimals: expected `int` <= 4"),
    (("learns", "decimals"), -1, "$.terms.learns.decimals: expected `int` >= 0"),
]


@pytest.mark.parametrize(("steps", "value", "said"), EDITS, ids=range(len(EDITS)))
def test_what_cannot_be_is_named_by_its_path(
    terms: dict[str, Any], steps: tuple[str | int, ...], value: Any, said: str
) -> None:
    terms["encoding"]["hashes"] = 20  # whatever the preset has
    edit(terms, steps, value)
    assert refused(terms).startswith(f"agreement: {said}")


OWN: list[tuple[tuple[str, ...], Any, str]] = [
    (("consent",), "yes", "consent: not one of the values allowed here"),
    (("quota",), 5, "quota: is for blinded_broker"),
    (("quota",), 0, "quota: expected `int` >= 1"),
    (("quota",), 1 << 25, "quota: expected `int` <= 16777216"),
    (("dealer_proof",), 2, "dealer_proof: is for blinded_broker: elsewhere the broker deals nothing"),
    (("dealer_proof",), 1, "dealer_proof: expected `int` >= 2"),
    (("dealer_proof",), 17, "dealer_proof: expected `int` <= 16"),
    (("most_records",), 0, "most_records: expected `int` >= 1"),
    (("most_records",), (1 << 32) + 1, "most_records: expected `int` <= 4294967296"),
    (("learns", "count"), "broker", "learns.count: is for blinded_broker"),
    (("learns", "count"), "all", "learns.count: not one of the values allowed here"),
    (("learns", "grades"), [0.9], "learns.grades: must be there if the score is graded, and only then"),
    (("blocking",), {"recall": 0.99, "epsilon": 1.0}, "blocking: is for blinded_broker"),
    (("blocking",), {"recall": 0.99}, "blocking"),
    (("blocking",), {"recall": 1.0, "epsilon": 1.0}, "blocking.recall: expected `float` < 1.0"),
    (("blocking",), {"recall": 0.4, "epsilon": 1.0}, "blocking.recall: expected `float` >= 0.5"),
    (("blocking",), {"recall": 0.9, "epsilon": 0.0}, "blocking.epsilon: expected `float` > 0.0"),
    (("blocking",), {"recall": 0.9, "epsilon": 17.0}, "blocking.epsilon: expected `float` <= 16.0"),
]


@pytest.mark.parametrize(("steps", "value", "said"), OWN, ids=range(len(OWN)))
def test_a_term_of_another_protocol_is_refused(
    terms: dict[str, Any], steps: tuple[str, ...], value: Any, said: str
) -> None:
    edit(terms, steps, value)
    assert refused(terms).startswith(f"agreement: $.terms.{said}")


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ([], "expected `array` of length >= 1"),
        ([0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99], "expected `array` of length <= 7"),
        ([0.9, 0.8], "[1]: is not above"),
        ([0.8, 0.8], "[1]: is not above"),
        ([0.66], "[0]: is not above the threshold"),
        ([0.8000001], "[0]: has more than 6 decimals"),
        ([1.5], "[0]: expected `float` <= 1.0"),
        (None, ": must be there if the score is graded"),
    ],
)
def test_grades_that_cannot_be_are_refused(terms: dict[str, Any], grades: Any, said: str) -> None:
    terms["threshold"] = 0.66
    terms["learns"] |= {"score": "graded", "decimals": 0}
    if grades is not None:
        terms["learns"]["grades"] = grades
    assert said.lstrip(": ") in refused(terms)
    terms["learns"]["grades"] = [0.8, 0.9]
    assert terms_from(terms).classes == (0.66, 0.8, 0.9)


BLINDED: list[tuple[tuple[str, ...], Any, str]] = [
    (("learns", "hits_to"), ["north", "south"], "learns.hits_to: must be all units unless"),
    (
        ("learns",),
        {"hits_to": ["north", "south", "west"], "score": "none", "decimals": 0},
        "learns.score: must",
    ),
    (("measure",), "hamming", "measure: must be dice"),
    (("encoding", "variants"), 33, "encoding.variants: is more than the 32 that blinded_broker compares"),
    (
        ("encoding", "variants"),
        2,
        "learns.score: must be none: blinded_broker opens no score of records with",
    ),
    (("max_reidentification",), 0.1, "max_reidentification: is for encodings that somebody sees"),
    (
        ("encoding", "hardening"),
        [{"method": "xor-fold"}],
        "encoding.hardening: is for encodings that somebody",
    ),
]


@pytest.mark.parametrize(("steps", "value", "said"), BLINDED, ids=range(len(BLINDED)))
def test_what_a_blinded_broker_cannot_do_is_refused(
    terms: dict[str, Any], steps: tuple[str, ...], value: Any, said: str
) -> None:
    edit(terms, steps, value)
    terms_from(terms)
    terms["protocol"] = "blinded_broker"
    del terms["consent"]
    assert refused(terms).startswith(f"agreement: $.terms.{said}")


def test_records_with_variants_have_hits_without_scores_where_nobody_sees_encodings(
    terms: dict[str, Any],
) -> None:
    terms["protocol"] = "blinded_broker"
    del terms["consent"]
    terms["encoding"]["variants"] = 32
    terms["learns"] |= {"score": "none", "decimals": 0}
    assert refused(terms).startswith("agreement: $.terms.assignment: must be many-to-many")
    terms["assignment"] = "many-to-many"
    assert terms_from(terms).encoding.rows == 32
    terms["learns"] |= {"score": "graded", "grades": [0.9]}
    assert refused(terms).startswith("agreement: $.terms.learns.score: must be none")


def test_every_key_of_the_terms_must_be_there(terms: dict[str, Any]) -> None:
    del terms["most_records"]  # none in agreements of before, which are read as they were
    del terms["consent"]  # without it the terms are read, though no broker may match under them
    assert terms_from(terms)
    for key in list(terms):
        assert refused({k: v for k, v in terms.items() if k != key}) == f"agreement: $.terms.{key}: missing"


@pytest.mark.parametrize("value", [None, [], "x", 5, {}])
def test_what_is_no_terms_at_all_is_refused(value: Any) -> None:
    assert "agreement: $.terms" in refused(value)


def test_one_unit_cannot_agree_with_itself(terms: dict[str, Any]) -> None:
    del terms["parties"][1:3]
    terms["learns"]["hits_to"] = ["north"]
    assert "fewer than two units" in refused(terms)


@pytest.mark.parametrize("key", ["signing", "sealing"])
def test_two_parties_with_one_key_are_refused(terms: dict[str, Any], key: str) -> None:
    terms["parties"][2][key] = terms["parties"][0][key]
    assert refused(terms) == f"agreement: $.terms.parties[2].{key}: stands here a second time"


def test_there_are_at_most_64_parties_and_fields(terms: dict[str, Any]) -> None:
    assert "$.terms.parties: expected `array` of length <= 64" in refused(
        {**terms, "parties": terms["parties"] * 13}
    )
    assert "$.terms.fields: expected `array` of length <= 64" in refused(
        {**terms, "fields": terms["fields"] * 17}
    )


def test_text_in_any_language_and_in_paragraphs_is_taken(terms: dict[str, Any]) -> None:
    for text in ("Łódź\n\nArtikel 7", "查找失踪人员", "البحث عن المفقودين", "می‌خواهم", "👪"):
        terms["purpose"] = text
        assert terms_from(terms).purpose == text


def test_all_that_is_allowed_is_taken(terms: dict[str, Any]) -> None:
    terms["threshold"] = 1
    terms["learns"] = {"hits_to": ["west"], "score": "none", "decimals": 0}
    terms["valid_until"] = terms["valid_from"]
    terms["encoding"].update(bits=8192, q=4, hashes=128)
    terms["fields"][0].update(weight=0.001, kind="category", required=True)
    terms["assignment"], terms["solver"], terms["retention_days"] = "many-to-many", "optimal", 0
    terms["legal_basis"]["reference"] = ""
    assert terms_from(terms).fields[0].positions(128) == 1


def test_consent_has_no_place_where_nobody_is_shown_encodings(terms: dict[str, Any]) -> None:
    terms["protocol"] = "blinded_broker"
    assert refused(terms).startswith("agreement: $.terms.consent: is for protocols that show encodings")
