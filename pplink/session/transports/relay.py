"""Relay: the broker's side of HTTP: an exchange folder that units reach over TLS.

It reads no message: all are sealed to their recipients. Only who signed a request may put in its own name, and take
what is for it.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pplink.agreement.model import Agreement
from pplink.audit.session_events import MOST, couple_name, couples_of
from pplink.errors import IntegrityError, PeerError, PplinkError, UnavailableError, UsageError
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.held import Held
from pplink.session.transports.requests import HEADER, LIMIT, MOST_STORED, SENDER, check_request
from pplink.session.transports.server import CONNECTIONS, Handler, TlsServer, tls

WAIT = 10.0
"""Seconds that a request for a message that is not there is kept open, at most."""
LEARN = 2.0
"""Seconds in which others learn that it is over."""

__all__ = ["Relay", "serving", "tls"]

_NAME = r"[a-z][a-z0-9-]{0,31}"
_COUPLE = rf"(?:/(?P<couple>{_NAME}\+{_NAME}))?"
_PLACE = re.compile(rf"{_COUPLE}/(?P<sender>{_NAME})/(?P<recipient>{_NAME})/(?P<number>[0-9]{{8}})")
_BOX = re.compile(rf"{_COUPLE}/(?P<recipient>{_NAME})")
_CLAIM = re.compile(rf"{_COUPLE}/(?P<sender>{_NAME})/claim")
_LEFT = re.compile(rf"{_NAME}\.{_NAME}\.[0-9]{{8}}")
_PLACED = re.compile(rf"(?P<sender>{_NAME})\.(?P<number>[0-9]{{8}})")


class Relay(TlsServer):
    """Serves one exchange folder to the parties of one agreement."""

    def __init__(
        self,
        address: tuple[str, int],
        context: ssl.SSLContext,
        folder: Path,
        agreement: Agreement,
        held: Held | None = None,
    ) -> None:
        units = min(len(agreement.units), MOST)
        ways = units * (units - 1)  # each unit has one to each other: all of them may wait at a time
        super().__init__(address, context, _Handler, CONNECTIONS + 2 * ways)
        self.exchange = FolderTransport(folder, held=held)
        self.exchanges: dict[str | None, FolderTransport] = {None: self.exchange}
        """By couple; of no couple where two units meet and no others."""
        for name in map(couple_name, couples_of(agreement.units, agreement.units)):
            self.exchanges[name] = FolderTransport(folder, name, held)
        self.prefix = f"/{folder.resolve().name}"
        self.agreement = agreement
        self.held = held


class _Handler(Handler):
    server: Relay

    def do_GET(self) -> None:
        """The first of the messages that are due to arrive; 204 if none does."""
        self._answer(_BOX, "recipient", self._wait)

    def do_PUT(self) -> None:
        """A message."""
        self._answer(_PLACE, "sender", self._put)

    def do_DELETE(self) -> None:
        """A message was taken; with `?before`, all before it are wanted no more."""
        self._answer(_PLACE, "recipient", self._taken)

    def do_POST(self) -> None:
        """A party begins."""
        self._answer(_CLAIM, "sender", self._claim)

    def _answer(self, pattern: re.Pattern[str], whose: str, act: Any) -> None:
        """Do it, if the party whose right it is signed the request; else say no more than that it is refused."""
        split = urlsplit(self.path)
        found = pattern.fullmatch(split.path.removeprefix(self.server.prefix))
        size = self.length()
        if found is None or not split.path.startswith(f"{self.server.prefix}/") or size is None:
            return self.say(404, close=True)
        if not self._has_part(found["couple"], found[whose]):
            return self.say(404, close=True)
        if size > LIMIT:
            return self.say(413, close=True)
        try:
            request = check_request(
                self.headers.get(HEADER, ""), self.server.agreement, found[whose], self.command, self.path,
                datetime.now(UTC),
            )  # fmt: skip
        except IntegrityError:
            return self.say(403, close=True)
        if self.server.held is not None:
            self.server.held.reached.add(found[whose])
        self.grant()
        body = self.body(size)
        if not request.fits(body):
            return self.say(403, close=True)
        try:
            act(found, body)
        except UsageError:
            self.say(409)
        except (PeerError, UnavailableError):
            self.say(503)

    def _has_part(self, couple: str | None, party: str) -> bool:
        """Whether that is a couple and a party of its session. Of a session of no couple, joins tell."""
        if couple is None:
            return True
        parties = (*couple.split("+"), self.server.agreement.broker.name)
        return couple in self.server.exchanges and party in parties

    def _exchange(self, found: re.Match[str]) -> FolderTransport:
        return self.server.exchanges[found["couple"]]

    def _put(self, found: re.Match[str], body: bytes) -> None:
        exchange = self._exchange(found)
        if exchange.stored(found["sender"]) >= MOST_STORED:
            return self.say(507)
        exchange.put(found["sender"], found["recipient"], int(found["number"]), body)
        return self.say(201)

    def _wait(self, found: re.Match[str], _: bytes) -> None:
        asked, exchange = parse_qs(urlsplit(self.path).query), self._exchange(found)
        for sender, number in _places(asked.get("taken", [])):
            exchange.taken(sender, found["recipient"], number)
        due = dict(_places(asked.get("due", [])))
        try:
            sender, data = exchange.wait(found["recipient"], due, LIMIT, WAIT)
        except UnavailableError:
            return self.say(204)
        return self.say(200, data, headers={SENDER: sender})

    def _taken(self, found: re.Match[str], _: bytes) -> None:
        exchange, place = self._exchange(found), (found["sender"], found["recipient"], int(found["number"]))
        if urlsplit(self.path).query == "before":
            exchange.sweep(*place)
        else:
            exchange.taken(*place)
        self.say(200)

    def _claim(self, found: re.Match[str], _: bytes) -> None:
        self._exchange(found).claim(found["sender"])
        self.say(201)


def _places(asked: Iterable[str]) -> list[tuple[str, int]]:
    """Senders and numbers."""
    found = map(_PLACED.fullmatch, asked)
    return [(each["sender"], int(each["number"])) for each in found if each is not None]


@contextmanager
def serving(
    address: tuple[str, int],
    context: ssl.SSLContext,
    folder: Path,
    agreement: Agreement,
    seconds: float,
    failed: Collection[str] = (),
    held: Held | None = None,
) -> Iterator[int]:
    """Serve the folder meanwhile, and after that till others fetched what lies there, so many seconds at most. Gives
    the port. failed: couples of which nothing more is waited for; it may grow meanwhile. held: what keeps messages in
    memory, also for the broker's own way to the folder. Raises UnavailableError if the address cannot be had.
    """
    relay = Relay(address, context, folder, agreement, held)
    with relay.served() as port:
        try:
            yield port
        except PplinkError:
            time.sleep(min(seconds, LEARN))
            raise
        if failed:
            time.sleep(min(seconds, LEARN))
        end = time.monotonic() + seconds
        while _unfetched(relay.exchange.names(), agreement.broker.name, failed) and time.monotonic() < end:
            time.sleep(0.05)


def _unfetched(lying: Iterable[str], broker: str, failed: Collection[str]) -> bool:
    """Whether anything of the broker's lies there: after records nothing more is due."""
    for place in lying:
        couple, _, rest = place.partition(".")
        name = rest if "+" in couple else place
        if couple not in failed and name.startswith(f"{broker}.") and _LEFT.fullmatch(name):
            return True
    return False
