"""Which agreements can be run as a session, between whom, and with what limits."""

from __future__ import annotations

import pytest

from pplink.errors import AgreementError, UsageError
from pplink.session.catalogue import check, in_couples, members, plan


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


def test_all_units_meet_unless_some_are_named(proposed_agreement):
    three = proposed_agreement(protocol="blinded_broker")
    two = proposed_agreement(protocol="blinded_broker", parties=("north", "south", "hub"))
    assert members(two, "south", ()) == members(two, None, ()) == ("north", "south")
    assert members(three, "west", ("north",)) == members(three, None, ("west", "north")) == ("north", "west")
    everybody = ("north", "south", "west")
    assert members(three, "west", ()) == members(three, None, ()) == everybody
    assert members(three, "north", ("west", "south")) == everybody


def test_more_than_two_meet_two_by_two_unless_their_protocol_is_for_many(proposed_agreement):
    blinded = proposed_agreement(protocol="blinded_broker")
    exact = proposed_agreement("documents-exact")
    assert in_couples(blinded, ("north", "south", "west"))
    assert not in_couples(blinded, ("north", "south"))
    assert not in_couples(exact, ("north", "south", "west"))


@pytest.mark.parametrize(
    ("own", "named"),
    [(None, ("north",)), ("north", ("north",)), ("north", ("hub",)), (None, ("south", "nobody"))],
)  # fmt: skip
def test_who_cannot_meet_is_refused(proposed_agreement, own, named):
    with pytest.raises(UsageError, match="two to 8 of the units north, south, west meet"):
        members(proposed_agreement(protocol="blinded_broker"), own, named)
