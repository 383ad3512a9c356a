"""One person against a list, as it is served: HTTPS, seals, signatures, the log on the disk, two processes.

    python -m benchmarks.watchlist [--entries 1000000] [--queries 1000] [--keys 8 16 32] [--folder DIR]

A list of made-up document numbers is built by `pplink unit watchlist build`'s own function and served by `pplink unit
watchlist serve` in a process of its own. Queries go one after the other over one connection of this process, every
tenth about somebody on the list; the run fails unless the answers are right and `pplink auditor verify` accepts the
log. A query is timed from the call that asks to the answer: blinding, signing, sealing, TLS, the holder's check of all
that, its log entry on the disk and signed head, its answer and proof, and their verification. There is no peer: beside
it stands what the protocol alone takes (benchmarks/oprf_hit). --folder: keep lists there, and serve what is there.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from benchmarks.report import write
from pplink.agreement import text
from pplink.audit.verification import verify
from pplink.cli.main import run
from pplink.keys import ring
from pplink.session.watchlist import lists
from pplink.session.watchlist.asker import Session
from pplink.session.watchlist.channel import HttpsChannel

STEP = 1 << 16
DAILY = 10**9


def said(command: str) -> None:
    """Run a command quietly; it must succeed."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        if run(shlex.split(command)):
            raise SystemExit(f"pplink {command} failed")


def certificate() -> None:
    """cert.pem and key.pem for 127.0.0.1."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "north")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=9))
    signed = made.add_extension(address, critical=False).sign(key, hashes.SHA256())
    Path("cert.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    Path("key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def prepared(entries: int, keys: int) -> float:
    """Seconds that a list took to build, in this folder: 0 if it was there."""
    if Path("list/list.json").exists():
        return 0.0
    for unit in ("north", "south"):
        said(f"unit init {unit} --home {unit} -o {unit}.json")
    said("broker init hub --home hub -o hub.json")
    capacity = -(-(entries + 1000) // STEP) * STEP
    said(
        "unit propose --protocol oprf_hit --holder north --party north.json --party south.json --party hub.json"
        f" --purpose test --legal-basis none --days 9 --key document --daily {DAILY} --step {STEP}"
        f" --capacity {capacity} --asked {keys} -o agreement.json"
    )
    for unit in ("north", "south"):
        said(f"unit agree agreement.json --home {unit} --yes")
    certificate()
    documents = [f"P{n:09}" for n in range(1, entries + 1)]  # one of zeros is no document
    people = pd.DataFrame({"record_id": np.arange(entries), "document": documents})
    signed, began = text.read(Path("agreement.json").read_bytes()), time.perf_counter()
    lists.build(Path("list"), people, signed, ring.load(Path("north")), now=datetime.now(UTC))
    return time.perf_counter() - began


def document(number: int) -> bytes:
    return b"document\0p%09d" % number


def asked(entries: int, queries: int, keys: int, port: int) -> dict[str, Any]:
    """Times of a session with the service that listens there."""
    signed, keyring = text.read(Path("agreement.json").read_bytes()), ring.load(Path("south"))
    channel = HttpsChannel(f"https://127.0.0.1:{port}", ca=Path("cert.pem"), seconds=120)
    session, began = Session(signed, keyring, channel), time.perf_counter()
    session.begin(None)
    begin, dice, seconds = time.perf_counter() - began, np.random.default_rng(1), []
    for number in range(-5, queries):  # the first five are not counted
        hit = number % 10 == 0
        first = 1 + int(dice.integers(entries)) if hit else entries + 10**8
        persons = tuple(document(first + n * entries) for n in range(keys))
        began = time.perf_counter()
        answer = session.ask(persons, f"2026/{number + 5}", "Art. 9")
        seconds.append(time.perf_counter() - began)
        if answer != (hit, *[False] * (keys - 1)):
            raise SystemExit("a query was answered wrongly")
    channel.close()
    return {"begin": begin, "seconds": seconds[5:]}


def measured(entries: int, queries: int, keys: int) -> dict[str, Any]:
    """In this folder: build, serve, ask, verify."""
    told: dict[str, Any] = {"build": prepared(entries, keys)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = f"unit watchlist serve list --listen 127.0.0.1:{port} --tls-cert cert.pem --tls-key key.pem"
    more = ["--home", "north", "--per-minute", str(DAILY)]
    service = subprocess.Popen([sys.executable, "-m", "pplink", *words.split(), *more])
    try:
        told |= asked(entries, queries, keys, port)
    finally:
        service.terminate()
        service.wait(60)
    began = time.perf_counter()
    failure = verify(Path("list/record")).first_failure
    if failure is not None:
        raise SystemExit(f"the log does not verify: {failure.detail}")
    return told | {"verify": time.perf_counter() - began}


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--keys", type=int, nargs="+", default=[8, 16, 32])
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    before, lines, once = os.getloadavg()[0], [], []
    with tempfile.TemporaryDirectory() as temporary:
        for keys in wanted.keys:
            place = (wanted.folder or Path(temporary)) / f"{wanted.entries}-{keys}"
            place.mkdir(parents=True, exist_ok=True)
            with contextlib.chdir(place):
                told = measured(wanted.entries, wanted.queries, keys)
            half, most = np.percentile(told["seconds"], [50, 99]) * 1000
            slowest = max(told["seconds"]) * 1000
            lines.append(
                [f"{keys}", f"{half:,.1f}", f"{most:,.1f}", f"{slowest:,.1f}", f"{wanted.queries:,}"]
            )
            built = f"{told['build']:,.1f} s" if told["build"] else "was there"
            once.append([f"{keys}", built, f"{told['begin']:,.1f} s", f"{told['verify']:,.2f} s"])
    load = f"Load average of the machine before: {before:.1f}, after: {os.getloadavg()[0]:.1f}"
    title = f"A query through the service against {wanted.entries:,} entries, ms"
    columns = ("keys a query", "median", "99th percentile", "slowest", "queries")
    rest = (
        "keys a query",
        "build the list",
        "start the service, open a session, read the filter",
        "verify the log",
    )
    tables = {title: (columns, lines), "Once": (rest, once)}
    write("watchlist", __doc__, tables, [f"{load}, with {os.cpu_count()} cores."])


if __name__ == "__main__":
    main()
