"""Agreements of three units on a day: proposed, signed by all, and copies that each signed alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.keys.signing import Signed

Make = Callable[..., Agreement]
DAY = date(2030, 1, 1)
UNITS = ("north", "south", "west")


@pytest.fixture(scope="module")
def proposed(proposed_agreement: Make) -> Agreement:
    return proposed_agreement(today=DAY)


@pytest.fixture(scope="module")
def complete(signed_agreement: Make) -> Agreement:
    return signed_agreement(today=DAY)


@pytest.fixture(scope="module")
def alone(signed_agreement: Make) -> dict[str, Agreement]:
    """Copies signed side by side."""
    return {unit: signed_agreement(today=DAY, signers=(unit,)) for unit in UNITS}


@pytest.fixture(scope="session")
def with_signature() -> Callable[[Agreement, Signed], Agreement]:
    """with_signature(agreement, changed): it stands in the place of its signer's."""

    def put(agreement: Agreement, changed: Signed) -> Agreement:
        kept = [signed for signed in agreement.signatures if signed.signer != changed.signer]
        return replace(
            agreement, signatures=tuple(sorted([*kept, changed], key=lambda signed: signed.signer))
        )

    return put


@pytest.fixture(scope="session")
def body_of() -> Callable[[Agreement, str], dict[str, Any]]:
    """body_of(agreement, unit): a copy of what it signed."""

    def copied(agreement: Agreement, unit: str) -> dict[str, Any]:
        signed = agreement.signature_of(unit)
        assert signed
        found: dict[str, Any] = canonical.from_bytes(canonical.to_bytes(signed.body))
        return found

    return copied
