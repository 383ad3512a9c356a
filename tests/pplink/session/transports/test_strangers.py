"""Who is no party of the agreement, or does not keep to the rules, is turned away and keeps nobody waiting."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest

from pplink.session.transports import server as servers
from pplink.session.transports.requests import HEADER, LIMIT
from pplink.session.transports.server import CONNECTIONS

PUT = ("PUT", "/share/north/south/00000003")


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


def test_one_that_says_nothing_does_not_keep_others_waiting(way, relay):
    silent = [socket.create_connection(relay.server_address) for _ in range(5)]
    start = time.monotonic()
    way("north").put("north", "south", 0, b"one")
    assert time.monotonic() - start < 10
    for each in silent:
        each.close()


def test_strangers_who_hold_all_connections_make_room_for_parties(way, relay, monkeypatch):
    """They came again as often as their 10 seconds were over, and no unit had a turn."""
    monkeypatch.setattr(servers, "GREETING", 3600.0)
    party = way("north")
    party.put("north", "south", 0, b"one")  # before them
    kept = party._line._connection
    held = [socket.create_connection(relay.server_address) for _ in range(2 * CONNECTIONS)]
    way("south").put("south", "north", 0, b"two")
    assert way("north").wait("north", {"south": 0}, 10, 5) == ("south", b"two")
    party.put("north", "south", 1, b"three")
    assert party._line._connection is kept
    assert relay.exchange.stored("north") == 2
    for each in held:
        each.close()


def test_a_system_without_threads_for_a_while_takes_no_room_for_good(way, relay, monkeypatch):
    """Each connection for which there was none took a place that nobody gave back."""

    def none_left(_):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as system:
        system.setattr(threading.Thread, "start", none_left)
        for _ in range(2 * CONNECTIONS):
            with suppress(ConnectionError), socket.create_connection(relay.server_address, timeout=5) as one:
                one.recv(1)
    way("north", seconds=1).put("north", "south", 0, b"one")
    assert relay.exchange.stored("north") == 1


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
