"""Quality on FEBRL4, FEBRL3 and made-up persons of five units, beside clkhash + anonlink, splink and recordlinkage.

    python -m benchmarks.linkage_quality [--quick] [--ours]

Four fields (given name, surname, date of birth, suburb) and seven (and address, street number, postcode).
Impossible dates are left blank, for all. pplink runs its presets `persons` and `persons-address` as they are:
threshold, weights and hashes were fixed on FEBRL1-3 (preset_tuning), so FEBRL3 tells less of them than FEBRL4.
`told after`: the same encodings at the threshold that `pplink broker match` says has the best F1, of each two lists
without truth, under the assignment of that row; how it says so was chosen on FEBRL1-3 and made-up persons (thresholds).
`told before`: at that which `pplink unit calibrate --overlap` recommends by the left list alone, the true share of its
records whose person is on the right list being known, and the rates of mistakes as assumed if none are given.
clkhash's strategy and anonlink's threshold, and splink's threshold for either decision, are those with the best F1 on
the same FEBRL1-3 lists. splink and recordlinkage compare names in the clear, and are fitted to each two lists
without truth. Overlap: the share of the records on each list whose person is on the other; those who are on one alone
are drawn at random, three times, and the counts added up. FEBRL3's duplicates are dealt out to two lists, a person at
most once on each. Of five units every two are linked, and the counts added up. One-to-one: greedy by falling score.
With --ours no peer runs, and the tables are printed but not kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np
from msgspec.structs import replace

from benchmarks import clkhash_anonlink, febrl, plaintext, splink_plaintext
from benchmarks.encoding import encoded, terms_of
from benchmarks.preset_tuning import THRESHOLDS
from benchmarks.report import Table, page, write
from benchmarks.thresholds import after
from pplink.agreement.model import Agreement, Terms
from pplink.evaluation import Quality, of_pairs
from pplink.evaluation.calibration.calibration import calibrate
from pplink.evaluation.population import make_lists
from pplink.evaluation.quality import added
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

TASKS = {"persons": febrl.FOUR, "persons-address": febrl.SEVEN}
TARGETS = {"persons": 0.999, "persons-address": 0.999}
HEADERS = ("system", "decision", "true", "found", "right", "precision", "recall", "F1")
EVERY, SINGLE = "every pair", "one-to-one"
LIKELY = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9)
"""splink's thresholds, of which FEBRL1-3 choose."""
Decided = dict[str, list[Quality]]
"""Decision -> quality on each two lists."""
Rows = tuple[np.ndarray, np.ndarray]
"""Encodings of two lists."""
Chosen = Callable[[febrl.Lists, Rows, Terms], float]
"""The threshold told for two lists, of these encodings."""
Peer = Callable[[Sequence[febrl.Lists], Sequence[str]], tuple[Decided, str]]
"""Lists and fields -> quality on each, and a note."""
Tests = dict[str, list[febrl.Lists]]
"""Title -> two lists, or several such twos, whose counts are added up."""


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=5000, help="of each of five units")
    parser.add_argument(
        "--quick", action="store_true", help="one secret, two of clkhash's strategies, one draw"
    )
    parser.add_argument("--ours", action="store_true", help="without peers; printed, not kept")
    wanted = parser.parse_args()
    draws, secrets, records = (1, 1, 500) if wanted.quick else (3, 10, wanted.records)
    peers = {} if wanted.ours else _peers(wanted.quick)
    tables: dict[str, Table] = {}
    notes: list[str] = []
    for preset, fields in TASKS.items():
        tests = _tests(fields, draws, records)
        notes.append(_secrets(preset, tests, secrets))
        systems, said = _systems(preset, tests, peers)
        notes += said
        tables |= {title: (HEADERS, rows) for title, rows in _rows(tests, systems)}
    if wanted.ours:
        print(page("linkage_quality", __doc__, tables, notes))
    else:
        write("linkage_quality", __doc__, tables, notes)


def _peers(quick: bool) -> dict[str, Peer]:
    strategies = clkhash_anonlink.STRATEGIES[1::4] if quick else clkhash_anonlink.STRATEGIES
    return {
        "clkhash + anonlink": partial(_clkhash, strategies),
        "splink, plaintext": _splink,
        "recordlinkage ECM, plaintext": _recordlinkage,
    }


