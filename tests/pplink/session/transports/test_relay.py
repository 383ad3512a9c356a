"""The relay carries messages of the agreement's parties, each in its own name; everybody else is turned away."""

from __future__ import annotations

import socket

import pytest
from msgspec.structs import replace

from pplink.errors import PeerError, UnavailableError, UsageError
from pplink.session.transports import relay as relays
from pplink.session.transports.http import HttpTransport

PUT = ("PUT", "/share/north/south/00000003")


def test_messages_go_from_one_to_another(way):
    north, south = way("north"), way("south")
    north.claim("north")
    north.put("north", "south", 0, b"one")
    north.put("north", "south", 1, b"x" * 300_000)
    assert south.wait("south", {"north": 0, "hub": 0}, 10, 5) == ("north", b"one")
    south.taken("north", "south", 0)
    assert south.wait("south", {"north": 1, "hub": 0}, 300_000, 5) == ("north", b"x" * 300_000)


def test_what_was_taken_is_told_with_what_is_asked_next(way, relay, monkeypatch):
    monkeypatch.setattr(relays, "WAIT", 0.01)
    south, deleted = way("south"), []
    monkeypatch.setattr(relays._Handler, "_taken", lambda *given: deleted.append(given))
    for number in range(9):
        way("north").put("north", "south", number, b"x")
    for number in range(2):
        assert south.wait("south", {"north": number}, 10, 5)[1] == b"x"
        south.taken("north", "south", number)
    assert relay.exchange.stored("north") == 8
    assert south.wait("south", {"north": 2}, 10, 5)[1] == b"x"
    assert relay.exchange.stored("north") == 7
    for number in range(2, 6):
        south.taken("north", "south", number)
    south.wait("south", {"north": 6}, 10, 5)
    assert relay.exchange.stored("north") == 3
    assert deleted == []


def test_what_was_taken_is_told_by_itself_if_nothing_is_asked(way, relay):
    south = way("south")
    for number in range(9):
        way("north").put("north", "south", number, b"x")
        south.taken("north", "south", number)
    assert relay.exchange.stored("north") == 4
    south.close()
    assert relay.exchange.stored("north") == 0


def test_of_what_was_taken_as_much_is_told_as_a_request_has_room_for(way, relay):
    """As in sessions of eight units with long names."""
    south, others = way("south"), {f"unit-{'x' * 26}{number}": 0 for number in range(9)}
    for number in range(5):
        way("north").put("north", "south", number, b"x")
    for number in range(4):
        south.taken("north", "south", number)
    assert south.wait("south", {"north": 4, **others}, 10, 5) == ("north", b"x")
    assert relay.exchange.stored("north") == 2
    south.close()
    assert relay.exchange.stored("north") == 1


@pytest.mark.parametrize(("failures", "left", "tries"), [(9, 4, 2), (1, 0, 5)])
def test_a_way_that_closes_tries_anew_once(way, relay, monkeypatch, failures, left, tries):
    south, tried = way("south"), []
    real = south._once

    def once(*given):
        tried.append(given)
        if len(tried) <= failures:
            raise TimeoutError
        return real(*given)

    monkeypatch.setattr(south, "_once", once)
    for number in range(4):
        way("north").put("north", "south", number, b"x")
        south.taken("north", "south", number)
    south.close()
    assert relay.exchange.stored("north") == left
    assert len(tried) == tries


def test_nobody_but_the_recipient_says_that_it_was_taken(way, relay, monkeypatch):
    monkeypatch.setattr(relays, "WAIT", 0.01)
    way("north").put("north", "south", 0, b"one")
    north = way("north")
    north._taken.append(("north", "north", 0))
    with pytest.raises(UnavailableError):
        north.wait("north", {"north": 0}, 10, 0.01)
    assert relay.exchange.stored("north") == 1


def test_a_party_begins_once(way):
    way("north").claim("north")
    with pytest.raises(UsageError, match="has a session of north already"):
        way("north").claim("north")


def test_who_waits_is_told_of_silence(way, monkeypatch):
    monkeypatch.setattr(relays, "WAIT", 0.1)
    with pytest.raises(UnavailableError, match="nothing came from hub or north"):
        way("south").wait("south", {"north": 0, "hub": 0}, 10, 0.3)


def test_a_message_that_is_too_long_is_refused(way):
    way("north").put("north", "south", 0, b"x" * 11)
    with pytest.raises(PeerError, match="where 10 is the most"):
        way("south").wait("south", {"north": 0}, 10, 5)


def test_nobody_acts_in_another_s_name(way, relay):
    way("north").put("north", "south", 0, b"one")
    acts = (
        lambda: way("south").put("north", "south", 1, b"forged"),
        lambda: way("south").claim("north"),
        lambda: way("hub").wait("south", {"north": 0}, 10, 1),
        lambda: way("west").put("west", "south", 0, b"not in this agreement"),
    )
    for act in acts:
        with pytest.raises(UsageError, match=r"refuses \(403\)"):
            act()
    hub = way("hub")
    hub.taken("north", "south", 0)
    hub.close()
    assert [path.name for path in relay.exchange.folder.iterdir()] == ["north.south.00000000"]


