"""Calling: what both ways over HTTPS do alike at the end that asks: an address, trust, no more patience than due."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

from pplink.errors import UsageError

SLOWEST = 1 << 14
"""Bytes a second at which long requests and answers go, at least: an eighth of a megabit, for each couple."""


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
