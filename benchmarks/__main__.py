"""Runs every benchmark in turn: `python -m benchmarks [--quick] [--data DIR] [NAME ...]`.

Some need lists of real persons, which are not in the repository: without --data they are left out, by name.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

BENCHMARKS = (
    "join_throughput",
    "encode_throughput",
    "encode_memory",
    "preset_tuning",
    "strangers",
    "linkage_quality",
    "learnt_ceiling",
    "cluster_quality",
    "join_measures",
    "join_recall",
    "join_scale",
    "join_dask",
    "index_query",
    "calibration",
    "calibration_unlike",
    "thresholds",
    "stated_intervals",
    "hardening",
    "protocols",
    "blocking",
    "dealer_proof",
    "sessions",
    "two_cores",
    "couples",
    "oprf_hit",
    "watchlist",
    "ecdh_psi",
    "ecdh_psi_sum",
    "paillier_stats",
    "crosslist",
    "calibration_lists",
    "phonetic_keys",
    "transliteration",
)
"""Modules of this package, in the order they run. Each is a program of its own, so that none warms another up."""
FROM_DATA = frozenset(("crosslist", "calibration_lists", "phonetic_keys", "transliteration"))
"""Those that take --data."""
QUICK: dict[str, list[str]] = {
    "join_throughput": ["--rows", "5000", "--repeats", "1"],
    "encode_throughput": ["--rows", "5000", "--repeats", "1"],
    "index_query": ["--rows", "20000", "--new", "100", "--repeats", "1"],
    "encode_memory": ["--rows", "50000"],
    "linkage_quality": ["--quick"],
    "learnt_ceiling": ["--quick"],
    "cluster_quality": ["--quick"],
    "calibration": ["--quick"],
    "calibration_unlike": ["--quick"],
    "thresholds": ["--quick"],
    "stated_intervals": ["--quick"],
    "preset_tuning": ["--quick"],
    "strangers": ["--quick"],
    "crosslist": ["--quick"],
    "transliteration": ["--quick"],
    "blocking": ["--rows", "2000"],
    "hardening": ["--only", "plain CLK k=10", "diffusion, 4,096 bits t=5"],
    "join_measures": ["--rows", "3000", "--repeats", "1"],
    "join_recall": ["--rows", "5000"],
    "sessions": ["--rows", "1500"],
    "two_cores": ["--rows", "1024", "--repeats", "1"],
    "protocols": ["--rows", "2048", "--repeats", "1"],
    "dealer_proof": ["--rows", "1024", "--repeats", "1"],
    "couples": ["--units", "3", "--rows", "200"],
    "join_dask": ["--rows", "10000", "--repeats", "1"],
    "ecdh_psi": ["--items", "1000", "--repeats", "1"],
    "ecdh_psi_sum": ["--items", "20", "--repeats", "1"],
    "paillier_stats": ["--cells", "20", "--terms", "14", "--repeats", "1"],
    "oprf_hit": ["--entries", "5000", "--queries", "100"],
    "watchlist": ["--entries", "5000", "--queries", "100"],
    "join_scale": ["--rows", "5000", "--sample", "1000"],
}
"""What makes a benchmark short."""


def main() -> int:
    """How many benchmarks failed, or were asked for and left out."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="smaller runs, to see whether they work; results/ stays as it is",
    )
    parser.add_argument(
        "--data", metavar="DIR", help=f"folder with lists, for {', '.join(sorted(FROM_DATA))}"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(BENCHMARKS):
        parser.error(
            f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    if wanted.quick:
        os.environ["BENCHMARK_RESULTS"] = tempfile.mkdtemp(prefix="pplink-benchmarks-")
    failed = 0
    for name in wanted.names or BENCHMARKS:
        if name in FROM_DATA and not wanted.data:
            print(f"\n=== {name}: left out, needs --data DIR", flush=True)
            failed += name in wanted.names
            continue
        print(f"\n=== {name}", flush=True)
        began = time.monotonic()
        options = [*(QUICK.get(name, []) if wanted.quick else [])]
        options += ["--data", wanted.data] if name in FROM_DATA else []
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], check=False)
        failed += done.returncode != 0
        print(f"=== {name}: {'ok' if done.returncode == 0 else 'FAILED'}, {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    raise SystemExit(min(main(), 1))
