"""A session that was broken off goes on at the tile where it stood, under new masks, and an auditor sees all of it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from pplink.audit.log import Log
from pplink.audit.verification import verify
from pplink.errors import IntegrityError, PeerError, RefusedError, UnavailableError
from pplink.join.api import threshold_join
from pplink.session import blinded_broker, blinded_terms, catalogue, closing, resuming
from pplink.session.envelope import HEADER
from pplink.session.post import NUMBERS, UNDER_WAY
from pplink.session.replay import kept, replay
from pplink.session.transcript import Transcript
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.held import Held
from pplink.session.transports.memory import MemoryTransport
from protocols.blinded_broker import Parameters, Progress
from protocols.blinded_broker.hits import TileHits

TILES = 9
PARTIES = ("north", "south", "hub")


class Stopping(MemoryTransport):
    """Fails one party's putting after so many messages, until told otherwise."""

    def __init__(self, who, after):
        super().__init__()
        self.who, self.left, self.went = who, after, threading.Event()

    def put(self, sender, recipient, number, data):
        if sender == self.who:
            if self.left == 0:
                self.went.set()
                raise UnavailableError("the network is gone")
            self.left -= 1
        super().put(sender, recipient, number, data)


@pytest.fixture
def many(people, monkeypatch):
    """Lists long enough for nine tiles of 64 rows."""
    for module in (blinded_broker, blinded_terms):
        monkeypatch.setattr(module, "SIDE", 64)
    found = {}
    for unit, frame in people.items():
        parts = []
        for copy in range(5):
            part = frame.copy()
            part["record_id"] = [f"{each}-{copy}" for each in part["record_id"]]
            part["family_name"] = part["family_name"] + "abcde"[copy] * 3
            parts.append(part)
        found[unit] = pd.concat(parts, ignore_index=True).iloc[:150]
    return found


@pytest.fixture
def begun(make_table, make_inputs, many):
    """begun(transport) -> a table of these lists."""

    def make(transport=None):
        table = make_table(transport, threshold=0.8, assignment="many-to-many", score="exact")
        table.inputs = {unit: make_inputs(table.agreement, unit, many[unit]) for unit in ("north", "south")}
        return table

    return make


def broken_off(table):
    """Run it until one party's network is gone; then that party comes back."""
    who = table.transport.who
    others = threading.Thread(target=table.run, args=[each for each in PARTIES if each != who])
    others.start()
    table.run(who)
    assert isinstance(table.results[who], UnavailableError)
    table.transport.left = -1
    table.run(who)
    others.join()
    return table


def hits(linked):
    couple = linked.couples[0]
    return {(a.tobytes(), b.tobytes()) for a, b in zip(couple.own, couple.theirs, strict=True)}


def expected(table):
    north, south = (table.inputs[unit] for unit in ("north", "south"))
    pairs = threshold_join(north.rows, south.rows, 0.8)
    return {
        (north.handles[i].tobytes(), south.handles[j].tobytes())
        for i, j in zip(pairs.left, pairs.right, strict=True)
    }


def shares(table):
    """Tiles of which the second unit sent its share, in each leg."""
    top = Transcript(table.home("south"))
    return [sum(line.step == "6" for line in top.leg(n).sent) for n in range(top.legs() + 1)]


def audited(table, unit):
    return replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit])


@pytest.mark.parametrize(
    ("who", "after"),
    [("north", 4), ("north", 9), ("north", 21), ("north", 26), ("south", 3), ("south", 14), ("south", 33),
     ("hub", 5), ("hub", 9), ("hub", 12)],
)  # fmt: skip
def test_whoever_breaks_off_the_session_goes_on_at_the_tile_where_it_stood(begun, who, after):
    table = broken_off(begun(Stopping(who, after)))
    assert hits(table.linked("north")) == expected(table)
    assert {(b, a) for a, b in hits(table.linked("south"))} == expected(table)
    assert len(expected(table)) > 20
    assert verify(table.results["hub"]).first_failure is None
    done = shares(table)
    assert len(done) == 2
    assert sum(done) <= TILES + 2 * 2  # a window was under way, once or twice a tile
    for unit in ("north", "south"):
        audited(table, unit)


