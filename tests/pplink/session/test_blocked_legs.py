"""A session of blocked lists that was broken off goes on at the tile where it stood, with the same counts of bins."""

from __future__ import annotations

import json
import threading

import pytest

from pplink.audit.verification import verify
from pplink.errors import UnavailableError
from pplink.session.transcript import Transcript
from pplink.session.transports.memory import MemoryTransport
from tests.pplink.session.parties import Stopping, audited, both_found, broken_off, plain, told


@pytest.fixture
def blocked(make_table, small_tiles, blocks_pay):
    """Each pair of blocks is a tile."""
    return lambda transport: make_table(
        transport, threshold=0.8, assignment="many-to-many", score="exact", blocking_recall=0.9999
    )


@pytest.mark.parametrize(("who", "after"), [("north", 3), ("north", 60), ("south", 41), ("hub", 20)])
def test_blocked_lists_go_on_at_the_tile_where_they_stood_with_the_same_counts(blocked, who, after):
    table = broken_off(blocked(Stopping(who, after)))
    assert both_found(table) == plain(table)
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
    with table.meanwhile("north", "hub"):
        table.run("south")
        assert isinstance(table.results["south"], UnavailableError)
        table.run("south")
    assert told(table.result("north")) == plain(table)
    assert verify(table.results["hub"]).first_failure is None


class StoppingAtBins(Stopping):
    """The first unit's network is gone, and once more when it has told the other of its bins in the next leg."""

    def put(self, sender, recipient, number, data):
        super().put(sender, recipient, number, data)
        if (sender, recipient, number) == ("north", "south", 1_000_001):
            self.left = 0


def test_blocked_lists_broken_off_again_before_blocks_keep_what_was_done(blocked):
    table = blocked(StoppingAtBins("north", 60))
    with table.meanwhile("south", "hub"):
        for _ in range(2):
            table.run("north")
            assert isinstance(table.results["north"], UnavailableError)
            table.transport.left = -1
        table.run("north")
    assert told(table.result("north")) == plain(table)
    first, second, third = (joined["body"] for joined in legs_joins(table, "south"))
    assert "tiles" not in first
    assert second["tiles"] == third["tiles"] > 0
    assert verify(table.results["hub"]).first_failure is None
    for unit in ("north", "south"):
        audited(table, unit)


def legs_joins(table, name):
    top = Transcript(table.home(name))
    return [json.loads(top.leg(n).known("join.json")) for n in range(top.legs() + 1)]
