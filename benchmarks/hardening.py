"""Every hardening: what it costs in quality, and what attacks still tell. FEBRL4, four fields.

    python -m benchmarks.hardening [--only NAME ...] [--draw]

Quality: F1 on FEBRL4, pairs at or above the threshold and one-to-one; the threshold is the one with the best F1 on
FEBRL1-3 (`febrl.practice`), found anew for each. Attacks: `pplink unit risk` on FEBRL4's first list, 1,000 persons; the
attacker has exactly these persons as they stand in the list. `graph`: similarity graph, nobody known, or 100 of the
persons; `known`: the better of ridge regression and likelihood with so many other persons known. Per cent of persons
told; guessing tells 0.1. Fill: share of bits set before and after hardening.

Parameters: k, bits of a q-gram at weight 1; t, bits put together by exclusive or; for BLIP the chance with which a bit
is turned over; for salting the first characters of the birth date that salt (3: the decade, 4: the year, 6: the month);
for MinHash its bits; for two-step hashing f hash functions over a filter of 8,192 bits, shown as 4,096. Floors (fewest
bits of a record) are 130, and 13 k where k is below 10. `--only` measures some anew and keeps the others' figures;
`--draw` measures nothing.

`hardening.svg` is the frontier: quality against the greatest share that any of these attacks told, a curve each. Why
`persons-shown` stands where it does: SECURITY.md, the first known weakness.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.report import RESULTS, write
from pplink.agreement.hardening import (
    Balance,
    Blip,
    Diffusion,
    Hardening,
    MinHash,
    Rule90,
    Salt,
    TwoStep,
    XorFold,
)
from pplink.agreement.model import Agreement, Terms
from pplink.dataset.risk import RiskReport
from pplink.errors import RefusedError
from pplink.evaluation import of_pairs
from pplink.evaluation.attacks.suite import KNOWN, assess
from pplink.join.api import threshold_join
from pplink.solvers import assign

TOLD = ("graph 0", "graph 100", *(f"known {known:,}" for known in KNOWN))
HEADERS = ("encoding", "parameter", "fill before", "after", "threshold", "F1 pairs", "F1 one-to-one", *TOLD)
TITLE = "Quality and what attacks tell"
SPARSE, HALF = 10, 20
"""Hashes a q-gram: the preset's, and those that fill filters to a half."""
CHOSEN = ("diffusion, 4,096 bits", "t=5")
"""The preset `persons-shown`."""
Figures = dict[tuple[str, str], list[str]]
"""Lines of the table, by their first two cells."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """An encoding to be tried: a point of a curve."""

    name: str
    parameter: str
    hashes: int
    measure: str = "dice"
    ways: Sequence[Hardening] = ()
    bits: int = 1024

    def terms(self) -> Terms:
        """The preset `persons` with it, bits by token as those of `persons-shown`; the threshold, which is found later,
        lets filters be three quarters full."""
        terms = msgspec.structs.replace(terms_of("persons"), fields=terms_of("persons-shown").fields)
        changes: dict[str, Any] = {
            "hashes": self.hashes,
            "floor": 13 * min(self.hashes, SPARSE),
            "bits": self.bits,
        }
        changes |= {"hardening": tuple(self.ways)} if self.ways else {}
        encoding = msgspec.structs.replace(terms.encoding, **changes)
        return msgspec.structs.replace(terms, encoding=encoding, measure=self.measure, threshold=0.9)


def _diffused(taps: int, bits: int) -> Way:
    return Way(name=f"diffusion, {bits:,} bits", parameter=f"t={taps}", hashes=HALF, measure="hamming",
               ways=[Diffusion(bits=bits, taps=taps)])  # fmt: skip


def _filled(name: str, way: Hardening | None, measure: str = "dice") -> list[Way]:
    """Over filters that are less than a third full, and half full."""
    return [
        Way(name=name, parameter=f"k={hashes}", hashes=hashes, measure=measure, ways=[way] if way else [])
        for hashes in (SPARSE, HALF)
    ]


WAYS = (
    *_filled("plain CLK", None),
    Way(name="balance", parameter="k=20", hashes=HALF, measure="hamming", ways=[Balance()]),
    *_filled("XOR-fold", XorFold()),
    *_filled("rule 90", Rule90()),
    *(Way(name="BLIP", parameter=f"{flip:g}", hashes=HALF, measure="hamming", ways=[Blip(flip=flip)])
      for flip in (0.05, 0.1, 0.2, 0.3)),
    *(Way(name="salting by birth date", parameter=f"{some}", hashes=SPARSE,
          ways=[Salt(field="birth_date", characters=some)]) for some in (3, 4, 6)),
    *(Way(name="MinHash", parameter=f"{bits:,}", hashes=2, measure="minhash", ways=[MinHash(bits=bits)])
      for bits in (512, 1024, 2048, 4096)),
    *(Way(name="two-step hash", parameter=f"f={some}", hashes=some, bits=8192,
          ways=[TwoStep(functions=some, bits=4096)]) for some in (4, 8, 16, 32)),
    *(_diffused(taps, 4096) for taps in (2, 3, 4, 5, 6)),
    *(_diffused(taps, 8192) for taps in (4, 5)),
)  # fmt: skip


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--only", nargs="*", metavar="NAME", help="ways, or a way and its parameter: `MinHash 512`"
    )
    parser.add_argument(
        "--draw", action="store_true", help="the table and the plot from figures that are kept"
    )
    wanted = parser.parse_args()
    figures = kept() if wanted.only or wanted.draw else {}
    for way in () if wanted.draw else WAYS:
        if not wanted.only or {way.name, f"{way.name} {way.parameter}"} & set(wanted.only):
            figures[way.name, way.parameter] = measured(way)
            put(figures)
    put(figures)
    draw(figures)


def put(figures: Figures) -> None:
    """The table so far, in the order of WAYS."""
    order = [figures[key] for each in WAYS if (key := (each.name, each.parameter)) in figures]
    write("hardening", __doc__, {TITLE: (HEADERS, order)})


def kept() -> Figures:
    """As they were measured before."""
    file = RESULTS / "hardening.json"
    lines = json.loads(file.read_text())[TITLE] if file.exists() else []
    rows = [[line.get(header, "") for header in HEADERS] for line in lines]
    return {(row[0], row[1]): row for row in rows}


def measured(way: Way) -> list[str]:
    """A line of the table."""
    terms = way.terms()
    plain = msgspec.structs.replace(
        terms, encoding=msgspec.structs.replace(terms.encoding, hardening=msgspec.UNSET)
    )
    lists = febrl.febrl4()
    left, right = encoded(lists.left, terms, 1), encoded(lists.right, terms, 1)
    threshold = _best(febrl.practice(), terms)
    pairs = threshold_join(left, right, threshold, measure=terms.measure)
    qualities = [
        of_pairs(np.stack((kept.left, kept.right), axis=1), lists.truth) for kept in (pairs, assign(pairs))
    ]
    report = assess(lists.left.rename(columns=febrl.NAMES), Agreement(terms=terms))
    return [
        way.name,
        way.parameter,
        f"{_fill(encoded(lists.left, plain, 1)):.2f}",
        f"{_fill(left):.2f}",
        f"{threshold:g}",
        *(f"{quality.f1:.4f}" for quality in qualities),
        *(f"{100 * share:.1f}" for share in _told(report)),
    ]


def _told(report: RiskReport) -> list[float]:
    """Shares, in the order of HEADERS."""
    graph = {each.known: each.share for each in report.attacks if each.name == "similarity graph"}
    learners = [each for each in report.attacks if each.name in ("ridge regression", "likelihood")]
    learnt = [max(each.share for each in learners if each.known == known) for known in KNOWN]
    return [graph[0], graph[100], *learnt]


def _best(lists: febrl.Lists, terms: Terms) -> float:
    """The threshold with the best F1 one-to-one on practice lists."""
    left, right = encoded(lists.left, terms, 1), encoded(lists.right, terms, 1)
    start, step = (0.52, 0.005) if terms.measure == "hamming" else (0.1, 0.02)
    lowest = start
    while len(left) * len(right) and _many(left, right, lowest, terms):
        lowest = round(lowest + step, 4)
    pairs = threshold_join(left, right, lowest, measure=terms.measure)
    tried: list[tuple[float, float]] = []
    for threshold in np.round(np.arange(lowest, 0.96, step), 4).tolist():
        some = pairs.score >= threshold
        kept = assign(type(pairs)(left=pairs.left[some], right=pairs.right[some], score=pairs.score[some]))
        tried.append((of_pairs(np.stack((kept.left, kept.right), axis=1), lists.truth).f1, threshold))
    return max(tried)[1]


def _many(left: np.ndarray, right: np.ndarray, threshold: float, terms: Terms) -> bool:
    try:
        threshold_join(left, right, threshold, measure=terms.measure, max_pairs=400_000)
    except RefusedError:
        return True
    return False


def _fill(rows: np.ndarray) -> float:
    return float(np.bitwise_count(rows).sum() / (64 * rows.size))


def draw(figures: Mapping[tuple[str, str], Sequence[str]]) -> None:
    """results/hardening.svg: quality against the greatest share told, a curve a hardening."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes = figure.add_subplot()
    marks = iter("osv^D<>Phd")
    for name in dict.fromkeys(way.name for way in WAYS if (way.name, way.parameter) in figures):
        keys = [(way.name, way.parameter) for way in WAYS if way.name == name]
        points = [_point(figures[key]) for key in keys if key in figures]
        mark = next(marks)
        axes.plot(*zip(*[point[:2] for point in points], strict=True), f"{mark}-", label=name, alpha=0.8)
        for told, quality, parameter in points:
            axes.annotate(parameter, (told, quality), textcoords="offset points", xytext=(5, 4), fontsize=7)
    if CHOSEN in figures:
        told, quality, _ = _point(figures[CHOSEN])
        axes.plot(told, quality, "o", markersize=18, fillstyle="none", color="black", label="persons-shown")
    axes.set(
        xscale="log",
        xlabel="persons told by the best attack without the key, % (guessing: 0.1)",
        ylabel="F1, one-to-one, FEBRL4",
    )
    axes.legend(fontsize=8, loc="lower center")
    figure.savefig(RESULTS / "hardening.svg", metadata={"Date": None})


def _point(line: Sequence[str]) -> tuple[float, float, str]:
    """Greatest share told in per cent, F1, parameter."""
    row = dict(zip(HEADERS, line, strict=True))
    told = max(float(row[header]) for header in TOLD)
    return max(told, 0.1), float(row["F1 one-to-one"]), row["parameter"]


if __name__ == "__main__":
    main()