def test_hits_of_tiles_that_were_done_are_kept_and_not_looked_for_again(begun):
    table = broken_off(begun(Stopping("north", 21)))
    first, second = shares(table)
    assert second < TILES
    assert first + second <= TILES + 4
    assert hits(table.linked("north")) == expected(table)


def test_a_session_may_be_broken_off_again_and_again(begun):
    table = begun(Stopping("south", 12))
    others = threading.Thread(target=table.run, args=("north", "hub"))
    others.start()
    for _ in range(3):
        table.run("south")
        assert isinstance(table.results["south"], UnavailableError)
        table.transport.left = 20
    table.transport.left = -1
    table.run("south")
    others.join()
    assert hits(table.linked("north")) == expected(table)
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
    assert hits(table.linked("north")) == expected(table)


def test_who_had_ended_when_it_broke_off_begins_no_other_leg(begun):
    table = broken_off(begun(Stopping("hub", 13)))
    assert shares(table) == [TILES]
    assert hits(table.linked("north")) == expected(table)


class Losing(Stopping):
    """With the broker, all frames are lost that were on their way through it."""

    keeps = False

    def put(self, sender, recipient, number, data):
        try:
            super().put(sender, recipient, number, data)
        except UnavailableError:
            for place in [each for each, kept in self._messages.items() if b'"step":"' in kept[:HEADER]]:
                if header_step(self._messages[place])[0].isdigit():
                    del self._messages[place]
            raise


def header_step(message):
    return json.loads(message[: message.index(b"\n")])["body"]["step"]


@pytest.mark.parametrize("after", [5, 9, 12, 13, 14])
def test_what_is_lost_with_the_broker_is_done_again(begun, after):
    table = broken_off(begun(Losing("hub", after)))
    assert hits(table.linked("north")) == expected(table)
    assert {(b, a) for a, b in hits(table.linked("south"))} == expected(table)
    assert len(shares(table)) == (2 if after < 13 else 1)  # the 14th message is the record
    assert not table.transport._messages
    assert verify(table.results["hub"]).first_failure is None
    for unit in ("north", "south"):
        audited(table, unit)


@pytest.mark.parametrize("legs", [1, 2])
def test_a_broker_that_had_dealt_all_begins_another_leg_only_where_messages_are_lost_with_it(
    begun, monkeypatch, legs
):
    calls, make = [], closing.make_record

    def once(*given):
        calls.append(given)
        if len(calls) == 1:
            raise UnavailableError("killed")
        return make(*given)

    monkeypatch.setattr(closing, "make_record", once)
    monkeypatch.setattr(Losing, "keeps", legs == 1)
    table = broken_off(begun(Losing("hub", -1)))
    assert len(shares(table)) == legs
    assert hits(table.linked("north")) == expected(table)
    assert verify(table.results["hub"]).first_failure is None


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
    monkeypatch.setattr(blinded_broker, "quota_of", lambda terms, smaller: len(expected(table)))
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
        table.linked("north")
    assert isinstance(table.results["hub"], PeerError)


def forgetful(monkeypatch):
    """Units join another leg as if they had done nothing."""
    lies = replace(resuming.BLINDED_BROKER, tiles=lambda parts: 0)
    offer = replace(catalogue.OFFERS["blinded_broker"], resuming=lies)
    monkeypatch.setattr(catalogue, "OFFERS", {**catalogue.OFFERS, "blinded_broker": offer})


@pytest.fixture
def blocked(make_table, monkeypatch, blocks_pay):
    """Each pair of blocks is a tile."""
    for module in (blinded_broker, blinded_terms):
        monkeypatch.setattr(module, "SIDE", 64)
    return lambda transport: make_table(
        transport, threshold=0.8, assignment="many-to-many", score="exact", blocking_recall=0.9999
    )


@pytest.mark.parametrize(("who", "after"), [("north", 3), ("north", 60), ("south", 41), ("hub", 20)])
def test_blocked_lists_go_on_at_the_tile_where_they_stood_with_the_same_counts(blocked, who, after):
    table = broken_off(blocked(Stopping(who, after)))
    assert hits(table.linked("north")) == expected(table)
    assert {(b, a) for a, b in hits(table.linked("south"))} == expected(table)
    assert verify(table.results["hub"]).first_failure is None
    top = Transcript(table.home("south"))
    legs = [top.leg(n).sent for n in range(top.legs() + 1)]
    assert len(legs) == 2
    assert legs[1][0].step == "bins"
    for unit in ("north", "south"):
        assert audited(table, unit).sent > 5


