"""A broker that goes away, with what it held or without: another leg is begun only where messages are lost."""

from __future__ import annotations

import json
import threading
import time

import pytest

from pplink.audit.verification import verify
from pplink.errors import UnavailableError
from pplink.session import closing
from pplink.session.envelope import HEADER
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.held import Held
from tests.pplink.session.parties import Stopping, audited, both_found, broken_off, plain, shares, told


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
    assert both_found(table) == plain(table)
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
    assert told(table.result("north")) == plain(table)
    assert verify(table.results["hub"]).first_failure is None


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
    assert told(table.result("north")) == plain(table)
    assert len(shares(table)) == 1
