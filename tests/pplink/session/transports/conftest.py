"""A certificate for 127.0.0.1, and a relay that really listens there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pplink.agreement.model import Agreement
from pplink.session.transports.http import HttpTransport
from pplink.session.transports.relay import Relay, tls


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(plain)
    return folder / "cert.pem", folder / "key.pem"


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

    def make(party: str, *, name: str = "share", ca: Path | None = certificate[0], seconds: float = 20):
        url = f"https://127.0.0.1:{relay.server_address[1]}/{name}"
        made.append(HttpTransport(url, rings[party], ca=ca, seconds=seconds))
        return made[-1]

    yield make
    for each in made:
        each.close()
