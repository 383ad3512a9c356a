"""Server: what all services of parties have in common: TLS, few connections at a time, no word too many.

By the standard library's http.server, in threads, as the cryptography behind it is. Servers behind a proxy leave it to
that how long a stranger keeps a connection and how many there are; a unit has no proxy, so it is bounded here.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pplink.errors import UnavailableError, UsageError
from pplink.session.transports.calling import SLOWEST

IDLE = 60.0
"""Seconds in which the whole head of a next request is there, or the connection is closed."""
GREETING = 10.0
"""The same for the first, and till one was granted: strangers have connections for no longer."""
CONNECTIONS = 32
"""At a time, unless a server is made for more; others wait, or take the place of a stranger."""


class TlsServer(ThreadingHTTPServer):
    """Each connection in a thread of its own, not too many at a time."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        address: tuple[str, int],
        context: ssl.SSLContext,
        handler: type[BaseHTTPRequestHandler],
        connections: int = CONNECTIONS,
    ) -> None:
        """Raises UnavailableError if the address cannot be had."""
        try:
            super().__init__(address, handler)
        except OSError as error:
            raise UnavailableError(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}") from None
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._room = threading.Semaphore(connections)
        self._ending = False
        self._strangers: dict[Any, None] = {}
        """Connections on which nothing was granted yet, the oldest first."""
        self._lock = threading.Lock()

    @contextmanager
    def served(self) -> Iterator[int]:
        """Serve in a thread meanwhile; gives the port."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        try:
            yield int(self.server_address[1])
        finally:
            self.shutdown()
            self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Waits for room, unless the service ends meanwhile. Who has been a stranger for longest makes it, as idle
        connections do in nginx (`ngx_drain_connections`): strangers who fill the room again and again would else hold
        up parties, who need a moment to say who they are."""
        while not self._room.acquire(timeout=0.1):
            if self._ending:
                self.shutdown_request(request)
                return
            self._drop_oldest()
        with self._lock:
            self._strangers[request] = None
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system has no thread for it, now
            self._room.release()
            raise

    def know(self, request: Any) -> None:
        """Something was granted on this connection, or is just being done for it: it makes room for nobody."""
        with self._lock:
            self._strangers.pop(request, None)

    def _drop_oldest(self) -> None:
        with self._lock:
            oldest = next(iter(self._strangers), None)
            self._strangers.pop(oldest, None)
            if oldest is not None:  # in the lock: a moment later its number may be another connection's
                with suppress(OSError):
                    socket.socket.shutdown(oldest, socket.SHUT_RDWR)

    def shutdown(self) -> None:
        """Ends the service, however many connections there are."""
        self._ending = True
        super().shutdown()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Gives room back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def shutdown_request(self, request: Any) -> None:
        """A connection ends."""
        self.know(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """A connection that broke is the client's affair: it tries again."""


class _Timely(io.RawIOBase):
    """What comes on a connection, up to a moment: a byte now and then does not keep it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.end = 0.0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises TimeoutError."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return int(self._connection.recv_into(buffer))


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1, with as little said of ourselves as can be."""

    protocol_version = "HTTP/1.1"
    server_version = "pplink"
    sys_version = ""
    timeout = IDLE
    disable_nagle_algorithm = True  # or a reply waits 40 ms for the acknowledgement of its headers

    server: TlsServer
    granted = False
    """Whether anything was, on this connection."""

    def setup(self) -> None:
        """A connection begins."""
        super().setup()
        self._timely = _Timely(self.connection)
        self.rfile = io.BufferedReader(self._timely)

    def grant(self) -> None:
        """Whoever asks is a party, by signature."""
        self.granted = True
        self.server.know(self.request)

    def handle_one_request(self) -> None:
        """Of which the head comes in time."""
        self._within(0)
        super().handle_one_request()

    def _within(self, size: int) -> None:
        self._timely.end = time.monotonic() + (IDLE if self.granted else GREETING) + size / SLOWEST

    def length(self) -> int | None:
        """Bytes of the body, as the request says once and in digits; None if it says so otherwise."""
        told = self.headers.get_all("Content-Length", ["0"])
        plain = len(told) == 1 and len(told[0]) <= 15 and told[0].isascii() and told[0].isdecimal()
        return int(told[0]) if plain and "Transfer-Encoding" not in self.headers else None

    def body(self, size: int) -> bytes:
        """So many bytes; fewer if the connection ends. Raises TimeoutError if they come too slowly."""
        self._within(size)
        return self.rfile.read(size)

    def log_message(self, *_: Any) -> None:
        """Nothing: the record of what was done is the log."""

    def say(
        self, code: int, data: bytes = b"", *, close: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        """A reply. close: what is left of the request is not read; so it is with whoever was granted nothing yet, or
        a stranger would keep the connection by asking again and again."""
        if code < 300:
            self.grant()
        close = close or not self.granted
        self.connection.settimeout(IDLE)
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if code != 204:
            self.send_header("Content-Length", str(len(data)))
        if close:
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
