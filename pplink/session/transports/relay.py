"""Relay: the broker's side of HTTP: an exchange folder that units reach over TLS.

It reads no message: all are sealed to their recipients. Only who signed a request may put in its own name, and take
what is for it.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pplink.agreement.model import Agreement
from pplink.errors import IntegrityError, PeerError, PplinkError, UnavailableError, UsageError
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.requests import HEADER, LIMIT, SENDER, check_request

WAIT = 10.0
"""Seconds that a request for a message that is not there is kept open, at most."""
IDLE = 60.0
"""Seconds after which a connection on which nothing comes is closed."""
CONNECTIONS = 32
"""At a time; more wait."""
MOST_STORED = 4096
"""Messages of one sender that may lie unfetched."""

_NAME = r"[a-z][a-z0-9-]{0,31}"
_PLACE = re.compile(rf"/(?P<sender>{_NAME})/(?P<recipient>{_NAME})/(?P<number>[0-9]{{8}})")
_BOX = re.compile(rf"/(?P<recipient>{_NAME})")
_CLAIM = re.compile(rf"/(?P<sender>{_NAME})/claim")
_DUE = re.compile(rf"(?P<sender>{_NAME})\.(?P<number>[0-9]{{8}})")


class Relay(ThreadingHTTPServer):
    """Serves one exchange folder to the parties of one agreement."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], context: ssl.SSLContext, folder: Path, agreement: Agreement
    ) -> None:
        super().__init__(address, _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.exchange = FolderTransport(folder)
        self.prefix = f"/{folder.resolve().name}"
        self.agreement = agreement
        self._room = threading.Semaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Each connection in a thread of its own, not too many at a time."""
        self._room.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """As above."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_: Any) -> None:
        """A connection that broke is the client's affair: it tries again."""


class _Handler(BaseHTTPRequestHandler):
    server: Relay
    protocol_version = "HTTP/1.1"
    server_version = "pplink"
    sys_version = ""
    timeout = IDLE
    disable_nagle_algorithm = True  # or a reply waits 40 ms for the acknowledgement of its headers

    def do_GET(self) -> None:
        """The first of the messages that are due to arrive; 204 if none does."""
        self._answer(_BOX, "recipient", self._wait)

    def do_PUT(self) -> None:
        """A message."""
        self._answer(_PLACE, "sender", self._put)

    def do_DELETE(self) -> None:
        """A message was taken."""
        self._answer(_PLACE, "recipient", self._taken)

    def do_POST(self) -> None:
        """A party begins."""
        self._answer(_CLAIM, "sender", self._claim)

    def log_message(self, *_: Any) -> None:
        """Nothing: the session's record is the log."""

    def _answer(self, pattern: re.Pattern[str], whose: str, act: Any) -> None:
        """Do it, if the party whose right it is signed the request; else say no more than that it is refused."""
        split = urlsplit(self.path)
        found = pattern.fullmatch(split.path.removeprefix(self.server.prefix))
        size = self.headers.get("Content-Length", "0")
        if found is None or not split.path.startswith(f"{self.server.prefix}/") or not size.isdecimal():
            return self._say(404, close=True)
        if int(size) > LIMIT:
            return self._say(413, close=True)
        try:
            request = check_request(
                self.headers.get(HEADER, ""), self.server.agreement, found[whose], self.command, self.path,
                datetime.now(UTC),
            )  # fmt: skip
        except IntegrityError:
            return self._say(403, close=True)
        body = self.rfile.read(int(size))
        if len(body) != int(size) or hashlib.sha256(body).hexdigest() != request.sha256:
            return self._say(403, close=True)
        try:
            act(found, body)
        except UsageError:
            self._say(409)
        except (PeerError, UnavailableError):
            self._say(503)

    def _put(self, found: re.Match[str], body: bytes) -> None:
        sender, recipient, number = found["sender"], found["recipient"], int(found["number"])
        stored = sum(path.name.startswith(f"{sender}.") for path in self.server.exchange.folder.iterdir())
        if stored >= MOST_STORED:
            return self._say(507)
        self.server.exchange.put(sender, recipient, number, body)
        return self._say(201)

    def _wait(self, found: re.Match[str], _: bytes) -> None:
        asked = [_DUE.fullmatch(each) for each in parse_qs(urlsplit(self.path).query).get("due", [])]
        due = {each["sender"]: int(each["number"]) for each in asked if each is not None}
        try:
            sender, data = self.server.exchange.wait(found["recipient"], due, LIMIT, WAIT)
        except UnavailableError:
            return self._say(204)
        return self._say(200, data, sender)

    def _taken(self, found: re.Match[str], _: bytes) -> None:
        self.server.exchange.taken(found["sender"], found["recipient"], int(found["number"]))
        self._say(200)

    def _claim(self, found: re.Match[str], _: bytes) -> None:
        self.server.exchange.claim(found["sender"])
        self._say(201)

    def _say(self, code: int, data: bytes = b"", sender: str = "", *, close: bool = False) -> None:
        self.send_response(code)
        if sender:
            self.send_header(SENDER, sender)
        if code != 204:
            self.send_header("Content-Length", str(len(data)))
        if close:  # what is left of the request is not read
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(data)


def tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """The server's side of TLS 1.3. Raises UsageError if the files are no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        raise UsageError(
            f"{certificate} and {key} are not a certificate and its key",
            "both in PEM, the key without passphrase",
        ) from None
    return context


@contextmanager
def serving(
    address: tuple[str, int], context: ssl.SSLContext, folder: Path, agreement: Agreement, seconds: float
) -> Iterator[int]:
    """Serve the folder meanwhile, and after that till others fetched what lies there, so many seconds at most. Gives
    the port. Raises UnavailableError if the address cannot be had.
    """
    try:
        relay = Relay(address, context, folder, agreement)
    except OSError as error:
        raise UnavailableError(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}") from None
    thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield relay.server_address[1]
        end = time.monotonic() + seconds
        last = f"{agreement.broker.name}.*.[0-9]*"  # after the record nothing is due
        while any(folder.glob(last)) and time.monotonic() < end:
            time.sleep(0.05)
    except PplinkError:
        time.sleep(min(seconds, 2.0))  # others learn that it is over
        raise
    finally:
        relay.shutdown()
        relay.server_close()
