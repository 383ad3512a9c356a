from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pplink.agreement.describe import describe
from pplink.agreement.model import Agreement
from pplink.keys.ring import KeyRing

Make = Callable[..., Agreement]


def shown(agreement: Agreement) -> str:
    return "\n".join(f"{what}: {value}" for what, value in describe(agreement))


def test_a_signer_sees_everything_that_is_signed(
    proposed_agreement: Make, rings: Mapping[str, KeyRing]
) -> None:
    agreement = proposed_agreement(threshold=0.815, retention_days=77)
    text = shown(agreement)
    terms = agreement.terms
    for part in (
        agreement.id,
        terms.purpose,
        terms.legal_basis.text,
        terms.legal_basis.reference,
        "0.815",
        "77 days",
    ):
        assert part in text
    assert f"{terms.valid_from} to {terms.valid_until}" in text
    for party in terms.parties:
        assert f"{party.role}: {party.name}, card {party.fingerprint}" in text
    for field in terms.fields:
        assert f"field: {field.name} ({field.kind}), weight {field.weight:g}" in text
    for part in (
        "1,024 bits",
        "q-grams of 2",
        "random hashing",
        "hmac-sha256",
        "dice",
        "broker_clk",
        "greedy",
    ):
        assert part in text


def test_a_signer_sees_what_bits_are_counted_by(proposed_agreement: Make) -> None:
    def change(terms: dict[str, Any]) -> None:
        terms["fields"][0] |= {"bits_of": "value", "weight": 8.5}
        terms["encoding"]["hashes"] = 10
        terms["fields"][1] |= {"kind": "day", "weight": 1}
        del terms["fields"][1]["bits_of"]

    text = shown(proposed_agreement(change=change))
    assert "weight 8.5: 85 bits a value" in text
    assert "weight 1: 10 bits a share of a token" in text


def test_a_change_of_any_term_changes_what_is_shown(proposed_agreement: Make) -> None:
    def field(key: str, value: object) -> Callable[[dict], None]:
        return lambda terms: terms["fields"][0].update({key: value})

    def encoding(key: str, value: object) -> Callable[[dict], None]:
        return lambda terms: terms["encoding"].update({key: value})

    changes: list[Callable[[dict], None]] = [
        lambda terms: terms.update(purpose="another"),
        lambda terms: terms["legal_basis"].update(text="another"),
        lambda terms: terms["legal_basis"].update(reference=""),
        lambda terms: terms.update(valid_until="2099-01-01"),
        lambda terms: terms.update(retention_days=3),
        lambda terms: terms.update(threshold=0.123),
        lambda terms: terms.update(assignment="many-to-many"),
        lambda terms: terms.update(solver="optimal"),
        lambda terms: terms["learns"].update(hits_to=["north"]),
        lambda terms: terms["learns"].update(score="exact", decimals=0),
        lambda terms: terms["learns"].update(score="none", decimals=0),
        lambda terms: terms["learns"].update(decimals=3),
        lambda terms: terms["parties"].pop(4),
        field("kind", "category"),
        field("weight", 0.999),
        field("required", True),
        field("name", "nickname"),
        encoding("bits", 512),
        encoding("q", 3),
        encoding("hashes", 7),
        lambda terms: terms.pop("consent"),
        lambda terms: terms["learns"].update(score="graded", grades=[0.9], decimals=0),
    ]
    seen = {tuple(describe(proposed_agreement())[1:])}
    for change in changes:
        seen.add(tuple(describe(proposed_agreement(change=change))[1:]))
    assert len(seen) == len(changes) + 1


def test_a_signer_sees_what_each_party_learns(proposed_agreement: Make) -> None:
    rows = [value for what, value in describe(proposed_agreement()) if what == "learns"]
    assert [row.split(":")[0] for row in rows] == [
        "unit north",
        "unit south",
        "unit west",
        "broker hub",
        "auditor officer",
        "whoever is given the run folder",
    ]
    assert "rounded down to 2 decimals" in rows[0]
    assert "opaque handle" in rows[0]
    assert "NOT anonymous" in rows[3]
    assert "96 to 100 %" in rows[3]


def test_a_signer_sees_who_gets_no_hits(proposed_agreement: Make) -> None:
    agreement = proposed_agreement(change=lambda terms: terms["learns"].update(hits_to=["north"]))
    rows = [value for what, value in describe(agreement) if what == "learns"]
    assert "for each of its own records" in rows[0]
    assert rows[1] == "unit south: nothing: hits do not go to it"


def test_a_signer_sees_who_signed(proposed_agreement: Make, signed_agreement: Make) -> None:
    assert ("signed by", "nobody yet") in describe(proposed_agreement())
    assert ("signed by", "south, west") in describe(signed_agreement(signers=("west", "south")))


