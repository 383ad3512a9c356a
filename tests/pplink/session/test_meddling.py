"""A relay that does something to what it carries: that is found, and ends the session for good."""

from __future__ import annotations

import time

import pytest

from pplink.errors import IntegrityError, PeerError, RefusedError, UnavailableError
from pplink.session.transports.memory import MemoryTransport


class Meddling(MemoryTransport):
    """A relay that does something to one message."""

    def __init__(self, change, place=("north", "south", 2)):
        super().__init__()
        self.change, self.place, self.seen = change, place, {}

    def put(self, sender, recipient, number, data):
        self.seen[sender, recipient, number] = data
        if (sender, recipient, number) == self.place:
            data = self.change(data, self.seen)
        if data is not None:
            super().put(sender, recipient, number, data)


def flip(at):
    return lambda data, _: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


CHANGES = {
    "a flipped bit of the line": (flip(40), IntegrityError),
    "a flipped bit of the seal": (flip(-9), IntegrityError),
    "cut": (lambda data, _: data[:-1], IntegrityError),
    "longer": (lambda data, _: data + b"x", IntegrityError),
    "the one before once more": (lambda _, seen: seen["north", "south", 1], IntegrityError),
    "another's": (lambda _, seen: seen["north", "hub", 1], IntegrityError),
    "empty": (lambda *_: b"", IntegrityError),
    "much too long": (lambda *_: bytes(20_000_000), PeerError),
    "nothing": (lambda *_: None, UnavailableError),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_relay_that_meddles_is_found_and_nothing_comes_of_it(make_table, change):
    edit, error = CHANGES[change]
    table = make_table(Meddling(edit))
    table.seconds = 3
    table.run()
    assert isinstance(table.results["south"], error), table.results
    assert all(isinstance(each, Exception) for each in table.results.values())
    table.transport = MemoryTransport()
    table.run("south")
    if error is not UnavailableError:  # for good, whatever the relay does then
        assert isinstance(table.results["south"], RefusedError)
        assert "this session failed" in table.results["south"].message


def test_when_one_finds_a_broken_check_the_others_need_not_wait(make_table):
    table = make_table(Meddling(CHANGES["cut"][0]))
    start = time.monotonic()
    table.run()
    assert time.monotonic() - start < table.seconds / 2
    for name in ("north", "hub"):
        assert isinstance(table.results[name], PeerError)
        assert "stopped the session" in table.results[name].message


@pytest.mark.parametrize("place", [("north", "hub", 0), ("south", "north", 0), ("hub", "south", 0)], ids=str)
def test_a_join_that_its_party_did_not_sign_is_refused(make_table, place):
    table = make_table(Meddling(flip(100), place))
    table.seconds = 3
    table.run()
    assert isinstance(table.results[place[1]], IntegrityError)


def test_yesterday_s_messages_are_of_no_use(make_table):
    """South is not there; a relay plays all that it sent in an earlier session."""
    first = make_table(Meddling(lambda data, _: data))
    first.run()
    again = make_table(Meddling(lambda data, _: data))
    again.folder = again.folder / "again"
    again.folder.parent.mkdir(exist_ok=True)
    again.folder.mkdir()
    for place, data in first.transport.seen.items():
        if place[0] == "south":
            again.transport.put(*place, data)
    again.seconds = 1.5
    again.run("north", "hub")
    found = {"north": again.results["north"], "hub": again.results["hub"]}
    first = [name for name, each in found.items() if isinstance(each, IntegrityError)]
    assert first
    for name, each in found.items():  # who finds it may stop the other before that finds it too
        if name in first:
            assert "of another session" in each.message
        else:
            assert isinstance(each, PeerError)
            assert each.message == f"{first[0]} stopped the session"
