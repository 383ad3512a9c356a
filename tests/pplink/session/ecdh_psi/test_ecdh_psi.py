"""ecdh_psi between parties with keys, people and folders of their own: two units, and three by way of the broker."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pandas as pd
import pytest

from pplink.agreement.exact_presets import parse_key
from pplink.audit.verification import verify
from pplink.errors import IntegrityError, UnavailableError, UsageError
from pplink.session.catalogue import members, plan
from pplink.session.replay import kept, replay
from tests.pplink.session.ecdh_psi.lists import COMMON, people


def test_two_units_find_which_records_share_a_key_and_by_which(session):
    session.run()
    assert session.hits("north", "south") == COMMON
    assert sorted((b, a, keys) for a, b, keys in session.hits("south", "north")) == COMMON
    assert session.results["north"].found == session.results["south"].found == 5
    for place in (session.results["hub"], session.results["north"].record):
        assert verify(place, agreement_id=session.agreement.id).first_failure is None


def test_hits_may_go_to_one_unit_which_the_other_can_answer_though_it_learns_none(
    make_session, agreed, rings
):
    session = make_session(agreed(hits_to=["south"]))
    session.run()
    north, south = session.results["north"], session.results["south"]
    assert (north.couples, south.names) == ((), None)
    (couple,) = south.couples
    asked = defaultdict(set)
    for name, own in zip(north.names.theirs, north.names.own, strict=True):
        asked[bytes(name)].add(bytes(own))
    mine, yours = session.names("south"), session.names("north")
    hits = [(yours[theirs], mine[bytes(own)], key)
            for own, name, key in zip(couple.own, couple.theirs, couple.keys, strict=True)
            for theirs in asked[bytes(name)]]  # fmt: skip
    due = [(one, other, key) for one, other, keys in COMMON for key in keys.split("; ")]
    assert sorted(hits) == sorted(due)
    assert verify(session.results["hub"]).first_failure is None
    assert replay(kept(session.home("north"), rings["north"]), session.inputs["north"]).rows == 16


def test_of_a_size_that_goes_to_one_unit_the_other_learns_nothing(make_session, agreed):
    session = make_session(agreed(reveal="size", hits_to=["north"]))
    session.run()
    assert session.results["north"].found == 5
    assert (session.results["south"].found, session.results["south"].names) == (0, None)


def test_a_join_tells_a_size_filled_up_to_the_agreed_step(session):
    assert {unit: each.told for unit, each in session.inputs.items()} == {"north": 16, "south": 16}
    assert len({len(each.items) for each in session.inputs.values()}) == 2


def test_done_again_a_side_sends_the_same_and_other_people_are_found_out(session, make_session, rings):
    session.run()
    found = replay(kept(session.home("north"), rings["north"]), session.inputs["north"])
    assert found.rows == 16
    assert found.commitment
    other = make_session(session.agreement, frames={"north": people("north").iloc[:4]})
    (session.home("north") / "inputs").write_bytes(other.inputs["north"].digest.encode())
    with pytest.raises(IntegrityError, match="message 1 to south"):
        replay(kept(session.home("north"), rings["north"]), other.inputs["north"])


def test_only_the_size_is_learned_where_that_is_agreed(make_session, agreed):
    session = make_session(agreed(reveal="size"))
    session.run()
    for unit in ("north", "south"):
        assert (session.results[unit].found, session.results[unit].couples) == (5, ())
    assert verify(session.results["hub"]).first_failure is None


def test_three_units_find_what_all_of_them_have(make_session, agreed, rings):
    parties, units = ("north", "south", "west", "hub"), ("north", "south", "west")
    session = make_session(agreed(parties), units=units)
    session.run()
    hits = [("n1", "s1", "w2"), ("n3", "s3", "w1")]
    for unit, peer in product(units, units):
        if unit != peer:
            a, b = units.index(unit), units.index(peer)
            assert [row[:2] for row in session.hits(unit, peer)] == sorted((hit[a], hit[b]) for hit in hits)
    assert verify(session.results["hub"], agreement_id=session.agreement.id).first_failure is None
    done = replay(kept(session.home("west"), rings["west"]), session.inputs["west"])
    assert done.session == session.results["west"].session


def test_units_with_nothing_in_common_learn_that_alone(make_session, agreed):
    frames = {"south": people("south").iloc[4:]}
    session = make_session(agreed(), frames=frames)
    session.run()
    assert session.hits("north", "south") == session.hits("south", "north") == []


def test_a_side_that_was_broken_off_goes_on(session):
    transport = session.transport

    class Breaks:
        """Fails once, in the middle of the protocol."""

        calls = 0

        def __getattr__(self, name):
            return getattr(transport, name)

        def wait(self, *arguments):
            self.calls += 1
            if self.calls == 4:
                raise UnavailableError("the disk is away")
            return transport.wait(*arguments)

    with session.meanwhile("north", "hub"):
        session.run("south", south={"transport": Breaks()})
        assert isinstance(session.results["south"], UnavailableError)
        session.run("south")
    assert session.hits("north", "south") == COMMON
    assert verify(session.results["hub"], agreement_id=session.agreement.id).first_failure is None


def test_keys_meet_by_sound_and_year_where_that_is_agreed(make_session, agreed):
    agreement = agreed(keys=(parse_key("name:sound+birth_date:year"),))
    rows = {
        "north": ["n1", "Yusuf Grigoryevich", "1964-05-06"],
        "south": ["s1", "Grigorijevitj, Yussuf", "1964-03-08"],
    }
    columns = ["record_id", "name", "birth_date"]
    session = make_session(
        agreement, frames={unit: pd.DataFrame([row], columns=columns) for unit, row in rows.items()}
    )
    session.run()
    assert session.hits("north", "south") == [("n1", "s1", "name:sound+birth_date:year")]


def test_who_may_be_in_a_session_follows_from_the_protocol(agreed, proposed_agreement):
    three = agreed(("north", "south", "west", "hub"))
    assert members(three, "west", ()) == members(three, None, ()) == ("north", "south", "west")
    assert members(three, "west", ("north",)) == ("north", "west")
    with pytest.raises(UsageError, match="two to 8 of the units"):
        members(three, "west", ("nobody",))
    made = plan(three, ("north", "south", "west"), {"north": 16, "south": 32, "west": 16})
    assert made.longest < 32 << 20
    assert made.hears("west") == ("hub",)
    assert made.party_of("unit2") == "south"
    assert plan(three, ("north", "south"), {"north": 16, "south": 32}).role_of("south") == "bob"
