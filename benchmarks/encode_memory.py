"""Peak memory of encoding a large list, from CSV file to dataset file.

    python -m benchmarks.encode_memory [--rows 1000000] [--values distinct|repeated]

The process measured does what `pplink unit encode` does: read the file, check it, encode it, write the dataset.
Its peak is what the kernel says of it (maximum resident set size).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.encode_throughput import distinct, parties, repeated, unit_encode
from benchmarks.report import keep

GOAL = 1 << 30
MAKERS = {"distinct": distinct, "repeated": repeated}


def peak_of(command: list[str | Path]) -> tuple[int, float]:
    """Peak bytes and CPU seconds of a command that must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the command ended with {process.returncode}")
    return used.ru_maxrss * 1024, used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--values", choices=MAKERS, default="distinct")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        parties(folder)
        frame = MAKERS[wanted.values](wanted.rows)
        source = folder / "people.csv"
        frame.assign(record_id=[f"r{i}" for i in range(wanted.rows)]).to_csv(source, index=False)
        del frame
        peak, seconds = peak_of(unit_encode(folder, source))
    print(
        f"{wanted.rows:,} records, {wanted.values} values: peak {peak / 2**20:,.0f} MiB (goal {GOAL >> 20:,}),",
        end=" ",
    )
    print(f"{seconds:.1f} CPU seconds")
    found = {"rows": wanted.rows, "values": wanted.values, "peak bytes": peak, "CPU seconds": seconds}
    keep("encode_memory", found)


if __name__ == "__main__":
    main()
