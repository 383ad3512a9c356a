"""Which agreements can be run as a session, between whom, and with what limits."""

from __future__ import annotations

import pytest

from pplink.errors import AgreementError, UsageError
from pplink.session.catalogue import check, members, plan


@pytest.mark.parametrize("preset", ["persons", "persons-address"])
def test_presets_of_one_plain_encoding_a_record_can_be_run(proposed_agreement, preset):
    agreement = proposed_agreement(preset, protocol="blinded_broker")
    check(agreement.terms)
    made = plan(agreement, ("north", "south"), {"north": 2000, "south": 30})
    assert made.most_hits == 1060
    assert made.longest < 32 << 20  # what a relay takes
    assert made.ticks("south") == ("7", 2)
    assert [made.party_of(role) for role in ("alice", "bob", "dealer")] == ["north", "south", "hub"]


def test_the_widest_encodings_fit_a_relay(proposed_agreement):
    agreement = proposed_agreement(
        protocol="blinded_broker", threshold=0.5, change=lambda terms: terms["encoding"].update(bits=8192)
    )
    assert plan(agreement, ("north", "south"), {"north": 1, "south": 1}).longest < 32 << 20


def test_a_threshold_that_cannot_be_decided_exactly_is_refused(proposed_agreement):
    check(proposed_agreement(protocol="blinded_broker", threshold=0.815).terms)
    with pytest.raises(AgreementError, match="the threshold is too fine"):
        check(proposed_agreement(protocol="blinded_broker", threshold=0.654321).terms)


def test_an_agreement_on_another_protocol_is_not_run_so(proposed_agreement):
    with pytest.raises(AgreementError, match="broker_clk is not run by units"):
        check(proposed_agreement().terms)


def test_a_couple_is_found_or_must_be_named(proposed_agreement):
    three = proposed_agreement(protocol="blinded_broker")
    two = proposed_agreement(protocol="blinded_broker", parties=("north", "south", "hub"))
    assert members(two, "south", ()) == members(two, None, ()) == ("north", "south")
    assert members(three, "west", ("north",)) == members(three, None, ("west", "north")) == ("north", "west")


@pytest.mark.parametrize(
    ("own", "named"),
    [("north", ()), (None, ()), (None, ("north",)), ("north", ("north",)), ("north", ("hub",)),
     ("north", ("south", "west")), (None, ("south", "nobody")), ("north", ("west", "south"))],
)  # fmt: skip
def test_what_is_no_couple_is_refused(proposed_agreement, own, named):
    with pytest.raises(UsageError, match="a session is between two of the units north, south, west"):
        members(proposed_agreement(protocol="blinded_broker"), own, named)
