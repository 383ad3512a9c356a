"""Real key rings, really signed agreements and a server's certificate, for every room's tests."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, settings

from pplink import canonical
from pplink.agreement import presets, signatures
from pplink.agreement.checks import terms_from
from pplink.agreement.model import Agreement
from pplink.keys import ring
from pplink.keys.ring import KeyRing

settings.register_profile("no clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no clock")  # a busy machine fails no test

for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:  # as under nohup, where our processes would heed it
        signal.signal(number, usual)

ROLES: dict[str, ring.Role] = {
    "north": "unit",
    "south": "unit",
    "west": "unit",
    "hub": "broker",
    "officer": "auditor",
}

SignedAgreement = Callable[..., Agreement]


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, KeyRing]:
    """Rings of units north, south and west, broker hub and auditor officer, by name; each `home` is real."""
    folder = tmp_path_factory.mktemp("rings")
    return {name: ring.create(folder / name, name, role) for name, role in ROLES.items()}


@pytest.fixture(scope="session")
def unit_rings(rings: Mapping[str, KeyRing]) -> Mapping[str, KeyRing]:
    """The rings of units north, south and west, by name."""
    return {name: held for name, held in rings.items() if held.role == "unit"}


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """A unit's ring that is in no agreement."""
    return ring.create(tmp_path_factory.mktemp("stranger") / "home", "stranger", "unit")


@pytest.fixture(scope="session")
def proposed_agreement(rings: Mapping[str, KeyRing]) -> SignedAgreement:
    """A factory of agreements that nobody has signed; see `signed_agreement` for what it takes. Its protocol is
    broker_clk unless given: most rooms work with what a broker sees."""

    def make(
        preset: str = "persons",
        *,
        parties: tuple[str, ...] = tuple(ROLES),
        today: date | None = None,
        days: int = 30,
        change: Callable[[dict[str, Any]], None] | None = None,
        **overrides: Any,
    ) -> Agreement:
        if presets.PRESETS[preset].protocol == "blinded_broker":
            overrides.setdefault("protocol", "broker_clk")
        agreement = presets.propose(
            preset,
            [rings[name].card for name in parties],
            purpose="finding missing persons",
            legal_text="treaty on missing persons",
            legal_reference="article 7",
            days=days,
            today=today or datetime.now(UTC).date(),
            **overrides,
        )
        if change is None:
            return agreement
        terms = canonical.from_bytes(canonical.to_bytes(agreement.terms.to_json()))
        change(terms)
        names = {field["name"] for field in terms["fields"]}
        if not names.issuperset(
            terms["encoding"].get("needs", ())
        ):  # those of the preset, of fields that went
            del terms["encoding"]["needs"]
        return Agreement(terms=terms_from(terms))

    return make


@pytest.fixture(scope="session")
def signed_agreement(rings: Mapping[str, KeyRing], proposed_agreement: SignedAgreement) -> SignedAgreement:
    """A factory of agreements that units signed.

    signed_agreement(preset="persons", *, parties=names, signers=None, today=None, days=30, change=None, ...):
    signers: units that sign, all by default; change: edits the terms (as JSON) before they are signed;
    ...: as `presets.propose` takes them (threshold=, score=, decimals=, retention_days=).
    The same arguments on one day give the same agreement, since a ring remembers what it signed.
    """

    def make(*args: Any, signers: tuple[str, ...] | None = None, **options: Any) -> Agreement:
        agreement: Agreement = proposed_agreement(*args, **options)
        at = datetime.combine(agreement.terms.valid_from, time(12), UTC)
        for unit in agreement.units if signers is None else signers:
            agreement = signatures.agree(agreement, rings[unit], at)
        return agreement

    return make


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed one for 127.0.0.1, and its key."""
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
