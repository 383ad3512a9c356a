"""blinded_broker between three real processes over HTTPS, beside all three roles in one process.

    python -m benchmarks.sessions [--rows 20000] [--threshold 0.85] [--folder DIR]

Two `pplink unit link` and one `pplink broker deal --listen`, as their owners start them, with TLS on this machine and
made-up persons; compared is every record with every other. Seconds are from the start of the three to the end of the
last: interpreters, reading and encoding the lists, seals, signatures, transcripts on the disk, and the record's
verification are in it. Beside it the same encodings with the roles in one process, no network and no seals: frame by
frame in one thread, and with a thread a role. Hits of all are compared with the plain computation.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import contextlib
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from benchmarks.protocols import one_process, roles
from benchmarks.report import write
from benchmarks.role_threads import in_threads
from benchmarks.watchlist import certificate, said
from pplink.agreement import text
from pplink.cli.demo_lists import write_population
from pplink.encoders.handles import handles
from pplink.join.api import threshold_join
from pplink.keys import ring
from pplink.session.blinded_broker import Plan
from pplink.session.inputs import Inputs, prepare

UNITS = ("north", "south")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A process, from its start to its end."""

    seconds: float
    processor: float
    """Seconds of all cores."""
    memory: float
    """MiB at most."""


def prepared(rows: int, threshold: str) -> None:
    """Lists, key rings, an agreement, a certificate, in this folder."""
    write_population(rows, 2, 0.1)
    for unit in UNITS:
        said(f"unit init {unit} --home {unit}/home -o {unit}/card.json")
    said("broker init hub --home hub -o hub.json")
    said(
        "unit propose --preset persons --party north/card.json --party south/card.json --party hub.json"
        f" --purpose test --legal-basis none --days 9 --threshold {threshold} --assignment many-to-many"
        " -o agreement.json"
    )
    for unit in UNITS:
        said(f"unit agree agreement.json --home {unit}/home --yes")
    certificate()


def inputs_of(unit: str) -> tuple[Inputs, dict[bytes, str]]:
    """What a unit brings, and its record ids by handle."""
    agreement, keys = text.read(Path("agreement.json").read_bytes()), ring.load(Path(unit, "home"))
    people = pd.read_csv(Path(unit, "people.csv"), dtype=str).drop(columns="person")
    brought = prepare(people, agreement, keys, bad_rows="blank", ignore_extra=True, now=datetime.now(UTC))
    named = handles(people["record_id"], keys.handle_key(agreement.id))
    return brought, dict(zip(map(bytes, named), people["record_id"], strict=True))


def commands(port: int) -> dict[str, str]:
    """By party."""
    common = "-a agreement.json --timeout 300"
    way = f"--exchange https://127.0.0.1:{port}/share --ca cert.pem"
    link = f"unit link {common} {way} --ignore-extra --blank-bad-values"
    served = f"--listen 127.0.0.1:{port} --tls-cert cert.pem --tls-key key.pem"
    return {
        **{
            unit: f"{link} --home {unit}/home --people {unit}/people.csv -o {unit}/hits.csv" for unit in UNITS
        },
        "hub": f"broker deal {common} --exchange share --home hub {served}",
    }