def test_couples_have_places_of_their_own_in_one_exchange(way, relay):
    one, other = way("north", couple="north+south"), way("north")
    one.claim("north")
    other.claim("north")
    one.put("north", "south", 0, b"of the couple")
    other.put("north", "south", 0, b"of none")
    assert way("south", couple="north+south").wait("south", {"north": 0}, 99, 5) == (
        "north",
        b"of the couple",
    )
    assert way("south").wait("south", {"north": 0}, 99, 5) == ("north", b"of none")
    south = way("south", couple="north+south")
    south.taken("north", "south", 0)
    south.close()
    assert (relay.exchange.folder / "north.south.00000000").exists()
    assert not (relay.exchange.folder / "north+south.north.south.00000000").exists()


def test_a_unit_has_no_place_in_the_session_of_two_others(way, relay, rings):
    terms = relay.agreement.terms
    three = replace(terms, parties=(*terms.parties, rings["west"].card))
    relay.agreement = replace(relay.agreement, terms=three)
    way("west").put("west", "south", 0, b"to a session that it may join")
    with pytest.raises(UsageError, match=r"refuses \(404\)"):
        way("west", couple="north+south").put("west", "south", 0, b"one")
    with pytest.raises(UsageError, match=r"refuses \(404\)"):
        way("west", couple="north+south").claim("west")


@pytest.mark.parametrize(
    "couple", ["south+north", "north+hub", "north+north", "north+south+west", "north+x/../y"]
)
def test_what_is_no_couple_has_no_place(way, relay, couple):
    with pytest.raises(UsageError, match=r"refuses \(404\)"):
        way("north", couple=couple).put("north", "south", 0, b"one")
    assert list(relay.exchange.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("left", "failed", "waits"),
    [
        ("hub.north.00000007", (), True),
        ("north+south.hub.north.00000007", (), True),
        ("north+south.hub.north.00000007", ("north+west",), True),
        ("north+south.hub.north.00000007", ("north+south",), False),
        ("north+south.north.south.00000007", (), False),
        ("north+south.hub.claim", (), False),
        ("north.hub.00000007", (), False),
    ],
)
def test_a_broker_waits_till_its_messages_are_fetched_but_those_of_couples_that_failed(left, failed, waits):
    assert relays._unfetched([left], "hub", failed) == waits


def test_no_more_messages_are_stored_than_may_be(way, monkeypatch, raw, signed):
    monkeypatch.setattr(relays, "MOST_STORED", 2)
    for number in range(2):
        way("north").put("north", "south", number, b"x")
    assert raw(*PUT, b"x", signed=signed("north", *PUT, b"x")) == 507


def test_a_recipient_sweeps_what_lies_before_and_then_more_can_be_put(way, monkeypatch, raw, signed, relay):
    monkeypatch.setattr(relays, "MOST_STORED", 3)
    for number in (0, 7, 1_000_000):
        way("north").put("north", "south", number, b"x")
    assert raw(*PUT, b"x", signed=signed("north", *PUT, b"x")) == 507
    path = "/share/north/south/01000000?before"
    assert raw("DELETE", path, b"", signed=signed("north", "DELETE", path, b"")) == 403
    way("south").sweep("north", "south", 1_000_000)
    assert [each.name for each in relay.exchange.folder.iterdir()] == ["north.south.01000000"]
    assert raw(*PUT, b"x", signed=signed("north", *PUT, b"x")) == 201


def test_a_relay_with_another_certificate_is_not_talked_to(way):
    with pytest.raises(UsageError, match="certificate"):
        way("north", ca=None).put("north", "south", 0, b"one")


def test_a_relay_that_is_not_there_is_waited_for_and_then_told(rings, certificate):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{unused.getsockname()[1]}/share"
        with pytest.raises(UnavailableError, match="no relay at 127"):
            HttpTransport(url, rings["north"], ca=certificate[0], seconds=0.2).claim("north")


@pytest.mark.parametrize(
    "url", ["http://hub:1/share", "https://hub", "https:///share", "https://hub/s?x=1", "hub"]
)
def test_what_is_no_https_address_is_a_usage_error(rings, url):
    with pytest.raises(UsageError, match="is no https address"):
        HttpTransport(url, rings["north"], seconds=1)


def test_files_that_are_no_certificate_are_a_usage_error(rings, tmp_path, certificate):
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(UsageError, match="no certificates"):
        HttpTransport("https://hub/share", rings["north"], ca=tmp_path / "empty", seconds=1)
    with pytest.raises(UsageError, match="not a certificate and its key"):
        relays.tls(certificate[0], tmp_path / "empty")


def test_an_address_that_another_process_has_is_told_as_one_that_cannot_be_had(relay, certificate, tmp_path):
    address = ("127.0.0.1", relay.server_address[1])
    with (
        pytest.raises(
            UnavailableError, match=f"cannot listen on 127.0.0.1:{address[1]}: Address already in use"
        ),
        relays.serving(address, relays.tls(*certificate), tmp_path / "share", relay.agreement, 0),
    ):
        pass
