"""Which romanisation brings a person's names in two scripts nearest: ours, anyascii alone, normality or rigour.

    python -m benchmarks.transliteration --data DIR [--quick]

DIR has aliases_*.csv.gz: list, person, name, script. Every name in another script is looked up among all Latin names of
its list, by the encoding that `person_name` makes: the share of names whose best match is the same person, and the
mean score of the person's own best Latin name. Persons are real, so the data is not in the repository.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import msgspec
import numpy as np
import pandas as pd
from anyascii import anyascii

from benchmarks.encoding import encode_table, terms_of
from benchmarks.report import write
from pplink.fields.transliteration import transliterate
from pplink.join.api import threshold_join

HOME = Path(__file__).resolve().parent.parent / ".venv-romanisers"
REQUIREMENTS = ("normality==3.1.0", "rigour==2.6.1")
SCRIPT = """
import json, sys, time
names = json.load(open(sys.argv[1]))
found = {}
for module in ("normality", "rigour.text.translit"):
    romanise = getattr(__import__(module, fromlist=["ascii_text"]), "ascii_text")
    romanise(names[0])
    start = time.perf_counter()
    made = [romanise(name) or "" for name in names]
    found[module.split(".")[0]] = [made, time.perf_counter() - start]
print(json.dumps(found))
"""
LOWEST = 0.2
"""Scores below are not looked at."""


def peers(names: list[str]) -> dict[str, tuple[list[str], float]]:
    """By romaniser: the names, and seconds."""
    if not HOME.exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        subprocess.run([HOME / "bin/python", "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "names.json"
        path.write_text(json.dumps(names))
        told = subprocess.run(
            [HOME / "bin/python", "-I", "-c", SCRIPT, path], check=True, stdout=subprocess.PIPE, text=True
        )
    return {name: (made, seconds) for name, (made, seconds) in json.loads(told.stdout).items()}


def ours(names: list[str], romanise: Callable[[str], str]) -> tuple[list[str], float]:
    """As `peers`, in this process."""
    start = time.perf_counter()
    made = [romanise(name) for name in names]
    return made, time.perf_counter() - start


def looked_up(foreign: pd.DataFrame, latin: pd.DataFrame) -> tuple[float, float]:
    """Share of foreign names whose best match is the same person, and the mean score of the own best name."""
    terms = terms_of("persons-crossborder")
    terms = msgspec.structs.replace(terms, fields=terms.fields[:1])
    left, right = (
        encode_table(frame.assign(record_id=[str(i) for i in range(len(frame))]), terms, 0)
        for frame in (foreign, latin)
    )
    pairs = threshold_join(left, right, LOWEST, max_pairs=None)
    same = foreign["person"].to_numpy()[pairs.left] == latin["person"].to_numpy()[pairs.right]
    best, own = np.zeros(len(foreign)), np.zeros(len(foreign))
    np.maximum.at(best, pairs.left, pairs.score)
    np.maximum.at(own, pairs.left[same], pairs.score[same])
    return float(np.mean((own > 0) & (own >= best))), float(own.mean())


def rows_of(frame: pd.DataFrame) -> list[list[str]]:
    """A row each romaniser."""
    names = frame["name"].tolist()
    made = {"pplink": ours(names, transliterate), "anyascii": ours(names, anyascii), **peers(names)}
    scripts = ("Cyrillic", "Arabic", "other")
    rows = []
    for name, (romanised, seconds) in made.items():
        written = frame.assign(name=romanised)
        row = [name, f"{1e6 * seconds / len(names):.1f}"]
        for script in scripts:
            shares, scores, sizes = [], [], []
            for _, own in written.groupby("list"):
                latin = own[own["script"] == "Latin"]
                foreign = own[(own["script"] == script) & own["person"].isin(latin["person"])]
                if len(foreign):
                    share, score = looked_up(foreign, latin)
                    shares.append(share)
                    scores.append(score)
                    sizes.append(len(foreign))
            row += [
                f"{sum(sizes):,}",
                *(f"{np.average(each, weights=sizes):.3f}" for each in (shares, scores)),
            ]
        rows.append(row)
    return rows


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with aliases_*.csv.gz")
    parser.add_argument("--quick", action="store_true", help="a fifth of the persons")
    wanted = parser.parse_args()
    frame = pd.read_csv(min(wanted.data.glob("aliases_*.csv.gz")), dtype=str, keep_default_na=False)
    if wanted.quick:
        frame = frame[frame["person"].map(lambda person: crc32(person.encode())) % 5 == 0]
    headers = ["romaniser", "µs a name"]
    for script in ("Cyrillic", "Arabic", "other"):
        headers += [f"{script} names", "found first", "own score"]
    write("transliteration", __doc__, {"names in two scripts": (headers, rows_of(frame))})


if __name__ == "__main__":
    main()
