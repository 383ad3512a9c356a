"""Server: what all services of parties have in common: TLS, few connections at a time, no word too many."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pplink.errors import UsageError

IDLE = 60.0
"""Seconds after which a connection on which nothing comes is closed."""
CONNECTIONS = 32
"""At a time, unless a server is made for more; others wait."""


class TlsServer(ThreadingHTTPServer):
    """Each connection in a thread of its own, not too many at a time."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        context: ssl.SSLContext,
        handler: type[BaseHTTPRequestHandler],
        connections: int = CONNECTIONS,
    ) -> None:
        super().__init__(address, handler)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self._room = threading.Semaphore(connections)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Waits for room."""
        self._room.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Gives room back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_: Any) -> None:
        """A connection that broke is the client's affair: it tries again."""


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1, with as little said of ourselves as can be."""

    protocol_version = "HTTP/1.1"
    server_version = "pplink"
    sys_version = ""
    timeout = IDLE
    disable_nagle_algorithm = True  # or a reply waits 40 ms for the acknowledgement of its headers

    def log_message(self, *_: Any) -> None:
        """Nothing: the record of what was done is the log."""

    def say(
        self, code: int, data: bytes = b"", *, close: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        """A reply. close: what is left of the request is not read."""
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
