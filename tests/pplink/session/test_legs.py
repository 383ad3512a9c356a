"""A session that was broken off goes on at the tile where it stood, under new masks, and an auditor sees all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pplink.audit.log import Log
from pplink.audit.verification import verify
from pplink.errors import IntegrityError, PeerError, RefusedError, UnavailableError
from pplink.session import blinded_broker, catalogue, resuming
from pplink.session.post import NUMBERS, UNDER_WAY
from pplink.session.transcript import Transcript
from protocols.blinded_broker import Parameters, Progress
from protocols.blinded_broker.hits import TileHits
from tests.pplink.session.parties import Stopping, audited, both_found, broken_off, plain, shares, told
from tests.pplink.session.records import Record

TILES = 9
PARTIES = ("north", "south", "hub")


@pytest.mark.parametrize(
    ("who", "after"),
    [("north", 4), ("north", 9), ("north", 21), ("north", 26), ("south", 3), ("south", 14), ("south", 33),
     ("hub", 5), ("hub", 9), ("hub", 12)],
)  # fmt: skip
def test_whoever_breaks_off_the_session_goes_on_at_the_tile_where_it_stood(begun, who, after):
    table = broken_off(begun(Stopping(who, after)))
    assert both_found(table) == plain(table)
    assert len(plain(table)) > 20
    assert verify(table.results["hub"]).first_failure is None
    done = shares(table)
    assert len(done) == 2
    assert sum(done) <= TILES + 2 * 2  # a window was under way, once or twice a tile
    for unit in ("north", "south"):
        audited(table, unit)


@pytest.mark.parametrize("more", [0, 1])
def test_what_units_tell_of_hits_after_another_leg_is_compared_with_the_quota(begun, more):
    table = broken_off(begun(Stopping("north", 26), count=True))
    record = Record(table, table.results["hub"])
    assert record.write() is None
    for unit in ("north", "south"):
        record.say("finished", unit, hits=2 * 150 + 1000 + more)
    assert record.write() == ("counts" if more else None)


def test_hits_of_tiles_that_were_done_are_kept_and_not_looked_for_again(begun):
    table = broken_off(begun(Stopping("north", 21)))
    first, second = shares(table)
    assert second < TILES
    assert first + second <= TILES + 4
    assert told(table.result("north")) == plain(table)


def test_a_session_may_be_broken_off_again_and_again(begun):
    table = begun(Stopping("south", 12))
    with table.meanwhile("north", "hub"):
        for _ in range(3):
            table.run("south")
            assert isinstance(table.results["south"], UnavailableError)
            table.transport.left = 20
        table.transport.left = -1
        table.run("south")
    assert told(table.result("north")) == plain(table)
    assert len(shares(table)) == 4
    assert verify(table.results["hub"]).first_failure is None
    audited(table, "south")


def test_each_leg_has_its_own_secret_joins_and_name(begun):
    table = broken_off(begun(Stopping("hub", 9)))
    log = Log.from_bytes((table.results["hub"] / "log.jsonl").read_bytes())
    joins = [each.body for each in log.entries() if each.body.get("type") == "session-joined"]
    assert len({each["nonce"] for each in joins}) == 6
    assert len({each.get("follows") for each in joins}) == 2
    assert (
        len({each["commitment"] for each in joins if each["rows"]}) == 2
    )  # each unit's, the same in both legs
    for name in PARTIES:
        top = Transcript(table.home(name))
        assert top.known("secret") != top.leg(1).known("secret")
    ends = [each.body for each in log.entries() if each.body.get("type") == "session-broken"]
    assert [each["session"] for each in ends] == [joins[-1]["follows"]] * 3


def test_nothing_is_left_in_the_exchange(begun):
    table = broken_off(begun(Stopping("north", 9)))
    assert not table.transport._messages
    assert UNDER_WAY > 3 * 16


def test_however_much_lies_of_a_leg_that_was_broken_off_is_swept_when_another_begins(begun):
    """A relay that has 4,096 messages of a party takes no more of it."""
    table = begun(Stopping("north", 9))
    lying = {("south", "north", number): b"x" for number in range(200, 700)}
    table.transport._messages |= lying
    put, left = table.transport.put, []

    def watched(sender, recipient, number, data):
        if sender == "north" and number >= NUMBERS + 1:
            left.append(len(lying.keys() & table.transport._messages.keys()))
        put(sender, recipient, number, data)

    table.transport.put = watched
    broken_off(table)
    assert left
    assert not any(left)
    assert not table.transport._messages
    assert told(table.result("north")) == plain(table)


def test_who_had_ended_when_it_broke_off_begins_no_other_leg(begun):
    table = broken_off(begun(Stopping("hub", 13)))
    assert shares(table) == [TILES]
    assert told(table.result("north")) == plain(table)


@pytest.mark.parametrize("who", ["north", "south"])
def test_a_unit_that_leaves_out_what_it_sent_in_a_leg_is_found_out(begun, who):
    table = broken_off(begun(Stopping(who, 14)))
    line = (table.home(who) / "sent").read_bytes().splitlines(keepends=True)
    (table.home(who) / "sent").write_bytes(b"".join(line[:-1]))
    with pytest.raises(IntegrityError):
        audited(table, who)


def test_the_log_has_each_leg_s_joins_and_ends(begun):
    table = broken_off(begun(Stopping("north", 9)))
    lines = (table.results["hub"] / "log.jsonl").read_bytes().splitlines()
    kinds = [json.loads(line)["body"].get("type") for line in lines]
    joined, broken, finished = (f"session-{each}" for each in ("joined", "broken", "finished"))
    assert kinds[2:] == [joined] * 3 + [broken] * 3 + [joined] * 3 + [finished] * 3


def test_a_hit_of_a_tile_that_is_done_again_counts_again(begun, monkeypatch):
    table = begun(Stopping("south", 14))
    monkeypatch.setattr(blinded_broker, "quota_of", lambda terms, smaller: len(plain(table)))
    forgetful(monkeypatch)
    broken_off(table)
    errors = [table.results[name] for name in ("north", "south")]
    assert any(
        isinstance(each, RefusedError) and "more hits than the agreed quota" in each.message
        for each in errors
    )


def test_a_unit_that_asks_to_do_again_what_it_had_ended_is_refused(begun, monkeypatch):
    table = begun(Stopping("south", 33))
    forgetful(monkeypatch)
    broken_off(table)
    with pytest.raises(PeerError, match="goes on after tile 0, and ended"):
        table.result("north")
    assert isinstance(table.results["hub"], PeerError)


def forgetful(monkeypatch):
    """Units join another leg as if they had done nothing."""
    lies = replace(resuming.BLINDED_BROKER, tiles=lambda parts: 0)
    offer = replace(catalogue.OFFERS["blinded_broker"], resuming=lies)
    monkeypatch.setattr(catalogue, "OFFERS", {**catalogue.OFFERS, "blinded_broker": offer})


def test_more_hits_than_the_quota_of_another_leg_are_not_gone_on_with():
    nothing = np.arange(0)
    had = Progress(
        tiles=3,
        hits=TileHits(tile=nothing, alice=nothing, bob=nothing, masked=nothing, own=nothing),
        dropped=8,
    )
    parameters = Parameters(bits=1024, threshold=Fraction(4, 5), quota=8)
    sizes = {"alice": 200, "bob": 5000}
    plan = blinded_broker.Plan(parties={}, parameters=parameters, persons=sizes, terms=None)
    assert resuming.taken_up(plan, 2, [had.to_bytes()]).earlier.dropped == 8
    fewer = replace(plan, parameters=replace(parameters, quota=7))
    with pytest.raises(RefusedError, match="more hits than the agreed quota"):
        resuming.taken_up(fewer, 2, [had.to_bytes()])