class Slow(MemoryTransport):
    """The second unit is broken off once it has told of its bins; the first takes in nothing before it is back."""

    def __init__(self):
        super().__init__()
        self.back, self.broken = threading.Event(), False

    def wait(self, recipient, due, limit, seconds):
        if recipient == "south" and due == {"north": 1} and not self.broken:
            self.broken = True
            raise UnavailableError("the network is gone")
        if recipient == "north" and due == {"south": 1}:
            self.back.wait(60)
        return super().wait(recipient, due, limit, seconds)

    def put(self, sender, recipient, number, data):
        super().put(sender, recipient, number, data)
        if sender == "south" and recipient == "hub" and number == 1 and self.broken:
            self.back.set()


def test_a_unit_broken_off_once_it_told_of_its_bins_stops_no_other(blocked):
    """The first unit reads that it was, in the place of the bins, and tells the broker nothing in that leg."""
    table = blocked(Slow())
    others = threading.Thread(target=table.run, args=("north", "hub"))
    others.start()
    table.run("south")
    assert isinstance(table.results["south"], UnavailableError)
    table.run("south")
    others.join()
    assert hits(table.linked("north")) == expected(table)
    assert verify(table.results["hub"]).first_failure is None


class StoppingAtBins(Stopping):
    """The first unit's network is gone, and once more when it has told the other of its bins in the next leg."""

    def put(self, sender, recipient, number, data):
        super().put(sender, recipient, number, data)
        if (sender, recipient, number) == ("north", "south", 1_000_001):
            self.left = 0


def test_blocked_lists_broken_off_again_before_blocks_keep_what_was_done(blocked):
    table = blocked(StoppingAtBins("north", 60))
    others = threading.Thread(target=table.run, args=("south", "hub"))
    others.start()
    for _ in range(2):
        table.run("north")
        assert isinstance(table.results["north"], UnavailableError)
        table.transport.left = -1
    table.run("north")
    others.join()
    assert hits(table.linked("north")) == expected(table)
    first, second, third = (joined["body"] for joined in legs_joins(table, "south"))
    assert "tiles" not in first
    assert second["tiles"] == third["tiles"] > 0
    assert verify(table.results["hub"]).first_failure is None
    for unit in ("north", "south"):
        audited(table, unit)


def legs_joins(table, name):
    top = Transcript(table.home(name))
    return [json.loads(top.leg(n).known("join.json")) for n in range(top.legs() + 1)]


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


class _Waiting(FolderTransport):
    """A unit that takes no frame before the relay is killed."""

    keeps = True
    killed: threading.Event

    def wait(self, recipient, due, limit, seconds):
        if 0 not in due.values():
            self.killed.wait(60)
        return super().wait(recipient, due, limit, seconds)


class _Killed(FolderTransport):
    """A broker that is killed when both units have sent their first frames, with all that its relay held."""

    def wait(self, recipient, due, limit, seconds):
        found = super().wait(recipient, due, limit, seconds)
        if 0 in due.values() or _Waiting.killed.is_set():
            return found
        while not {"north.south.00000001", "south.north.00000001"} <= {*self.names()}:
            time.sleep(0.01)
        for name in self._held.names():
            self._held.drop(name)
        _Waiting.killed.set()
        raise UnavailableError("killed")


def test_a_broker_that_is_killed_before_it_sent_anything_goes_on_in_the_same_leg(
    begun, tmp_path, monkeypatch
):
    monkeypatch.setattr(_Waiting, "killed", threading.Event(), raising=False)
    (tmp_path / "share").mkdir()
    held = Held("hub", "north", "south")
    table = begun(_Waiting(tmp_path / "share", held=held))
    table.seconds = 20
    units = threading.Thread(target=table.run, args=("north", "south"))
    units.start()
    hub = {"transport": _Killed(tmp_path / "share", held=held)}
    table.run("hub", hub=hub)
    assert str(table.results["hub"]) == "killed"
    table.run("hub", hub=hub)
    units.join()
    assert hits(table.linked("north")) == expected(table)
    assert len(shares(table)) == 1