def _systems(preset: str, tests: Tests, peers: dict[str, Peer]) -> tuple[dict[str, Decided], list[str]]:
    """Of each system the quality on all tests' lists, and what is to be said of it."""
    lists, notes = [each for some in tests.values() for each in some], []
    systems = {f"pplink {preset}": _ours(lists, preset, 0)}
    for way, chosen in (("told after", _after), ("told before", _before)):
        systems[f"pplink {preset}, {way}"], at = _told(lists, preset, chosen)
        notes.append(_thresholds(f"pplink {preset}, {way}", tests, at))
    for name, link in peers.items():
        systems[name], note = link(lists, TASKS[preset])
        notes.append(note)
    return systems, notes


def _tests(fields: Sequence[str], draws: int, records: int) -> Tests:
    count = f"{len(fields)} fields"
    tests = {f"FEBRL4, {count}, every person on both lists": [febrl.febrl4()]}
    for name, whole in {"FEBRL4": febrl.febrl4(), "FEBRL3": febrl.single(3)}.items():
        for share in (1.0, 0.3, 0.03)[name == "FEBRL4" :]:
            drawn = [febrl.overlapping(whole, share, seed=seed) for seed in range(draws)]
            tests[f"{name}, {count}, overlap {share:.0%}"] = drawn[: 1 if share == 1 else None]
    if fields == febrl.FOUR:
        tests[f"made-up persons, {count}, five units of {records:,}, overlap 60%"] = _made_up(records)
    return tests


def _made_up(records: int) -> list[febrl.Lists]:
    """Every two of five units."""
    made = make_lists([f"unit{number}" for number in range(5)], records, overlap=0.6)
    theirs = {name: header for header, name in febrl.NAMES.items()}
    frames = {unit: frame.rename(columns=theirs) for unit, frame in made.frames.items()}
    twos = []
    for one, other in combinations(made.frames, 2):
        _, left, right = np.intersect1d(made.people[one], made.people[other], return_indices=True)
        truth = np.stack((left, right), axis=1)
        twos.append(febrl.Lists(left=frames[one], right=frames[other], truth=truth))
    return twos


def _ours(lists: Sequence[febrl.Lists], preset: str, secret: int) -> Decided:
    terms = terms_of(preset)
    found = []
    for each in lists:
        left, right = encoded(each.left, terms, secret), encoded(each.right, terms, secret)
        found.append(threshold_join(left, right, terms.threshold, measure=terms.measure))
    return {
        decision: [quality_of(decision, pairs, each.truth) for pairs, each in zip(found, lists, strict=True)]
        for decision in (EVERY, SINGLE)
    }


def _told(lists: Sequence[febrl.Lists], preset: str, chosen: Chosen) -> tuple[Decided, list[float]]:
    """Quality at the threshold told for each two lists and decision, and the thresholds one-to-one."""
    terms, at = terms_of(preset), []
    decided: Decided = {EVERY: [], SINGLE: []}
    for each in lists:
        rows = encoded(each.left, terms, 0), encoded(each.right, terms, 0)
        for decision, qualities in decided.items():
            decides = replace(terms, assignment="many-to-many" if decision == EVERY else "one-to-one")
            threshold = chosen(each, rows, decides)
            found = threshold_join(*rows, threshold, measure=terms.measure, max_pairs=None)
            qualities.append(quality_of(decision, found, each.truth))
        at.append(threshold)
    return decided, at


def _after(lists: febrl.Lists, rows: Rows, terms: Terms) -> float:
    """By the encodings of both lists."""
    del lists
    return after(rows, threshold_join(*rows, terms.threshold, measure=terms.measure), terms).best


def _before(lists: febrl.Lists, rows: Rows, terms: Terms) -> float:
    """By the left list, and the share of it that is on the right list."""
    left = lists.left.rename(columns=febrl.NAMES)
    dated = left["birth_date"].str.len().isin((8, 10))  # others are made-up persons' years
    asked = calibrate(
        left.assign(birth_date=left["birth_date"].where(dated, "")),
        Agreement(terms=terms),
        against=[len(rows[1])],
        overlap=len(lists.truth) / len(rows[0]),
    )
    assert asked.recommended is not None
    return asked.recommended


