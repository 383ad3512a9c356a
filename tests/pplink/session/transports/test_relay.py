"""The relay carries messages of the agreement's parties, each in its own name; everybody else is turned away."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pplink.errors import PeerError, UnavailableError, UsageError
from pplink.session.transports import http as http_way
from pplink.session.transports import relay as relays
from pplink.session.transports import server as servers
from pplink.session.transports.http import HttpTransport
from pplink.session.transports.requests import HEADER, LIMIT, sign_request
from pplink.session.transports.server import CONNECTIONS


@pytest.fixture
def raw(relay, certificate):
    """raw(method, path, body, **headers) -> status; a client that does as it likes."""

    def ask(method, path, body=b"", **headers):
        context = ssl.create_default_context(cafile=str(certificate[0]))
        connection = http.client.HTTPSConnection(*relay.server_address, context=context, timeout=20)
        names = {"signed": HEADER, "length": "Content-Length"}
        connection.request(method, path, body, {names[key]: value for key, value in headers.items()})
        status = connection.getresponse().status
        connection.close()
        return status

    return ask


@pytest.fixture
def signed(rings):
    def make(party, method, path, body=b"", minutes=0):
        return sign_request(rings[party], method, path, body, datetime.now(UTC) + timedelta(minutes=minutes))

    return make


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


class _Proxy:
    """Answers a relay's first few requests of a kind itself, with a page."""

    def __init__(self, monkeypatch, act, code, *, size=100_000, times=1):
        self.seen, real = 0, getattr(relays._Handler, act)

        def answer(handler, found, body):
            self.seen += 1
            if self.seen > times:
                return real(handler, found, body)
            return handler.say(code, b"<html>" + b"x" * size)

        monkeypatch.setattr(relays._Handler, act, answer)
        monkeypatch.setattr(http_way, "PAUSE", 0.01)


PAGES = [(502, 100_000), (503, 100_000), (502, 300), (500, 0), (200, 100_000), (200, 300)]


@pytest.mark.parametrize(("code", "size"), PAGES)
def test_a_proxy_s_page_for_a_message_put_is_a_relay_that_is_away(way, monkeypatch, code, size):
    proxy = _Proxy(monkeypatch, "_put", code, size=size, times=3)
    way("north").put("north", "south", 0, b"one")
    assert proxy.seen == 4
    assert way("south").wait("south", {"north": 0}, 10, 5) == ("north", b"one")


@pytest.mark.parametrize(("code", "size"), PAGES)
def test_a_proxy_s_page_for_a_beginning_is_a_relay_that_is_away(way, monkeypatch, code, size):
    assert _Proxy(monkeypatch, "_claim", code, size=size).seen == 0
    way("north").claim("north")
    with pytest.raises(UsageError, match="has a session of north already"):
        way("north").claim("north")


@pytest.mark.parametrize(("code", "size"), PAGES[:4])
def test_a_proxy_s_page_for_a_message_awaited_is_a_relay_that_is_away(way, monkeypatch, code, size):
    way("north").put("north", "south", 0, b"one")
    proxy = _Proxy(monkeypatch, "_wait", code, size=size, times=2)
    assert way("south").wait("south", {"north": 0}, 10, 5) == ("north", b"one")
    assert proxy.seen == 3


@pytest.mark.parametrize(("code", "size"), PAGES)
def test_a_proxy_s_page_for_a_message_taken_ends_nothing(way, relay, monkeypatch, code, size):
    way("north").put("north", "south", 0, b"one")
    proxy, south = _Proxy(monkeypatch, "_taken", code, size=size), way("south")
    south.taken("north", "south", 0)
    south.close()
    assert proxy.seen == 1 + (code == 200)  # what is no answer of a relay's is asked for once more
    assert relay.exchange.stored("north") == int(code != 200)  # where it lies it does no harm
    south.taken("north", "south", 0)
    south.close()
    assert relay.exchange.stored("north") == 0


def test_a_proxy_s_page_that_stays_is_told_and_may_be_tried_again(way, monkeypatch):
    _Proxy(monkeypatch, "_put", 502, times=1_000_000)
    with pytest.raises(UnavailableError, match="it said 502") as caught:
        way("north", seconds=0.05).put("north", "south", 0, b"one")
    assert "same command goes on" in caught.value.hint


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
    three = msgspec.structs.replace(terms, parties=(*terms.parties, rings["west"].card))
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


