from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pplink import canonical
from pplink.agreement import signatures
from pplink.agreement.model import SIGNATURE, Agreement
from pplink.errors import AgreementError, IntegrityError, UsageError
from pplink.keys import ring as ring_room
from pplink.keys.ring import KeyRing

Make = Callable[..., Agreement]
Rings = Mapping[str, KeyRing]
DAY = date(2030, 1, 1)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
UNITS = ("north", "south", "west")


def test_agreeing_adds_one_good_signature(proposed: Agreement, rings: Rings) -> None:
    signed = signatures.agree(proposed, rings["north"], NOON)
    assert [each.signer for each in signed.signatures] == ["north"]
    assert signed.id == proposed.id
    assert signed.missing() == ("south", "west")


def test_agreeing_twice_gives_the_same_signature(proposed: Agreement, rings: Rings) -> None:
    first = signatures.agree(proposed, rings["north"], NOON)
    assert signatures.agree(proposed, rings["north"], NOON + timedelta(days=1)) == first
    assert signatures.agree(first, rings["north"], NOON + timedelta(days=1)) == first
    again = ring_room.load(rings["north"].home)
    assert signatures.agree(proposed, again, NOON + timedelta(days=2)) == first


def test_a_signature_that_only_the_file_remembers_is_kept(signed_agreement: Make, rings: Rings) -> None:
    """As after the ring was restored from a copy made before it signed."""
    signed = signed_agreement(today=DAY, days=17, signers=("north",))
    (rings["north"].home / "agreements" / f"{signed.id}.json").unlink()
    assert signatures.agree(signed, rings["north"], NOON) == signed
    assert rings["north"].remembered(signed.id) == signed.signatures[0]


def test_a_share_is_fresh_for_every_agreement_and_sealed_to_every_unit(
    body_of: Any, proposed_agreement: Make, rings: Rings
) -> None:
    drawn: list[int] = []

    def random(length: int) -> bytes:
        drawn.append(length)
        return os.urandom(length)

    for days in (11, 12):
        agreement = signatures.agree(proposed_agreement(today=DAY, days=days), rings["north"], NOON, random)
        assert set(body_of(agreement, "north")["contribution"]) == set(UNITS)
    assert drawn == [32, 32]


def test_the_time_is_kept_in_utc_and_whole_seconds(
    body_of: Any, proposed_agreement: Make, rings: Rings
) -> None:
    at = datetime(2030, 1, 1, 1, 2, 3, 999_999, tzinfo=timezone(timedelta(hours=2)))
    agreement = signatures.agree(proposed_agreement(today=DAY, days=13), rings["north"], at)
    assert body_of(agreement, "north")["at"] == "2029-12-31T23:02:03Z"


def test_a_time_without_a_zone_is_refused(proposed: Agreement, rings: Rings) -> None:
    with pytest.raises(UsageError, match="time zone"):
        signatures.agree(proposed, rings["north"], datetime(2030, 1, 1))


def test_a_source_of_randomness_that_gives_too_little_is_refused(
    proposed_agreement: Make, rings: Rings
) -> None:
    with pytest.raises(UsageError, match="0 bytes instead of 32"):
        signatures.agree(proposed_agreement(today=DAY, days=14), rings["north"], NOON, lambda _: b"")


@pytest.mark.parametrize("name", ["hub", "officer"])
def test_broker_and_auditor_do_not_sign(proposed: Agreement, rings: Rings, name: str) -> None:
    with pytest.raises(AgreementError, match="only units do"):
        signatures.agree(proposed, rings[name], NOON)


def test_a_stranger_does_not_sign(proposed: Agreement, stranger: KeyRing) -> None:
    with pytest.raises(AgreementError, match="is of no party"):
        signatures.agree(proposed, stranger, NOON)


def test_a_ring_of_the_same_name_but_other_keys_does_not_sign(proposed: Agreement, tmp_path: Path) -> None:
    with pytest.raises(AgreementError, match="is of no party"):
        signatures.agree(proposed, ring_room.create(tmp_path / "home", "north", "unit"), NOON)