def _thresholds(system: str, tests: Tests, at: Sequence[float]) -> str:
    """One-to-one, the mean of each test's lists."""
    parts, begin = [], 0
    for title, lists in tests.items():
        parts.append(f"{np.mean(at[begin : begin + len(lists)]):.3f} ({title})")
        begin += len(lists)
    return f"{system}: one-to-one at {'; '.join(parts)}."


def _secrets(preset: str, tests: Tests, secrets: int) -> str:
    """How much it matters which secret units drew."""
    judged = next(iter(tests.values()))
    lowest = min(_ours(judged, preset, secret)[SINGLE][0].f1 for secret in range(secrets))
    reached = "reached" if lowest >= TARGETS[preset] else "missed"
    return (
        f"pplink, preset `{preset}`, threshold {terms_of(preset).threshold:g}: rows are of the first of {secrets}"
        f" secrets; the lowest one-to-one F1 of all on the whole of FEBRL4 is {lowest:.4f}, target"
        f" {TARGETS[preset]:g} {reached}."
    )


def _clkhash(
    strategies: Sequence[str], lists: Sequence[febrl.Lists], fields: Sequence[str]
) -> tuple[Decided, str]:
    linked = clkhash_anonlink.link(lists, fields, THRESHOLDS, strategies)
    decided = {
        decision: [of_pairs(found[n], each.truth) for found, each in zip(linked.tests, lists, strict=True)]
        for n, decision in enumerate((EVERY, SINGLE))
    }
    return decided, (
        f"clkhash + anonlink, {len(fields)} fields: {linked.strategy}, threshold {linked.threshold:g} (F1 on"
        f" FEBRL1-3: {linked.practice:.4f}; fill {linked.fill:.2f})."
    )


def _splink(lists: Sequence[febrl.Lists], fields: Sequence[str]) -> tuple[Decided, str]:
    practice, *scored = splink_plaintext.link([febrl.practice(), *lists], fields)
    truth = febrl.practice().truth
    decided, chosen = {}, []
    for decision in (EVERY, SINGLE):
        best = max(LIKELY, key=lambda likely: quality_of(decision, practice.at_least(likely), truth).f1)
        decided[decision] = [
            quality_of(decision, found.at_least(best), each.truth)
            for found, each in zip(scored, lists, strict=True)
        ]
        chosen.append(f"{decision} from {best:g}")
    return decided, f"splink, {len(fields)} fields: {', '.join(chosen)}."


def _recordlinkage(lists: Sequence[febrl.Lists], fields: Sequence[str]) -> tuple[Decided, str]:
    decided: Decided = {EVERY: [], SINGLE: []}
    for each in lists:
        matches, likely = plaintext.link(each, fields)
        pairs = Pairs.ordered(matches[:, 0], matches[:, 1], likely)
        for decision, qualities in decided.items():
            qualities.append(quality_of(decision, pairs, each.truth))
    return decided, f"recordlinkage, {len(fields)} fields: the pairs that its ECM classifier calls matches."


def quality_of(decision: str, pairs: Pairs, truth: np.ndarray) -> Quality:
    """Of every pair, or of the greedy one-to-one choice."""
    kept = pairs if decision == EVERY else assign(pairs)
    return of_pairs(np.stack((kept.left, kept.right), axis=1), truth)


def _rows(tests: Tests, systems: dict[str, Decided]) -> Iterator[tuple[str, list[list[str]]]]:
    """Each test's title and lines."""
    at = 0
    for title, lists in tests.items():
        part = slice(at, at + len(lists))
        at += len(lists)
        yield (
            title,
            [
                row(system, decision, added(qualities[part]))
                for system, decided in systems.items()
                for decision, qualities in decided.items()
            ],
        )


def row(system: str, decision: str, quality: Quality) -> list[str]:
    """One line of a table."""
    counts = (f"{count:,}" for count in (quality.true_pairs, quality.found, quality.right))
    figures = (f"{figure:.4f}" for figure in (quality.precision, quality.recall, quality.f1))
    return [system, decision, *counts, *figures]


if __name__ == "__main__":
    main()
