"""A proxy that answers in a relay's place with a page of its own: the relay is away, and is tried again."""

from __future__ import annotations

import pytest

from pplink.errors import UnavailableError, UsageError
from pplink.session.transports import http as http_way
from pplink.session.transports import relay as relays


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