def test_an_expired_agreement_is_not_signed(proposed: Agreement, rings: Rings) -> None:
    last = datetime(2030, 1, 31, 23, 59, tzinfo=UTC)
    signatures.agree(proposed, rings["north"], last)
    with pytest.raises(AgreementError, match="expired"):
        signatures.agree(proposed, rings["north"], last + timedelta(minutes=1))


def test_a_forged_signature_of_another_is_found_before_signing(
    with_signature: Any, alone: dict[str, Agreement], rings: Rings
) -> None:
    forged = replace(alone["south"].signatures[0], signature=canonical.to_base64(bytes(64)))
    with pytest.raises(IntegrityError, match="south"):
        signatures.agree(with_signature(alone["south"], forged), rings["north"], NOON)


def test_copies_signed_side_by_side_become_one(alone: dict[str, Agreement], complete: Agreement) -> None:
    merged = signatures.merge(*alone.values())
    assert merged == complete
    assert [signed.signer for signed in merged.signatures] == list(UNITS)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_merging_is_commutative_associative_and_idempotent(complete: Agreement, data: st.DataObject) -> None:
    subsets = st.sets(st.sampled_from(UNITS)).map(
        lambda names: replace(complete, signatures=tuple(s for s in complete.signatures if s.signer in names))
    )
    a, b, c = (data.draw(subsets) for _ in range(3))
    merged = signatures.merge(a, b, c)
    assert all(signatures.merge(*order) == merged for order in permutations((a, b, c)))
    assert (
        signatures.merge(signatures.merge(a, b), c) == signatures.merge(a, signatures.merge(b, c)) == merged
    )
    assert (
        signatures.merge(merged, merged) == signatures.merge(merged) == signatures.merge(merged, a) == merged
    )
    signers = {signed.signer for copy in (a, b, c) for signed in copy.signatures}
    assert {signed.signer for signed in merged.signatures} == signers
    assert all(signed in merged.signatures for copy in (a, b, c) for signed in copy.signatures)


def test_copies_of_different_terms_are_not_merged(
    alone: dict[str, Agreement], signed_agreement: Make
) -> None:
    other = signed_agreement(today=DAY, threshold=0.9, signers=("south",))
    for copies in permutations((alone["north"], other)):
        with pytest.raises(AgreementError, match="different terms"):
            signatures.merge(*copies)


def test_two_signatures_of_one_unit_are_not_merged_and_none_is_dropped(
    body_of: Any, alone: dict[str, Agreement], proposed: Agreement, rings: Rings, tmp_path: Path
) -> None:
    """Two shares of one unit would give units two secrets, and their records would never match."""
    body = {**body_of(alone["north"], "north"), "at": "2030-01-02T00:00:00Z"}
    second = replace(proposed, signatures=(rings["north"].sign(SIGNATURE, body),))
    for copies in permutations((alone["north"], second)):
        with pytest.raises(AgreementError, match="unit north signed this agreement in two ways"):
            signatures.merge(*copies)


def test_a_forged_copy_is_not_merged(with_signature: Any, alone: dict[str, Agreement]) -> None:
    forged = replace(alone["south"].signatures[0], signature=canonical.to_base64(bytes(64)))
    with pytest.raises(IntegrityError):
        signatures.merge(alone["north"], with_signature(alone["south"], forged))
    with pytest.raises(IntegrityError):
        signatures.merge(with_signature(alone["south"], forged))


@pytest.mark.parametrize("on", [None, DAY, DAY + timedelta(days=30)])
def test_a_complete_agreement_holds_on_every_day_of_its_time(complete: Agreement, on: date | None) -> None:
    signatures.check(complete, on)


@pytest.mark.parametrize("missing", UNITS)
def test_a_missing_signature_is_named_with_what_to_do(complete: Agreement, missing: str) -> None:
    kept = tuple(signed for signed in complete.signatures if signed.signer != missing)
    with pytest.raises(AgreementError, match=f"lacks the signature of unit {missing}$") as caught:
        signatures.check(replace(complete, signatures=kept), DAY)
    assert caught.value.hint == f"ask {missing} to run `pplink unit agree agreement.json`"


