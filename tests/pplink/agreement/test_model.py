from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink import canonical
from pplink.agreement.field import Field
from pplink.agreement.model import Agreement
from pplink.errors import AgreementError

Make = Callable[..., Agreement]


def field(weight: float) -> Field:
    return Field(name="x", kind="name", weight=weight, key="x", required=False)


@given(st.integers(1, 100_000), st.integers(1, 128))
def test_positions_are_the_decimal_weight_times_hashes_rounded_half_to_even(
    thousandths: int, hashes: int
) -> None:
    exact = (Decimal(thousandths) / 1000 * hashes).quantize(Decimal(1), ROUND_HALF_EVEN)
    assert field(thousandths / 1000).positions(hashes) == max(1, int(exact))


@pytest.mark.parametrize(
    ("weight", "hashes", "positions"),
    [
        (1.0, 20, 20),
        (0.5, 20, 10),
        (0.001, 1, 1),
        (0.5, 5, 2),
        (1.5, 5, 8),
        (0.145, 100, 14),
        (1.005, 100, 100),
    ],
)
def test_positions_by_example(weight: float, hashes: int, positions: int) -> None:
    """In floating point 1.005 * 100 is below 100.5 and 0.145 * 100 above or below 14.5 by luck."""
    assert field(weight).positions(hashes) == positions


@pytest.mark.parametrize(("tokens", "each"), [(1, 85), (2, 42), (4, 21), (9, 9), (85, 1), (200, 1)])
def test_a_field_by_value_parts_its_bits_among_tokens(tokens: int, each: int) -> None:
    born = Field(name="x", kind="name", weight=8.5, key="x", required=False, bits_of="value")
    assert born.positions(10, 1, tokens) == each


def test_a_field_by_token_stands_in_a_file_as_before() -> None:
    assert set(field(1.0).to_json()) == {"name", "kind", "weight", "key", "required"}


def test_the_id_is_over_the_terms_and_does_not_change_by_signing(
    proposed_agreement: Make, signed_agreement: Make
) -> None:
    bare, signed = proposed_agreement(), signed_agreement()
    assert bare.id == signed.id == canonical.digest(signed.terms.to_json())
    assert proposed_agreement(threshold=0.81).id != bare.id


def test_units_are_in_order_of_names_and_nobody_else_is_one(signed_agreement: Make) -> None:
    agreement = signed_agreement()
    assert agreement.units == ("north", "south", "west")
    assert agreement.broker.name == "hub"
    assert agreement.party("officer").role == "auditor"


def test_an_unknown_party_is_an_agreement_error(signed_agreement: Make) -> None:
    with pytest.raises(AgreementError, match="no party of that name"):
        signed_agreement().party("nobody")


def test_missing_names_the_units_that_did_not_sign(proposed_agreement: Make, signed_agreement: Make) -> None:
    assert proposed_agreement().missing() == ("north", "south", "west")
    assert signed_agreement(signers=("south",)).missing() == ("north", "west")
    assert not signed_agreement(signers=("south",)).complete
    assert signed_agreement().missing() == ()
    assert signed_agreement().complete


def test_signature_of_finds_a_units_own(signed_agreement: Make) -> None:
    agreement = signed_agreement(signers=("south",))
    assert agreement.signature_of("south") is agreement.signatures[0]
    assert agreement.signature_of("north") is None


def test_an_agreement_cannot_be_changed_in_place(signed_agreement: Make) -> None:
    agreement = signed_agreement()
    with pytest.raises(AttributeError, match="immutable"):
        agreement.terms = agreement.terms  # type: ignore[misc]
    with pytest.raises(AttributeError):
        agreement.terms.threshold = 0.1  # type: ignore[misc]
    assert msgspec.structs.replace(agreement.terms, threshold=0.1) != agreement.terms
