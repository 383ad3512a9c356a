"""Calling: what both ways over HTTPS do alike at the end that asks: an address, trust, no more patience than due.

By the standard library's http.client: requests, httpx and urllib3 bound the time between two reads, and none of them
that of a whole answer.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pplink.errors import UnavailableError, UsageError

SLOWEST = 1 << 14
"""Bytes a second at which long requests and answers go, at least: an eighth of a megabit, for each couple."""


GONE = (OSError, HTTPException)
"""What a connection that broke raises."""
Answer = TypeVar("Answer")


class NotNowError(Exception):
    """Who is asked cannot answer just now, in words; it may be asked again."""


def address_of(url: str) -> tuple[str, int, str] | None:
    """(host, port, path without slashes at its ends) of an https address without a query; None for any other."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    if split.scheme != "https" or not split.hostname or split.query or port == 0:
        return None
    return split.hostname, port or 443, split.path.strip("/")


def trusting(ca: Path | None) -> ssl.SSLContext:
    """TLS 1.3 with whoever has a certificate of these, or of the system's. Raises UsageError."""
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError):
        raise UsageError(f"{ca} has no certificates", "a file in PEM") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def read_whole(answer: HTTPResponse, most: int) -> bytes:
    """The body of an answer, or its first `most` bytes and one if it has more. Raises HTTPException, OSError for one
    that was cut: `read(n)` gives what there is."""
    if answer.length is None and not answer.chunked:
        raise HTTPException("an answer of which nobody can tell whether it is whole")
    due, data = answer.length, answer.read(most + 1)
    if len(data) <= most:
        answer.read()
        if due is not None and len(data) < due:  # nothing came after the head: then that is read as the end
            raise IncompleteRead(data, due - len(data))
    return data


@contextmanager
def asking(connection: HTTPSConnection, patience: float, sent: int, received: int) -> Iterator[None]:
    """Ask, on a connection that is there or is made, with a body of so many bytes, for at most so many.

    Who is silent for `patience` seconds, beside what the body needs to get there, is cut off; so is who answers a byte
    now and then, in the end: OSError or HTTPException are raised. A connection's own time limit is for each byte, and a
    body that was handed over may still be in the system's buffers.
    """
    if connection.sock is None:
        connection.connect()
    connection.sock.settimeout(patience + sent / SLOWEST)

    def cut() -> None:
        if isinstance(connection.sock, socket.socket):
            with suppress(OSError):  # not SSLSocket's own, after which bytes would come unopened
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(patience + (sent + received) / SLOWEST, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Line:
    """A connection to one service, which is made when something is asked, and anew when it broke."""

    def __init__(self, what: str, host: str, port: int, tls: ssl.SSLContext, patience: float) -> None:
        """what: is called so, in errors; patience: seconds to wait for an answer."""
        self._what, self._host, self._port, self._tls, self._patience = what, host, port, tls, patience
        self._connection: HTTPSConnection | None = None

    def ask(
        self,
        method: str,
        path: str,
        body: bytes,
        limit: int,
        read: Callable[[HTTPResponse], Answer],
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """What `read` makes of the answer, which has a body of `limit` bytes at most. Raises GONE."""
        if self._connection is None:
            self._connection = HTTPSConnection(
                self._host, self._port, context=self._tls, timeout=self._patience
            )
        with asking(self._connection, self._patience, len(body), limit):
            self._connection.request(method, path, body=body, headers=dict(headers or {}))
            return read(self._connection.getresponse())

    def patiently(self, attempt: Callable[[], Answer], seconds: float, pause: float, hint: str) -> Answer:
        """What an attempt gives, which is made again while it raises NotNowError or GONE, so many seconds long.

        Raises UsageError for a certificate that is not trusted, UnavailableError, with this hint, at the end.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                return attempt()
            except NotNowError as error:
                told = str(error)
            except ssl.SSLCertVerificationError as error:
                raise UsageError(
                    f"the {self._what}'s certificate: {error.verify_message}", "check the address and --ca"
                ) from None
            except GONE as error:
                self.hang_up()
                told = type(error).__name__
            if time.monotonic() >= end:
                raise UnavailableError(f"no {self._what} at {self._host}:{self._port}: {told}", hint)
            time.sleep(pause)

    def hang_up(self) -> None:
        """The next question opens another connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
