"""Who answers a byte now and then is not waited for any longer than who says nothing."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from pplink.errors import UnavailableError
from pplink.session.transports import calling
from pplink.session.transports import http as http_way
from pplink.session.transports.calling import address_of
from pplink.session.transports.http import HttpTransport
from pplink.session.transports.server import tls
from pplink.session.watchlist import channel
from pplink.session.watchlist.channel import HttpsChannel


@pytest.fixture(params=[b"", b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\nPplink-Sender: hub\r\n\r\n"])
def dripping(request, certificate):
    """The port of a server that says the beginning of an answer, then a byte now and then."""
    context = tls(*certificate)

    def drip(plain):
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as each:
            each.sendall(request.param or b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                each.send(b"x")
                time.sleep(0.05)

    def serve(listening):
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_a_relay_that_drips_is_one_that_is_away(dripping, rings, certificate, monkeypatch):
    monkeypatch.setattr(http_way, "REPLY", 0.4)
    monkeypatch.setattr(calling, "SLOWEST", 1 << 30)
    way = HttpTransport(f"https://127.0.0.1:{dripping}/share", rings["north"], ca=certificate[0], seconds=0.5)
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="no relay at"):
        way.wait("north", {"hub": 0}, 1 << 25, 0.5)
    way.close()
    assert time.monotonic() - start < 20


def test_a_holder_that_drips_is_one_that_is_away(dripping, certificate, monkeypatch):
    monkeypatch.setattr(channel, "REPLY", 0.4)
    monkeypatch.setattr(calling, "SLOWEST", 1 << 30)
    way = HttpsChannel(f"https://127.0.0.1:{dripping}", ca=certificate[0], seconds=0.5)
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="no watchlist at"):
        way.post(None, b"x", 1 << 25)
    way.close()
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("body", [b"5\r\nabcd", b""])
@pytest.mark.parametrize("head", [b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n", b""])
def test_an_answer_that_was_cut_is_asked_for_again(certificate, head, body):
    """A holder's connection that broke in the midst of an answer, or before its body, ended the session."""
    context, answers = tls(*certificate), [b"HTTP/1.1 200 OK\r\n%s\r\n%s" % (head, body)]
    answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole")

    def serve(listening):
        for answer in answers:
            with context.wrap_socket(listening.accept()[0], server_side=True) as each:
                asked = b""
                while not asked.endswith(b"\r\n\r\nx"):  # what is left unread would reset the connection
                    asked += each.recv(1 << 16)
                each.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        way = HttpsChannel(url, ca=certificate[0], seconds=20)
        assert way.post(None, b"x", 99) == b"whole"
        way.close()
        thread.join()


@pytest.mark.parametrize(
    "url", ["http://x/y", "https://", "https:///y", "https://x:99999/y", "https://x:a/y", "https://x:0/y", "https://[x/y"]
)  # fmt: skip
def test_what_is_no_https_address_is_none(url):
    assert address_of(url) is None


def test_an_address_is_taken_apart():
    assert address_of("https://hub.example/share/") == ("hub.example", 443, "share")
    assert address_of("https://[::1]:8443") == ("::1", 8443, "")
