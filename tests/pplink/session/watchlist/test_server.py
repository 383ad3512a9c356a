"""A desk over real HTTPS: what a stranger sends is refused unread, and an asker waits no longer than it is told to."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
import time

import pytest

from pplink.errors import IntegrityError, PeerError, RefusedError, UnavailableError, UsageError
from pplink.session.transports.server import CONNECTIONS, tls
from pplink.session.watchlist import channel
from pplink.session.watchlist.asker import Session
from pplink.session.watchlist.channel import HttpsChannel
from pplink.session.watchlist.server import OPEN, serving


@pytest.fixture
def served(scene, certificate):
    with serving(("127.0.0.1", 0), tls(*certificate), scene.desk) as port:
        yield port


@pytest.fixture
def way(served, certificate):
    made = HttpsChannel(f"https://127.0.0.1:{served}", ca=certificate[0], seconds=5)
    yield made
    made.close()


def told(port, certificate, method, path, body=b"", headers=None):
    """(status, whether the connection is closed) of a request as anybody may send it."""
    context = ssl.create_default_context(cafile=str(certificate[0]))
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=5)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Connection") == "close"
    finally:
        connection.close()


def test_queries_are_answered_over_a_connection_that_breaks(scene, way, rings):
    session = Session(scene.agreement, rings["south"], way, now=scene.now)
    session.begin(None)
    assert scene.ask(session, "AB1234", None, None, None) == ["document"]
    way.close()
    assert scene.ask(session, "AB9999", None, None, None) == []


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", OPEN, {"Content-Length": str(1 << 40)}, 413),
        ("POST", OPEN, {"Content-Length": "-1"}, 404),
        ("POST", OPEN, {"Content-Length": "x"}, 404),
        ("POST", f"{OPEN}/{'0' * 64}", {"Content-Length": str(1 << 20)}, 413),
        ("POST", f"{OPEN}/../secret", {}, 404),
        ("POST", "/", {}, 404),
        ("GET", OPEN, {}, 501),
        ("POST", f"{OPEN}/{'0' * 64}", {}, 410),
        ("POST", OPEN, {}, 403),
    ],
)
def test_what_a_stranger_sends_is_refused_and_not_read(served, certificate, method, path, headers, status):
    """And the connection is closed: else who asks again and again would keep it from others for ever."""
    assert told(served, certificate, method, path, headers=headers) == (status, True)


def test_an_opening_whose_answer_was_lost_has_it_again(scene, way, rings, monkeypatch):
    read, lost = channel.read_whole, []

    def losing(answer, limit):
        data = read(answer, limit)
        if not lost:
            lost.append(data)
            raise http.client.IncompleteRead(data)
        return data

    monkeypatch.setattr(channel, "read_whole", losing)
    session = Session(scene.agreement, rings["south"], way, now=scene.now)
    session.begin(None)
    assert scene.ask(session, "AB1234", None, None, None) == ["document"]
    assert len(lost) == 1


def test_who_is_being_answered_makes_no_room_for_strangers(scene, served, way, rings, monkeypatch):
    """Nothing was granted yet on a connection by which a session is opened."""
    begun, full, opened, bodies = threading.Event(), threading.Event(), scene.desk.open, []

    def slowly(body):
        bodies.append(body)
        begun.set()
        full.wait(10)
        return opened(body)

    monkeypatch.setattr(scene.desk, "open", slowly)
    session = Session(scene.agreement, rings["south"], way, now=scene.now)
    asker = threading.Thread(target=session.begin, args=[None])
    asker.start()
    assert begun.wait(10)
    strangers = [socket.create_connection(("127.0.0.1", served)) for _ in range(CONNECTIONS + 1)]
    assert select.select(strangers, [], [], 10)[0]  # one was dropped, so that there was no room
    full.set()
    asker.join()
    assert len(bodies) == 1
    for each in strangers:
        each.close()


def test_errors_of_the_desk_reach_the_asker_as_what_they_are(scene, way, rings):
    south = Session(scene.agreement, rings["south"], way, now=scene.now)
    south._ring = rings["north"]
    with pytest.raises(IntegrityError, match="the holder says: north may not open a session"):
        south.begin(None)
    scene.desk._limits._daily = 0
    session = Session(scene.agreement, rings["south"], way, now=scene.now)
    session.begin(None)
    with pytest.raises(RefusedError, match="the holder says: unit north does not answer"):
        scene.ask(session, "AB1234", None, None, None)


def test_a_reply_that_is_longer_than_it_may_be_is_not_read_on(way, scene, rings, monkeypatch):
    session = Session(scene.agreement, rings["south"], way, now=scene.now)
    monkeypatch.setattr("pplink.session.watchlist.asker.longest", lambda _: 100)
    with pytest.raises(PeerError, match="more than 100 bytes"):
        session.begin(None)


def test_a_holder_that_is_silent_is_waited_for_no_longer_than_told(certificate, scene, rings, monkeypatch):
    monkeypatch.setattr("pplink.session.watchlist.channel.REPLY", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        way, began = HttpsChannel(url, ca=certificate[0], seconds=0.5), time.monotonic()
        with pytest.raises(UnavailableError, match="no watchlist at"):
            Session(scene.agreement, rings["south"], way, now=scene.now).begin(None)
        assert time.monotonic() - began < 20
        way.close()


def test_a_certificate_of_somebody_else_is_not_spoken_to(served, scene, rings):
    way = HttpsChannel(f"https://127.0.0.1:{served}", seconds=5)
    with pytest.raises(UsageError, match="the watchlist's certificate"):
        Session(scene.agreement, rings["south"], way, now=scene.now).begin(None)
    way.close()


@pytest.mark.parametrize("url", ["http://x:1", "https://", "x", "https://x/path", "https://x?y"])
def test_an_address_is_https_and_no_more(url):
    with pytest.raises(UsageError, match="is no https address"):
        HttpsChannel(url, seconds=1)
