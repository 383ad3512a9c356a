"""Server: a desk over HTTPS. A request's body is read no further than a query is long."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pplink.errors import (
    AgreementError,
    IntegrityError,
    PeerError,
    PplinkError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from pplink.session.transports.server import Handler, TlsServer
from pplink.session.watchlist.desk import Desk
from pplink.session.watchlist.lists import Stored, load, version_of

CODES: dict[type[PplinkError], int] = {
    UsageError: 410, AgreementError: 409, IntegrityError: 403, PeerError: 422, RefusedError: 429, UnavailableError: 503
}  # fmt: skip
"""What an asker is told, with the error's message as body."""
OPEN = "/watchlist/sessions"
_SESSION = re.compile(r"/watchlist/sessions/([0-9a-f]{64})")


class DeskServer(TlsServer):
    """Serves one desk."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, desk: Desk) -> None:
        super().__init__(address, context, _Handler)
        self.desk = desk


class _Handler(Handler):
    server: DeskServer

    def do_POST(self) -> None:
        """A session is opened, or something comes in one."""
        size, found = self.length(), _SESSION.fullmatch(self.path)
        if size is None or (found is None and self.path != OPEN):
            return self.say(404, close=True)
        if size > self.server.desk.longest:
            return self.say(413, close=True)
        body = self.body(size)
        if len(body) != size:
            return self.say(400, close=True)
        self.server.know(
            self.request
        )  # it waits for us from here on; a stranger is refused, and closed, soon
        try:
            desk = self.server.desk
            reply = desk.open(body) if found is None else desk.take(found[1], body)
        except PplinkError as error:
            return self.say(CODES.get(type(error), 500), error.message.encode())
        return self.say(200, reply)


@contextmanager
def serving(address: tuple[str, int], context: ssl.SSLContext, desk: Desk) -> Iterator[int]:
    """Serve a desk meanwhile; gives the port. Raises UnavailableError if the address cannot be had."""
    server = DeskServer(address, context, desk)
    try:
        with server.served() as port:
            yield port
    finally:
        desk.close()


def watch(
    folder: Path, version: int, exchange: Callable[[Stored], None], stop: threading.Event, pause: float = 1.0
) -> None:
    """Until told to stop: when the list on the disk has a newer version, hand it over. Raises as `lists.load`."""
    while not stop.wait(pause):
        if version_of(folder) != version:
            stored = load(folder)
            exchange(stored)
            version = stored.version
