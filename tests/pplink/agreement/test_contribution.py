from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from pplink.agreement.contribution import body_from, make_body, open_share
from pplink.agreement.model import SIGNATURE, Agreement
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError
from pplink.keys.ring import KeyRing

Make = Callable[..., Agreement]
Rings = Mapping[str, KeyRing]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_every_unit_opens_the_same_share_and_nobody_else_any(proposed_agreement: Make, rings: Rings) -> None:
    agreement = proposed_agreement()
    body = make_body(agreement, "north", NOON, lambda n: b"s" * n)
    for unit in agreement.units:
        assert open_share(agreement, body.contribution, "north", rings[unit]) == b"s" * 32
    for name in ("hub", "officer"):
        with pytest.raises(IntegrityError):
            open_share(agreement, body.contribution, "north", rings[name])


def test_a_share_does_not_open_as_anothers_or_in_another_agreement(
    proposed_agreement: Make, rings: Rings
) -> None:
    one, other = proposed_agreement(), proposed_agreement(threshold=0.9)
    body = make_body(one, "north", NOON, lambda n: b"s" * n)
    with pytest.raises(IntegrityError, match="unit south cannot open what unit west contributed"):
        open_share(one, body.contribution, "west", rings["south"])
    with pytest.raises(IntegrityError):
        open_share(other, body.contribution, "north", rings["south"])


def test_seals_of_one_share_look_unrelated(proposed_agreement: Make) -> None:
    body = make_body(proposed_agreement(), "north", NOON, lambda n: b"s" * n)
    assert len(set(body.contribution.values())) == 3


@pytest.mark.parametrize("at", ["2030-02-30T00:00:00Z", "2030-01-01T24:00:01Z", "2030-01-01T00:60:00Z"])
def test_a_moment_that_never_was_is_refused(proposed_agreement: Make, rings: Rings, at: str) -> None:
    body: dict[str, Any] = make_body(proposed_agreement(), "north", NOON, lambda n: b"s" * n).to_json()
    with pytest.raises(MalformedError, match=r"^\$\.body\.at: no such moment"):
        body_from(rings["north"].sign(SIGNATURE, {**body, "at": at}))


def test_digits_of_other_scripts_are_no_date(proposed_agreement: Make, rings: Rings) -> None:
    body: dict[str, Any] = make_body(proposed_agreement(), "north", NOON, lambda n: b"s" * n).to_json()
    signed = rings["north"].sign(SIGNATURE, {**body, "at": "२०३०-01-01T00:00:00Z"})
    with pytest.raises(MalformedError, match=r"^\$\.body\.at"):
        body_from(signed)


def test_a_path_starts_where_the_envelope_stands(rings: Rings) -> None:
    with pytest.raises(MalformedError, match=r"^\$\.signatures\[2\]\.body\.agreement: missing"):
        body_from(msgspec.structs.replace(rings["north"].sign(SIGNATURE, {}), body={}), "$.signatures[2]")
