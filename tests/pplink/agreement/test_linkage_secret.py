"""The linkage secret: all units have it, from any merge, and nobody else does."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pplink import canonical
from pplink.agreement import signatures, text
from pplink.agreement.model import SIGNATURE, Agreement
from pplink.errors import AgreementError, IntegrityError
from pplink.keys import ring as ring_room
from pplink.keys.ring import KeyRing

Make = Callable[..., Agreement]
Rings = Mapping[str, KeyRing]
DAY = date(2030, 1, 1)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
UNITS = ("north", "south", "west")


def test_all_units_derive_the_same_secret_from_any_merge(alone: dict[str, Agreement], rings: Rings) -> None:
    merges = [signatures.merge(*copies) for copies in permutations(alone.values())]
    secrets = {signatures.linkage_secret(each, rings[unit]) for each in merges for unit in UNITS}
    assert len(secrets) == 1
    assert len(secrets.pop()) == 32


def test_the_secret_is_hkdf_over_the_shares_in_order_of_names(proposed_agreement: Make, rings: Rings) -> None:
    agreement = proposed_agreement(today=DAY, days=21)
    shares = {unit: hashlib.sha256(unit.encode()).digest() for unit in UNITS}
    for unit in reversed(UNITS):
        agreement = signatures.agree(agreement, rings[unit], NOON, lambda _, unit=unit: shares[unit])
    key = hmac.digest(bytes(32), b"".join(shares[unit] for unit in UNITS), hashlib.sha256)
    info = f'pplink-derive/1\n{{"context":"{agreement.id}","label":"pplink/linkage-secret/1"}}'.encode()
    assert signatures.linkage_secret(agreement, rings["west"]) == hmac.digest(
        key, info + b"\x01", hashlib.sha256
    )


def test_two_agreements_of_the_same_units_share_no_secret(signed_agreement: Make, rings: Rings) -> None:
    one, other = (signed_agreement(today=DAY, days=days) for days in (30, 29))
    assert signatures.linkage_secret(one, rings["north"]) != signatures.linkage_secret(other, rings["north"])


@pytest.mark.parametrize("name", ["hub", "officer"])
def test_broker_and_auditor_have_no_secret(
    body_of: Any, complete: Agreement, rings: Rings, name: str
) -> None:
    with pytest.raises(AgreementError, match="only units do"):
        signatures.linkage_secret(complete, rings[name])
    for unit in UNITS:
        assert name not in body_of(complete, unit)["contribution"]


def test_a_wrong_ring_has_no_secret(complete: Agreement, stranger: KeyRing, tmp_path: Path) -> None:
    for held in (stranger, ring_room.create(tmp_path / "home", "north", "unit")):
        with pytest.raises(AgreementError, match="is of no party"):
            signatures.linkage_secret(complete, held)


def test_there_is_no_secret_before_all_have_signed(alone: dict[str, Agreement], rings: Rings) -> None:
    with pytest.raises(AgreementError, match="lacks the signature of unit south"):
        signatures.linkage_secret(alone["north"], rings["north"])


@pytest.fixture
def signed_with(
    body_of: Any, with_signature: Any, complete: Agreement, rings: Rings
) -> Callable[[str], Agreement]:
    """signed_with(sealed): south signed a contribution to north of its own making."""

    def make(sealed: str) -> Agreement:
        body = body_of(complete, "south")
        body["contribution"]["north"] = sealed
        found: Agreement = with_signature(complete, rings["south"].sign(SIGNATURE, body))
        return found

    return make


def test_a_contribution_that_does_not_open_names_its_sender(
    signed_with: Any, body_of: Any, complete: Agreement, rings: Rings
) -> None:
    wrong = [
        canonical.to_base64(bytes(80)),
        body_of(complete, "south")["contribution"]["west"],  # sealed to another
        body_of(complete, "west")["contribution"]["north"],  # sealed by another
    ]
    for sealed in wrong:
        with pytest.raises(IntegrityError, match="unit north cannot open what unit south contributed"):
            signatures.linkage_secret(signed_with(sealed), rings["north"])


def test_a_contribution_damaged_on_the_way_fails_by_its_signature(
    body_of: Any, with_signature: Any, complete: Agreement, rings: Rings
) -> None:
    body = body_of(complete, "south")
    body["contribution"]["north"] = canonical.to_base64(bytes(80))
    signed = complete.signature_of("south")
    assert signed
    damaged = with_signature(complete, msgspec.structs.replace(signed, body=body))
    with pytest.raises(IntegrityError, match="the signature of south"):
        signatures.linkage_secret(damaged, rings["north"])


def test_no_secret_stands_in_the_file(complete: Agreement, rings: Rings) -> None:
    data = text.write(complete)
    secret = signatures.linkage_secret(complete, rings["north"])
    assert secret not in data
    assert secret.hex().encode() not in data
    assert canonical.to_base64(secret).encode() not in data


def test_the_secret_of_a_published_example_is_derived_as_ever(tmp_path: Path) -> None:
    """A second implementation can start here: rings, file, id and secret; see pplink/agreement/FORMAT.md."""
    example = json.loads(Path(__file__).with_name("vectors").joinpath("complete.json").read_text())
    agreement = text.read(example["agreement"].encode())
    for name, kept in example["rings"].items():
        home = tmp_path / name
        home.mkdir(mode=0o700)
        path = home / "ring.json"
        path.write_text(kept)
        path.chmod(0o600)
        assert signatures.linkage_secret(agreement, ring_room.load(home)).hex() == example["linkage_secret"]
