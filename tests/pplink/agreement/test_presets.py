from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from pplink import canonical
from pplink.agreement import presets, text
from pplink.agreement.hardening import Diffusion, XorFold
from pplink.agreement.model import Agreement
from pplink.agreement.presets import MOST_RECORDS, PRESETS
from pplink.agreement.shown import check_shown, measured_risk
from pplink.errors import AgreementError, RefusedError, UsageError
from pplink.keys.ring import KeyRing

DAY = date(2030, 1, 1)
Rings = Mapping[str, KeyRing]


def propose(rings: Rings, preset: str = "persons", **options: Any) -> Agreement:
    cards = options.pop("cards", [held.card for held in rings.values()])
    given = {"purpose": "p", "legal_text": "l", "days": 30, "today": DAY, **options}
    if preset == "watchlist":
        given["exact"] = {"holder": "north"}
    if preset == "patterns":
        axes = [("category", "exact", ("arms", "drugs")), ("sex", "exact", ("f", "m"))]
        given["stats"] = {"axes": axes, "keeper": "officer", "modulus": "f" * 768}
    return presets.propose(preset, cards, **given)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_preset_makes_terms_that_read_back(rings: Rings, preset: str) -> None:
    agreement = propose(rings, preset)
    assert text.read(text.write(agreement)) == agreement
    assert agreement.terms.threshold == PRESETS[preset].threshold
    counted = {"category", "sex"} if preset == "patterns" else {each.name for each in PRESETS[preset].fields}
    assert agreement.terms.fields == tuple(each for each in PRESETS[preset].fields if each.name in counted)
    told = ("south", "west") if preset == "watchlist" else ("north", "south", "west")
    assert agreement.terms.learns.hits_to == told


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_every_preset_names_its_source(preset: presets.Preset) -> None:
    assert any(word in preset.source for word in ("20", "persons", "protocols/", "fields/"))
    assert len({field.name for field in preset.fields}) == len(preset.fields)


def test_cards_in_any_order_make_one_agreement(rings: Rings) -> None:
    cards = [rings[name].card for name in ("north", "south", "hub", "officer")]
    assert len({propose(rings, cards=list(order)).id for order in permutations(cards)}) == 1


def test_validity_runs_from_today_and_retention_is_as_long_unless_given(rings: Rings) -> None:
    terms = propose(rings).terms
    assert (terms.valid_from, terms.valid_until, terms.retention_days) == (DAY, DAY + timedelta(days=30), 30)
    assert propose(rings, retention_days=0).terms.retention_days == 0
    assert propose(rings, days=0).terms.valid_until == DAY


def test_what_is_given_goes_before_the_preset(rings: Rings) -> None:
    assert propose(rings, threshold=0.9).terms.threshold == 0.9
    assert propose(rings, decimals=4).terms.learns.decimals == 4
    for score in ("none", "exact"):
        learns = propose(rings, score=score, assignment="many-to-many").terms.learns
        assert (learns.score, learns.decimals) == (score, 0)
    assert propose(rings, score="rounded").terms.learns.decimals == PRESETS["persons"].decimals


@pytest.mark.parametrize("preset", ["", "person", "PERSONS", "__class__"])
def test_an_unknown_preset_is_a_usage_error_that_lists_them(rings: Rings, preset: str) -> None:
    with pytest.raises(UsageError) as caught:
        propose(rings, preset)
    assert "persons, persons-address" in str(caught.value.hint)


