"""Demo watchlist: a unit serves its list, another asks about persons of its own, and an auditor reads the log."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from pplink.cli import output
from pplink.cli.demo_lists import DemoLists
from pplink.cli.demo_steps import step

if TYPE_CHECKING:
    from pplink.evaluation.quality import Quality

ASKED = 40
"""Persons of the second unit who are asked about."""
KEYS = " --holder north --key document --key name:pairs+birth_date:tolerant"


def run(lists: DemoLists) -> dict[str, Quality]:
    """From the signed agreement to a log that an auditor verified; and how good it was, where the truth is known."""
    import pandas as pd

    from pplink.evaluation.quality import of_pairs

    holder, asker = lists.units[:2]
    reading = f"{lists.columns} --ignore-extra --blank-bad-values"
    step("The holder makes its list: outputs of a secret function, and no values.", [
        f"unit watchlist build {holder}/people.csv -a agreement.json -o list --home {holder}/home{reading}"
    ])  # fmt: skip
    pd.read_csv(f"{asker}/people.csv", dtype=str).head(ASKED).to_csv(f"{asker}/asked.csv", index=False)
    _certificate()
    with _served(holder) as address:
        step(f"{asker.capitalize()} asks about {ASKED} persons, one by one. The holder learns that it asked.", [
            f"unit ask -a agreement.json --at {address} --ca cert.pem --home {asker}/home --case 2026/17"
            f" --legal-basis 'an example, no real treaty' --people {asker}/asked.csv -o {asker}/answers.csv{reading}"
        ])  # fmt: skip
    step("The auditor checks the holder's log, offline: every query has a purpose that the asker signed.", [
        "auditor verify list -a agreement.json"
    ])  # fmt: skip
    answers = pd.read_csv(f"{asker}/answers.csv", dtype=str)
    people = answers["record_id"].map(lists.people[asker])
    hits, listed = people[answers["hit"] == "yes"], set(lists.people[holder])
    truth = ((each, each) for each in set(people) & listed)
    return {f"{asker} asks {holder}": of_pairs(((each, each) for each in hits), truth)}


@contextlib.contextmanager
def _served(holder: str) -> Iterator[str]:
    """The holder's service, in a process of its own: its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = f"unit watchlist serve list --listen {address} --tls-cert cert.pem --tls-key key.pem --home {holder}/home"
    output.result(f"\n# The holder serves it.\npplink {command} &")
    service = subprocess.Popen(
        [sys.executable, "-m", "pplink", *shlex.split(command)], stderr=subprocess.DEVNULL
    )
    try:
        yield f"https://{address}"
    finally:
        service.terminate()
        service.wait(60)


def _certificate() -> None:
    """cert.pem and key.pem for this machine, good for a day."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pplink demo")])
    begin, end = now - timedelta(minutes=1), now + timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    Path("cert.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    Path("key.pem").touch(0o600)
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path("key.pem").write_bytes(plain)
    output.result(
        "\n# cert.pem and key.pem, for this machine alone, stand for a certificate of your own authority."
    )