def test_a_signer_sees_that_a_blinded_broker_sees_nothing_unless_it_sides_with_a_unit(
    proposed_agreement: Make,
) -> None:
    rows = [
        value
        for what, value in describe(proposed_agreement(protocol="blinded_broker"))
        if what in ("learns", "protocol")
    ]
    assert rows[0].startswith("blinded_broker: units compare encodings with each other two by two")
    assert "its program is shown the exact score" in rows[1]
    assert "no encoding, no score, no hit" in rows[4]
    assert "THIS HOLDS ONLY if it does not share" in rows[4]
    assert rows[-1].startswith("units that put together what they learn: of most records of a third unit")
    two = proposed_agreement(protocol="blinded_broker", parties=("north", "south", "hub"))
    assert not any("put together" in value for _, value in describe(two))
    assert not any("96 to 100 %" in row for row in rows)


def test_a_signer_sees_each_term_of_sessions(proposed_agreement: Make) -> None:
    shared = {"protocol": "blinded_broker"}
    changes = [{}, {"quota": 77}, {"count": True}, {"score": "graded", "grades": (0.8, 0.9)},
               {"score": "none", "assignment": "many-to-many"},
               {"score": "none", "assignment": "many-to-many", "hits_to": ("south",)}]  # fmt: skip
    seen = [shown(proposed_agreement(**shared, **each)) for each in changes]
    assert len(set(seen)) == len(changes)
    assert "finds more pairs than twice the smaller list and 1,000" in seen[0]
    assert "but not how many hits there are" in seen[0]
    assert "more pairs than 77" in seen[1]
    assert "and how many hits two units have with each other" in seen[2]
    assert "classes of scores that begin at 0.65, 0.8, 0.9" in seen[3]
    assert "nothing: hits do not go to it; every unit that gets hits is given the opaque handles" in seen[5]


def test_a_signer_sees_that_the_broker_proves_what_it_deals(proposed_agreement: Make) -> None:
    seen = shown(proposed_agreement(protocol="blinded_broker", dealer_proof=3))
    assert "the broker proves what it deals: 3 sets for each tile" in seen
    assert "found out with a chance of 66.7%" in seen
    assert "dealing" not in shown(proposed_agreement(protocol="blinded_broker"))


def test_a_signer_sees_what_blocking_misses_and_tells(proposed_agreement: Make) -> None:
    seen = shown(proposed_agreement(protocol="blinded_broker", blocking_recall=0.985, blocking_epsilon=0.5))
    assert "found with a chance of 98.5000% or more" in seen
    assert "epsilon 0.5" in seen
    assert "in which bins it found each hit again" in seen
    assert "how many blocks are compared" in seen
    seen = shown(proposed_agreement(protocol="blinded_broker", blocking_year="birth_date"))
    assert "whose years of birth_date are at most one apart" in seen
    assert "OTHER PAIRS ARE MISSED" in seen
    assert "bins" not in shown(proposed_agreement(protocol="blinded_broker"))


def test_a_signer_sees_what_hits_of_persons_with_aliases_do_not_tell(proposed_agreement: Make) -> None:
    seen = shown(proposed_agreement("persons-crossborder", protocol="blinded_broker"))
    assert "no score: only that the records are held to be one person" in seen
    assert "its program is shown that, and no score, nor which of their variants match, nor how many" in seen
    assert "16 encodings a record, for its variants, empty ones where it has fewer" in seen
    assert "nor how many" not in shown(proposed_agreement("persons-crossborder"))
    blocked = shown(proposed_agreement("persons-crossborder", protocol="blinded_broker", blocking_recall=0.9))
    assert "nor how many" not in blocked
    assert "which variants of its own record match how many of the other's" in blocked


def test_a_signer_sees_the_consent_in_figures(proposed_agreement: Make) -> None:
    (told,) = [value for what, value in describe(proposed_agreement()) if what == "consent"]
    assert (
        "the units consent to the broker seeing their encodings: published attacks told 96 to 100 %" in told
    )
    old = proposed_agreement(change=lambda terms: terms.pop("consent"))
    assert (
        "consent",
        told.replace("the units consent", "NO CONSENT: no broker may match under these terms"),
    ) in (describe(old))
    assert not [
        what for what, _ in describe(proposed_agreement(protocol="blinded_broker")) if what == "consent"
    ]


def test_a_signer_sees_each_hardening_with_its_parameters_and_that_aliases_are_united(
    proposed_agreement: Make,
) -> None:
    text = shown(proposed_agreement("persons-shown"))
    assert "then diffusion bits 4096 taps 5" in text
    assert "up to 16 variants of a record are united in its one encoding" in text

    def salted(terms: dict[str, Any]) -> None:
        two_step = {"method": "two-step", "functions": 8, "bits": 2048}
        terms["encoding"]["hardening"] = [
            {"method": "salt", "field": "birth_date", "characters": 4},
            two_step,
        ]

    text = shown(proposed_agreement(change=salted))
    assert "then salt field birth_date characters 4; then two-step functions 8 bits 2048" in text


def test_a_signer_sees_how_many_records_a_unit_may_bring(proposed_agreement: Make) -> None:
    assert "lists: a unit brings at most 1,000,000 records" in shown(proposed_agreement())
    assert "lists: a unit brings at most 77 records" in shown(proposed_agreement(most_records=77))
    before = proposed_agreement(change=lambda terms: terms.pop("most_records"))
    assert "lists: NO LIMIT" in shown(before)