@pytest.mark.parametrize("days", [-1, 10**6 * 5, 10**12])
def test_days_that_cannot_be_are_a_usage_error(rings: Rings, days: int) -> None:
    with pytest.raises(UsageError):
        propose(rings, days=days)


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"purpose": ""}, r"\$\.terms\.purpose"),
        ({"legal_text": ""}, r"\$\.terms\.legal_basis\.text"),
        ({"threshold": 0.0}, r"\$\.terms\.threshold"),
        ({"threshold": 1.5}, r"\$\.terms\.threshold"),
        ({"threshold": float("nan")}, r"\$\.terms\.threshold"),
        ({"retention_days": -1}, r"\$\.terms\.retention_days"),
        ({"score": "some"}, r"\$\.terms\.learns\.score"),
        ({"decimals": 9}, r"\$\.terms\.learns\.decimals"),
        ({"score": "none", "decimals": 2}, r"\$\.terms\.learns\.decimals"),
        ({"cards": []}, r"\$\.terms\.parties"),
    ],
)
def test_terms_that_cannot_be_are_not_proposed(rings: Rings, options: dict[str, Any], path: str) -> None:
    with pytest.raises(AgreementError, match=path):
        propose(rings, **options)


@pytest.mark.parametrize("left_out", ["hub", "north south"])
def test_a_party_that_must_be_there_is_missed(rings: Rings, left_out: str) -> None:
    cards = [held.card for name, held in rings.items() if name not in left_out.split()]
    with pytest.raises(AgreementError, match=r"\$\.terms\.parties: "):
        propose(rings, cards=cards)


def test_one_card_twice_is_refused(rings: Rings) -> None:
    cards = [held.card for held in rings.values()]
    with pytest.raises(AgreementError, match=r"\$\.terms\.parties\[1\]\.name: stands here a second time"):
        propose(rings, cards=[*cards, rings["north"].card])


def test_the_preset_for_seen_encodings_is_hardened_and_compared_by_all_bits(rings: Rings) -> None:
    terms = propose(rings, "persons-shown").terms
    assert terms.measure == "hamming"
    assert (terms.encoding.bits, terms.encoding.width) == (1024, 4096)
    assert (terms.encoding.most, terms.encoding.rows) == (16, 1)
    assert propose(rings).terms.encoding.ways == ()
    assert b"hardening" not in text.write(propose(rings))


@pytest.mark.parametrize("name", ["persons", "persons-address", "persons-shown"])
def test_a_birth_date_alone_never_reaches_the_floor_whatever_the_key(rings: Rings, name: str) -> None:
    terms = propose(rings, name).terms
    born = next(field for field in terms.fields if field.name == "birth_date")
    shares = born.reader.shares("19800304", 2)
    whole = sum(shares) if born.by_value else 1
    draws = sum(born.positions(terms.encoding.hashes, share, whole) for share in shares)
    assert draws < terms.encoding.least


def test_a_preset_shows_encodings_to_nobody_unless_its_name_says_so(rings: Rings) -> None:
    for name in ("persons", "persons-address", "persons-crossborder"):
        terms = propose(rings, name).terms
        assert terms.protocol == "blinded_broker"
        assert not terms.encoding.ways
        assert "consent" not in terms.to_json()
    shown = propose(rings, "persons-shown").terms
    assert (shown.protocol, shown.consent) == ("broker_clk", "encodings-shown")


def test_hits_of_persons_with_aliases_have_a_score_where_a_broker_sees_them_alone(rings: Rings) -> None:
    terms = propose(rings, "persons-crossborder").terms
    assert (terms.learns.score, terms.assignment) == ("none", "many-to-many")
    shown = propose(rings, "persons-crossborder", protocol="broker_clk").terms
    assert (shown.learns.score, shown.learns.decimals, shown.assignment) == ("rounded", 2, "one-to-one")
    with pytest.raises(AgreementError, match="blinded_broker opens no score of records with variants"):
        propose(rings, "persons-crossborder", score="rounded")
    with pytest.raises(AgreementError, match="must be many-to-many"):
        propose(rings, "persons-crossborder", assignment="one-to-one")


def test_asking_for_a_protocol_that_shows_encodings_puts_the_consent_into_the_terms(rings: Rings) -> None:
    agreement = propose(rings, protocol="broker_clk")
    assert agreement.terms.consent == "encodings-shown"
    check_shown(agreement)
    without = canonical.from_bytes(text.write(agreement))
    del without["terms"]["consent"]
    with pytest.raises(RefusedError, match="does not say that the units consent"):
        check_shown(text.read(canonical.to_bytes(without)))
    with pytest.raises(RefusedError, match="no broker is to see encodings"):
        check_shown(propose(rings))