def test_a_request_is_for_one_act_at_one_time(raw, signed, relay):
    assert raw(*PUT, b"a", signed=signed("north", *PUT, b"a")) == 201
    refused = {
        "nobody's": {},
        "no base64": {"signed": "{}"},
        "another's": {"signed": signed("south", *PUT, b"b")},
        "of another body": {"signed": signed("north", *PUT, b"a")},
        "of a longer body": {"signed": signed("north", *PUT, b"bb")},
        "of another place": {"signed": signed("north", "PUT", "/share/north/south/00000004", b"b")},
        "of another act": {"signed": signed("north", "DELETE", PUT[1], b"b")},
        "old": {"signed": signed("north", *PUT, b"b", minutes=-6)},
        "of tomorrow": {"signed": signed("north", *PUT, b"b", minutes=6)},
    }
    for why, headers in refused.items():
        assert raw(*PUT, b"b", **headers) == 403, why
    assert (relay.exchange.folder / "north.south.00000003").read_bytes() == b"a"


@pytest.mark.parametrize(
    "path",
    ["/", "/share", "/other/north/south/00000000", "/share/north/south/0", "/share/../north/south/00000000",
     "/share/north/south/00000000/x", "/share/NORTH/south/00000000", "/share/north/..%2f..%2fx/00000000"],
)  # fmt: skip
def test_there_is_no_other_place(raw, signed, path):
    assert raw("PUT", path, b"x", signed=signed("north", "PUT", path, b"x")) == 404


def test_a_flood_is_refused_unread(raw, signed):
    start = time.monotonic()
    assert raw(*PUT, b"x", signed=signed("north", *PUT, b"x"), length=str(LIMIT + 1)) == 413
    assert raw(*PUT, b"x", signed=signed("north", *PUT, b"x"), length="-5") == 404
    assert time.monotonic() - start < 15


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


def test_one_that_says_nothing_does_not_keep_others_waiting(way, relay):
    silent = [socket.create_connection(relay.server_address) for _ in range(5)]
    start = time.monotonic()
    way("north").put("north", "south", 0, b"one")
    assert time.monotonic() - start < 10
    for each in silent:
        each.close()


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


def drips(relay, certificate, first, until):
    """A connection on which a byte comes now and then, till it is closed; seconds."""
    context = ssl.create_default_context(cafile=str(certificate[0]))
    start = time.monotonic()
    with (
        socket.create_connection(relay.server_address) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as dripping,
    ):
        dripping.sendall(first)
        dripping.settimeout(0.05)
        while time.monotonic() - start < until:
            with suppress(TimeoutError):
                if not dripping.recv(1):
                    break
            try:
                dripping.send(b"x")
            except OSError:
                break
    return time.monotonic() - start


@pytest.mark.parametrize("granted", [False, True])
def test_who_sends_a_byte_now_and_then_is_not_waited_for(relay, certificate, monkeypatch, signed, granted):
    monkeypatch.setattr(servers, "GREETING", 0.3)
    monkeypatch.setattr(servers, "IDLE", 0.6)
    first = b"GET /share/north HTTP/1.1\r\nX: "
    if granted:
        proof = signed("north", *PUT, b"a").encode()
        first = b"PUT %s HTTP/1.1\r\nContent-Length: 1\r\n%s: %s\r\n\r\na" % (
            PUT[1].encode(), HEADER.encode(), proof,
        ) + first  # fmt: skip
    assert drips(relay, certificate, first, 20) < 10


def test_a_body_that_comes_a_byte_now_and_then_is_not_waited_for(relay, certificate, monkeypatch, signed):
    monkeypatch.setattr(servers, "IDLE", 0.3)
    proof = signed("north", *PUT, bytes(9999)).encode()
    head = b"PUT %s HTTP/1.1\r\nContent-Length: 9999\r\n%s: %s\r\n\r\n" % (
        PUT[1].encode(), HEADER.encode(), proof,
    )  # fmt: skip
    assert drips(relay, certificate, head, 20) < 10
    assert relay.exchange.stored("north") == 0


def test_strangers_who_hold_all_connections_do_not_keep_the_relay_from_ending(certificate, relay):
    held = [socket.create_connection(relay.server_address) for _ in range(CONNECTIONS + 9)]
    time.sleep(0.5)  # till there is no room
    start = time.monotonic()
    relay.shutdown()
    assert time.monotonic() - start < servers.GREETING / 2
    for each in held:
        each.close()


@pytest.mark.parametrize(
    "said", ["Transfer-Encoding: chunked", "Content-Length: 1\r\nContent-Length: 1", f"Content-Length: {'9' * 5000}"]
)  # fmt: skip
def test_a_length_is_said_once_and_in_digits(relay, certificate, signed, said):
    context = ssl.create_default_context(cafile=str(certificate[0]))
    proof = signed("north", *PUT, b"a").encode()
    with (
        socket.create_connection(relay.server_address, timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        head = (PUT[1].encode(), said.encode(), HEADER.encode(), proof)
        client.sendall(b"PUT %s HTTP/1.1\r\n%s\r\n%s: %s\r\n\r\na" % head)
        assert client.recv(99).startswith(b"HTTP/1.1 404 ")