@pytest.mark.parametrize("signer", ["hub", "officer", "stranger"])
def test_a_signature_of_no_unit_is_a_strangers(
    body_of: Any, with_signature: Any, complete: Agreement, rings: Rings, stranger: KeyRing, signer: str
) -> None:
    held = {**rings, "stranger": stranger}[signer]
    extra = held.sign(SIGNATURE, body_of(complete, "north"))
    with pytest.raises(AgreementError, match=f"is signed by {signer}, who is no unit of it"):
        signatures.check(with_signature(complete, extra), DAY)


def test_a_signature_in_a_units_name_by_another_key_is_forged(
    body_of: Any, with_signature: Any, complete: Agreement, tmp_path: Path
) -> None:
    impostor = ring_room.create(tmp_path / "home", "south", "unit")
    forged = impostor.sign(SIGNATURE, body_of(complete, "south"))
    with pytest.raises(IntegrityError, match="the signature of south"):
        signatures.check(with_signature(complete, forged), DAY)


def test_terms_changed_after_signing_are_tampered(complete: Agreement) -> None:
    changed = replace(complete, terms=replace(complete.terms, threshold=0.1))
    with pytest.raises(IntegrityError, match="under other terms"):
        signatures.check(changed, DAY)


def test_terms_and_ids_changed_together_are_tampered(
    body_of: Any, with_signature: Any, complete: Agreement
) -> None:
    changed = replace(complete, terms=replace(complete.terms, threshold=0.1))
    for unit in UNITS:
        signed = changed.signature_of(unit)
        assert signed
        moved = replace(signed, body={**body_of(changed, unit), "agreement": changed.id})
        changed = with_signature(changed, moved)
    with pytest.raises(IntegrityError, match="the signature of north"):
        signatures.check(changed, DAY)


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2030-01-02T00:00:00Z"},
        {"contribution": {}},
        {"agreement": "0" * 64},
        {"more": 1},
        {"at": 5},
    ],
)
def test_a_changed_body_is_tampered(
    body_of: Any, with_signature: Any, complete: Agreement, change: dict[str, Any]
) -> None:
    signed = complete.signature_of("south")
    assert signed
    changed = replace(signed, body={**body_of(complete, "south"), **change})
    with pytest.raises(IntegrityError):
        signatures.check(with_signature(complete, changed), DAY)


@pytest.mark.parametrize("others", [{"north", "south"}, {"north", "south", "west", "hub"}])
def test_a_unit_that_seals_to_others_than_the_units_is_found(
    body_of: Any, with_signature: Any, complete: Agreement, rings: Rings, others: set[str]
) -> None:
    body = body_of(complete, "south")
    sealed = body["contribution"]["north"]
    odd = rings["south"].sign(SIGNATURE, {**body, "contribution": dict.fromkeys(others, sealed)})
    with pytest.raises(IntegrityError, match="to others than the agreement's units"):
        signatures.check(with_signature(complete, odd), DAY)


def test_another_kind_of_envelope_is_no_signature(
    body_of: Any, with_signature: Any, complete: Agreement, rings: Rings
) -> None:
    other = rings["south"].sign("pplink/event/1", body_of(complete, "south"))
    with pytest.raises(IntegrityError, match=r"signed a pplink/event/1 where"):
        signatures.check(with_signature(complete, other), DAY)


@pytest.mark.parametrize(
    ("on", "said"), [(DAY - timedelta(days=1), "not in force before"), (DAY + timedelta(days=31), "expired")]
)
def test_outside_its_time_an_agreement_does_not_hold(complete: Agreement, on: date, said: str) -> None:
    with pytest.raises(AgreementError, match=said):
        signatures.check(complete, on)


@pytest.mark.parametrize("name", ["north", "hub", "officer"])
def test_a_party_is_known_by_its_ring(complete: Agreement, rings: Rings, name: str) -> None:
    signatures.check_party(complete, rings[name])


def test_a_stranger_is_no_party(complete: Agreement, stranger: KeyRing) -> None:
    with pytest.raises(AgreementError, match="is of no party"):
        signatures.check_party(complete, stranger)