def linked() -> tuple[dict[str, Ended], float]:
    """The three processes of a session in this folder, and seconds until the last had ended."""
    Path("share").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    began, running, ended = time.perf_counter(), {}, {}
    for name, words in commands(port).items():
        started = subprocess.Popen(
            [sys.executable, "-m", "pplink", *shlex.split(words)], stderr=subprocess.PIPE
        )
        running[started.pid] = name, started
    while running:
        pid, status, used = os.wait4(-1, 0)
        name, process = running.pop(pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told = process.stderr.read().decode() if process.stderr else ""
            raise SystemExit(f"{name} failed: {told}")
        ended[name] = Ended(
            seconds=time.perf_counter() - began,
            processor=used.ru_utime + used.ru_stime,
            memory=used.ru_maxrss / 1024,
        )
    return ended, time.perf_counter() - began


def found() -> set[tuple[str, str]]:
    """Both units' hits, which meet by their handles."""
    north, south = (pd.read_csv(Path(unit, "hits.csv"), dtype=str) for unit in UNITS)
    both = north.merge(south, left_on=["handle", "other_handle"], right_on=["other_handle", "handle"])
    if len(both) != len(north) or len(both) != len(south):
        raise SystemExit("the units' hits are not the same")
    return set(zip(both["record_id_x"], both["record_id_y"], strict=True))


def size(folder: Path) -> float:
    """MiB in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


@dataclass(frozen=True, kw_only=True)
class Together:
    """The same session's roles in one process."""

    hits: set[tuple[str, str]]
    """Of the plain computation, which the roles' equal."""
    seconds: float
    """In one thread."""
    processor: float
    """The same, of the roles alone."""
    threaded: float
    """Seconds with a thread a role."""


def together() -> Together:
    """Run the roles in one thread, then with a thread each."""
    (north, names), (south, others) = map(inputs_of, UNITS)
    agreement = text.read(Path("agreement.json").read_bytes())
    plan = Plan.of(agreement, UNITS, {"north": len(north), "south": len(south)})
    one_process(plan.parameters, north.rows[:100], south.rows[:100])
    began = time.perf_counter()
    timed, nanoseconds = one_process(plan.parameters, north.rows, south.rows)
    wall = time.perf_counter() - began
    ready = roles(plan.parameters, north.rows, south.rows)
    threaded = in_threads(ready)
    truth = threshold_join(north.rows, south.rows, agreement.terms.threshold)
    pairs = set(zip(truth.left.tolist(), truth.right.tolist(), strict=True))
    for role in (timed[0].role, ready[0]):
        hits = role.result  # type: ignore[attr-defined]
        if set(zip(hits.alice.tolist(), hits.bob.tolist(), strict=True)) != pairs:
            raise SystemExit("the hits are not those of the plain computation")
    return Together(
        hits={(names[bytes(north.handles[i])], others[bytes(south.handles[j])]) for i, j in pairs},
        seconds=wall,
        processor=nanoseconds * len(north) * len(south) / 1e9,
        threaded=threaded,
    )


def main() -> None:
    """Measure, compare, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--threshold", default="0.85")
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=wanted.folder) as temporary, contextlib.chdir(temporary):
        prepared(wanted.rows, wanted.threshold)
        ended, wall = linked()
        after = os.getloadavg()[0]
        kept = {name: size(Path(name)) for name in (*UNITS, "hub")}
        alone = together()
        if found() != alone.hits:
            raise SystemExit("the session's hits are not those of the plain computation")
    whole = sum(each.processor for each in ended.values())
    figures = [
        ("hits, as the plain computation has them", f"{len(alone.hits):,}"),
        ("three processes, seconds", f"{wall:.1f}"),
        ("three processes, processor seconds", f"{whole:.1f}"),
        ("one process, one thread, seconds", f"{alone.seconds:.1f}"),
        ("one process, one thread, processor seconds", f"{alone.processor:.1f}"),
        ("one process, a thread a role, seconds", f"{alone.threaded:.1f}"),
    ]
    parties = [
        (name, f"{each.seconds:.1f}", f"{each.processor:.1f}", f"{each.memory:,.0f}", f"{kept[name]:,.0f}")
        for name, each in sorted(ended.items())
    ]
    columns = ("party", "seconds", "processor seconds", "MiB of memory at most", "MiB kept on disk")
    load = f"Load of the machine before: {before:.1f}, after: {after:.1f}, with {os.cpu_count()} cores."
    shape = f"{wanted.rows:,} x {wanted.rows:,} records of 1,024 bits, threshold {wanted.threshold}."
    tables: dict[str, tuple[Sequence[str], Sequence[Sequence[str]]]] = {
        "A session": (("what", "figure"), figures),
        "By party": (columns, parties),
    }
    write("sessions", __doc__, tables, [f"{shape} {load}"])


if __name__ == "__main__":
    main()
