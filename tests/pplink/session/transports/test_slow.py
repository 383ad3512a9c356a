"""A line that is slow, but not slower than agreed with oneself, carries long messages both ways."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest

from pplink.session.transports import calling
from pplink.session.transports import http as http_way
from pplink.session.transports import server as servers
from pplink.session.transports.http import HttpTransport

MESSAGE = bytes(range(256)) * (1 << 10)
SPEED = 150_000
"""Bytes a second: the message takes three times as long as anybody waits for a short one."""


@pytest.fixture
def slow(relay):
    """The port of a line to the relay, at that speed in both directions."""

    def carry(source, sink):
        due = time.monotonic()
        with source, sink, suppress(OSError):
            while data := source.recv(SPEED // 50):
                due = max(due, time.monotonic() - 0.2) + len(data) / SPEED
                time.sleep(max(0.0, due - time.monotonic()))
                sink.sendall(data)
            for each in (source, sink):
                each.shutdown(socket.SHUT_RDWR)

    def serve(listening):
        with suppress(OSError):
            while True:
                ends = listening.accept()[0], socket.create_connection(relay.server_address)
                for way in (ends, ends[::-1]):
                    way[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
                    threads.append(threading.Thread(target=carry, args=[each.dup() for each in way]))
                    threads[-1].start()
                for each in ends:
                    each.close()

    threads = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads.append(threading.Thread(target=serve, args=(listening,)))
        threads[0].start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        for each in threads:
            each.join(20)


def test_a_long_message_is_waited_for_as_long_as_a_slow_line_takes(slow, rings, certificate, monkeypatch):
    for module, name in ((servers, "IDLE"), (servers, "GREETING"), (http_way, "REPLY")):
        monkeypatch.setattr(module, name, 0.5)
    for module in (servers, calling):
        monkeypatch.setattr(module, "SLOWEST", SPEED // 4)
    url = f"https://127.0.0.1:{slow}/share"
    north, south = (
        HttpTransport(url, rings[name], ca=certificate[0], seconds=0) for name in ("north", "south")
    )
    start = time.monotonic()
    north.put("north", "south", 0, MESSAGE)
    assert south.wait("south", {"north": 0}, len(MESSAGE), 0) == ("north", MESSAGE)
    assert time.monotonic() - start > 2 * 0.5
    for way in (north, south):
        way.close()
