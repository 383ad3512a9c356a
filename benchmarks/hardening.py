"""Every hardening: what it costs in quality, and what attacks still tell. FEBRL4, four fields.

    python -m benchmarks.hardening [--quick]

Quality: F1 on FEBRL4, pairs at or above the threshold and one-to-one; the threshold is the one with the best F1 on
FEBRL1-3 (`febrl.practice`), found anew for each. Attacks: `pplink unit risk` on FEBRL4's first list, 1,000 persons; the
attacker has exactly these persons as they stand in the list. `graph`: similarity graph, nobody known, or 100 of the
persons; `known`: the better of ridge regression and likelihood with so many other persons known. Per cent of persons
told; guessing tells 0.1. Fill: share of bits set before and after hardening.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.report import RESULTS, write
from pplink.agreement.hardening import Balance, Blip, Diffusion, Hardening, Rule90, XorFold
from pplink.agreement.model import Agreement, Terms
from pplink.dataset.risk import RiskReport
from pplink.errors import RefusedError
from pplink.evaluation import of_pairs
from pplink.evaluation.attacks.suite import KNOWN, assess
from pplink.join.api import threshold_join
from pplink.solvers import assign

HEADERS = ("encoding", "fill before", "after", "threshold", "F1 pairs", "F1 one-to-one", "graph 0", "graph 100",
           *(f"known {known:,}" for known in KNOWN))  # fmt: skip
SPARSE, HALF = 10, 20
"""Hashes a q-gram: the preset's, and those that fill filters to a half."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """An encoding to be tried."""

    name: str
    hashes: int
    measure: str = "dice"
    ways: Sequence[Hardening] = ()

    def terms(self) -> Terms:
        """The preset `persons` with it."""
        terms = terms_of("persons")
        changes = {"hashes": self.hashes} | ({"hardening": tuple(self.ways)} if self.ways else {})
        encoding = msgspec.structs.replace(terms.encoding, **changes)
        return msgspec.structs.replace(terms, encoding=encoding, measure=self.measure)


def _diffused(taps: int, bits: int = 4096) -> Way:
    return Way(name=f"diffusion t={taps}, {bits:,} bits", hashes=HALF, measure="hamming",
               ways=[Diffusion(bits=bits, taps=taps)])  # fmt: skip


WAYS = (
    Way(name="plain CLK", hashes=SPARSE),
    Way(name="plain CLK, half full", hashes=HALF),
    Way(name="balance", hashes=HALF, measure="hamming", ways=[Balance()]),
    Way(name="XOR-fold", hashes=SPARSE, ways=[XorFold()]),
    Way(name="rule 90", hashes=SPARSE, ways=[Rule90()]),
    Way(name="BLIP 0.05", hashes=HALF, measure="hamming", ways=[Blip(flip=0.05)]),
    Way(name="BLIP 0.2", hashes=HALF, measure="hamming", ways=[Blip(flip=0.2)]),
    *(_diffused(taps) for taps in (2, 3, 4, 5, 6)),
    _diffused(5, 8192),
)


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three of the ways")
    ways = (WAYS[0], WAYS[4], WAYS[10]) if parser.parse_args().quick else WAYS
    rows, points = [], []
    for way in ways:
        line, point = measured(way)
        rows.append(line)
        points.append((way.name, *point))
    write("hardening", __doc__, {"Quality and what attacks tell": (HEADERS, rows)})
    draw(points)


def measured(way: Way) -> tuple[list[str], tuple[float, float]]:
    """A line of the table; F1 one-to-one and the greatest share told."""
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
    told = _told(report)
    line = [
        way.name,
        f"{_fill(encoded(lists.left, plain, 1)):.2f}",
        f"{_fill(left):.2f}",
        f"{threshold:g}",
        *(f"{quality.f1:.4f}" for quality in qualities),
        *(f"{100 * share:.1f}" for share in told),
    ]
    return line, (qualities[1].f1, max(told))


def _told(report: RiskReport) -> list[float]:
    """Shares, in the order of HEADERS."""
    graph = {each.known: each.share for each in report.attacks if each.name == "similarity graph"}
    learners = [each for each in report.attacks if each.name in ("ridge regression", "likelihood")]
    learnt = [max(each.share for each in learners if each.known == known) for known in KNOWN]
    return [graph[0], graph[100], *learnt]


def _best(lists: febrl.Lists, terms: Terms) -> float:
    """The threshold with the best F1 one-to-one on practice lists."""
    left, right = encoded(lists.left, terms, 1), encoded(lists.right, terms, 1)
    start, step = (0.5, 0.02) if terms.measure == "dice" else (0.52, 0.005)
    lowest = start
    while len(left) * len(right) and _many(left, right, lowest, terms):
        lowest = round(lowest + step, 4)
    pairs = threshold_join(left, right, lowest, measure=terms.measure)
    tried = []
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
    return float(np.bitwise_count(rows).sum(axis=1).mean()) / (64 * rows.shape[1])


def draw(points: Sequence[tuple[str, float, float]]) -> None:
    """results/hardening.svg: quality against the greatest share told."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.add_subplot()
    for name, quality, told in points:
        axes.plot(
            100 * max(told, 0.001), quality, "o", color="tab:blue" if "diffusion" in name else "tab:red"
        )
        axes.annotate(
            name, (100 * max(told, 0.001), quality), textcoords="offset points", xytext=(6, 4), fontsize=8
        )
    axes.set(
        xscale="log",
        xlabel="persons told by the best attack without the key, %",
        ylabel="F1, one-to-one, FEBRL4",
    )
    figure.savefig(RESULTS / "hardening.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