def test_what_was_measured_is_told_by_kind_of_encoding(rings: Rings) -> None:
    plain = propose(rings, protocol="broker_clk").terms.encoding
    shown = propose(rings, "persons-shown").terms.encoding
    assert "96 to 100 %" in measured_risk(plain)
    assert "up to 2.2 %" in measured_risk(shown)
    weaker = [(Diffusion(bits=4096, taps=4),), (XorFold(),), (Diffusion(bits=8192, taps=5),)]
    for ways in weaker:
        assert "up to 100 %" in measured_risk(replace(shown, hardening=ways))


def test_terms_that_are_absent_unless_given(rings: Rings) -> None:
    terms = propose(rings, score="graded", grades=(0.8, 0.9), count=True, quota=77, dealer_proof=2).terms
    assert (terms.dealt, propose(rings).terms.dealt) == (2, 1)
    assert "dealer_proof" not in propose(rings).terms.to_json()
    assert terms.classes == (terms.threshold, 0.8, 0.9)
    assert (terms.learns.count, terms.quota) == ("broker", 77)
    one = propose(rings, score="none", assignment="many-to-many", hits_to=("south",)).terms
    assert one.learns.hits_to == ("south",)
    assert not {"grades", "count"} & set(propose(rings).terms.to_json()["learns"])


def test_lists_are_blocked_only_if_a_recall_is_named(rings: Rings) -> None:
    assert "blocking" not in propose(rings).terms.to_json()
    agreed = propose(rings, blocking_recall=0.99).terms.to_json()["blocking"]
    assert agreed == {"recall": 0.99, "epsilon": 1.0}
    with pytest.raises(UsageError, match="noise on blocks is for lists that are blocked"):
        propose(rings, blocking_epsilon=0.5)


def test_blocked_lists_go_with_hits_to_all_units(rings: Rings) -> None:
    some = {"score": "none", "assignment": "many-to-many", "hits_to": ("south",)}
    with pytest.raises(AgreementError, match="must be all units where lists are blocked"):
        propose(rings, blocking_recall=0.99, **some)


@pytest.mark.parametrize(
    ("recall", "epsilon", "said"),
    [
        (0.99999, 1.0, "recall: has more than 4"),
        (0.99, 0.0001, "epsilon: has more than 3"),
        (1.0, 1.0, "recall"),
    ],
)
def test_blocking_that_cannot_be_is_refused(rings: Rings, recall: float, epsilon: float, said: str) -> None:
    with pytest.raises(AgreementError, match=said):
        propose(rings, blocking_recall=recall, blocking_epsilon=epsilon)


def test_lists_may_be_blocked_by_the_year_of_a_date(rings: Rings) -> None:
    assert propose(rings, blocking_year="birth_date").terms.to_json()["blocking"] == {
        "year_of": "birth_date",
        "epsilon": 1.0,
    }
    for field, said in (("given_name", "is no field of dates"), ("shoe", "is no field of dates")):
        with pytest.raises(AgreementError, match=said):
            propose(rings, blocking_year=field)
    with pytest.raises(AgreementError, match="either a recall or a field"):
        propose(rings, blocking_year="birth_date", blocking_recall=0.99)


def test_how_many_records_a_unit_may_bring_is_agreed_where_encodings_are_compared(rings: Rings) -> None:
    for protocol in ("blinded_broker", "broker_clk"):
        assert propose(rings, protocol=protocol).terms.most_records == MOST_RECORDS
        assert propose(rings, protocol=protocol, most_records=7).terms.most_told == 7
    keyed = propose(rings, "documents-exact").terms
    assert "most_records" not in keyed.to_json()
    assert keyed.most_told == keyed.exact.capacity
    with pytest.raises(AgreementError, match="most_records: is for protocols that compare encodings"):
        propose(rings, "documents-exact", most_records=7)
