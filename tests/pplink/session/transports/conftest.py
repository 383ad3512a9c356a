"""A relay that really listens, and clients that do as they like."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pplink.agreement.model import Agreement
from pplink.session.transports.http import HttpTransport
from pplink.session.transports.relay import Relay, tls
from pplink.session.transports.requests import HEADER, sign_request


@pytest.fixture
def relay(
    certificate: tuple[Path, Path], signed_agreement: Callable[..., Agreement], tmp_path: Path
) -> Iterator[Relay]:
    folder = tmp_path / "share"
    folder.mkdir()
    agreement = signed_agreement(parties=("north", "south", "hub"), protocol="blinded_broker")
    server = Relay(("127.0.0.1", 0), tls(*certificate), folder, agreement)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def way(relay: Relay, rings, certificate: tuple[Path, Path]) -> Iterator[Callable[..., HttpTransport]]:
    """way(party, seconds=...) -> HttpTransport."""
    made: list[HttpTransport] = []

    def make(
        party: str,
        *,
        name: str = "share",
        ca: Path | None = certificate[0],
        seconds: float = 20,
        couple: str = "",
    ):
        url = f"https://127.0.0.1:{relay.server_address[1]}/{name}"
        made.append(HttpTransport(url, rings[party], ca=ca, seconds=seconds, couple=couple))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def raw(relay, certificate):
    """raw(method, path, body, **headers) -> status; a client that does as it likes."""

    def ask(method, path, body=b"", **headers):
        context = ssl.create_default_context(cafile=str(certificate[0]))
        connection = http.client.HTTPSConnection(*relay.server_address, context=context, timeout=20)
        names = {"signed": HEADER, "length": "Content-Length"}
        connection.request(method, path, body, {names[key]: value for key, value in headers.items()})
        status = connection.getresponse().status
        connection.close()
        return status

    return ask


@pytest.fixture
def signed(rings):
    def make(party, method, path, body=b"", minutes=0):
        return sign_request(rings[party], method, path, body, datetime.now(UTC) + timedelta(minutes=minutes))

    return make
