"""A relay that really listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pplink.agreement.model import Agreement
from pplink.session.transports.http import HttpTransport
from pplink.session.transports.relay import Relay, tls


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
