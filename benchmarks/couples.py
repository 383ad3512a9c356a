"""Two to eight units under one agreement, as they are run: a process each, and the broker's, over one folder.

    python -m benchmarks.couples [--units 2 3 4] [--rows 2000]

Made-up persons, a tenth of each list on others, preset `persons` (blinded_broker). Units meet two by two, all couples
at once. Seconds are from the start of the first process to the end of the last, programs' start and encoding included;
processor time is of all processes; bytes are those of all messages, as parties received them. The run fails unless each
couple's hits are as many as the plain join finds, and `pplink auditor verify` accepts the broker's record. There is no
peer: what two units need is the measure for more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.report import write
from pplink.agreement import text
from pplink.cli.main import run
from pplink.evaluation.population import make_lists
from pplink.join.api import threshold_join
from pplink.keys import ring
from pplink.session.inputs import prepare
from pplink.solvers import assign

READ = "--ignore-extra --blank-bad-values"


def said(command: str) -> None:
    """Run a command quietly; it must succeed."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        if run(shlex.split(command)):
            raise SystemExit(f"pplink {command} failed")


def agreed(units: list[str], rows: int) -> None:
    """Lists, key rings and an agreement, in this folder."""
    for unit, frame in make_lists(units, rows, overlap=0.1).frames.items():
        frame.to_csv(f"{unit}.csv", index=False)
        said(f"unit init {unit} --home {unit} -o {unit}.json")
    said("broker init hub --home hub -o hub.json")
    cards = " ".join(f"--party {name}.json" for name in (*units, "hub"))
    said(f"unit propose {cards} --purpose test --legal-basis none --days 9 -o agreement.json")
    for unit in units:
        said(f"unit agree agreement.json --home {unit} --yes")
    Path("share").mkdir()


def linked(units: list[str]) -> tuple[float, float]:
    """Seconds and processor seconds of all processes."""
    common = "-a agreement.json --exchange share"
    commands = [f"broker deal {common} --home hub"]
    commands += [f"unit link {common} --people {u}.csv -o {u}-hits.csv --home {u} {READ}" for u in units]
    before, began = _used(), time.perf_counter()
    processes = [
        subprocess.Popen([sys.executable, "-m", "pplink", *shlex.split(each)], stderr=subprocess.DEVNULL)
        for each in commands
    ]
    if any([process.wait() for process in processes]):
        raise SystemExit("a party failed")
    return time.perf_counter() - began, _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def checked(units: list[str]) -> int:
    """Hits of all couples, each as many as the plain join finds."""
    agreement, total = text.read(Path("agreement.json").read_bytes()), 0
    options: dict[str, Any] = {"bad_rows": "blank", "ignore_extra": True, "now": datetime.now(UTC)}
    lists = {u: pd.read_csv(f"{u}.csv", dtype=str) for u in units}
    sides = {u: prepare(lists[u], agreement, ring.load(Path(u)), **options).rows for u in units}
    for one, other in combinations(sorted(units), 2):
        found = pd.read_csv(f"{one}-hits.csv")["other_unit"].eq(other).sum()
        if found != len(assign(threshold_join(sides[one], sides[other], agreement.terms.threshold))):
            raise SystemExit(f"{one} and {other} found other hits than the plain join")
        total += int(found)
    record = "hub/sessions/share" if len(units) > 2 else "hub/sessions/share/record"
    said(f"auditor verify {record} -a agreement.json")
    return total


def received() -> int:
    """Bytes of all messages."""
    return sum(path.stat().st_size for path in Path().glob("*/sessions/share/**/received"))


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, nargs="+", default=[2, 3, 4])
    parser.add_argument("--rows", type=int, default=2000)
    wanted = parser.parse_args()
    before, lines = os.getloadavg()[0], []
    for count in wanted.units:
        units = [f"unit{number}" for number in range(1, count + 1)]
        with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
            agreed(units, wanted.rows)
            seconds, used = linked(units)
            couples = count * (count - 1) // 2
            figures = (f"{seconds:.1f}", f"{used:.1f}", f"{received() / 1e6:.0f}", f"{checked(units):,}")
            lines.append([str(count), str(couples), *figures])
    after = f"after: {os.getloadavg()[0]:.1f}, with {os.cpu_count()} cores."
    load = f"Load average of the machine before: {before:.1f}, {after}"
    headers = ["units", "couples", "seconds", "processor seconds", "MB", "hits"]
    write("couples", __doc__, {f"Lists of {wanted.rows:,}": (headers, lines)}, [load])


if __name__ == "__main__":
    main()
