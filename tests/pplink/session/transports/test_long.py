"""A session whose messages are longer than a way takes is refused before its roles begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pplink.errors import PeerError, RefusedError
from pplink.session.blinded_broker import Plan
from pplink.session.envelope import ROOM
from pplink.session.transcript import Transcript
from pplink.session.transports.requests import LIMIT

UNITS = ("north", "south")


class Narrow:
    """A way to the same table by which long messages do not go."""

    def __init__(self, way, most):
        self._way, self.most = way, most

    def __getattr__(self, name):
        return getattr(self._way, name)


def test_it_is_refused_in_words_and_the_others_hear_of_it(make_table):
    table = make_table()
    table.run(north={"transport": Narrow(table.transport, 1 << 20)})
    north = table.results["north"]
    assert isinstance(north, RefusedError)
    assert "messages of up to" in north.message
    assert north.message.endswith("at most 1 MiB")
    assert "a folder that all see" in north.hint
    for other in ("south", "hub"):
        assert isinstance(table.results[other], PeerError)
        assert table.results[other].message.endswith(" stopped the session")  # north, or who heard it first
    assert [line.step for line in Transcript(table.home("north")).sent] == ["stop"] * 2


def test_a_way_that_takes_the_longest_message_is_good_enough(make_table):
    table = make_table()
    size = Plan.of(table.agreement, UNITS, {"north": 40, "south": 30}).longest + ROOM
    table.run(north={"transport": Narrow(table.transport, size)})
    assert len(table.result("north").couples[0].own) > 0


@pytest.fixture
def plan(signed_agreement):
    def make(records, **options):
        parties = ("north", "south", "hub", "officer")
        agreement = signed_agreement(parties=parties, protocol="blinded_broker", **options)
        return Plan.of(agreement, UNITS, dict(zip(UNITS, records, strict=True)))

    return make


def test_the_relay_takes_all_of_lists_of_a_hundred_thousand(plan):
    assert plan((100_000, 100_000)).longest + ROOM < LIMIT


@pytest.mark.parametrize("records", [200_000, 1_000_000, 2_000_000])
def test_the_relay_takes_names_of_long_lists_that_are_blocked(plan, records):
    blocked = plan((records, records), threshold=0.85, blocking_recall=0.99)
    shape = blocked.meeting.shape
    assert blocked._blocked(shape, 1 << 20, None).longest + ROOM < LIMIT < 8 * 2 * records * shape.bands


def test_handles_of_a_long_list_are_as_long_as_that(plan):
    told = {"hits_to": ("north",), "score": "none", "assignment": "many-to-many"}
    assert plan((3_000_000, 1000), **told).longest == 16 * 3_000_000 > LIMIT
    both = plan((3_000_000, 1000))
    assert both.longest == replace(both, persons={"alice": 1000, "bob": 1000}).longest < LIMIT
