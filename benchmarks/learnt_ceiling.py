"""How good can four fields in the clear be on FEBRL4: a classifier taught by FEBRL4's own truth, beside `persons`.

    python -m benchmarks.learnt_ceiling [--quick]

Not a way to link, for it needs the truth that is asked for: a mark of how far names, birth dates and suburbs go at all.
Gradient-boosted trees (scikit-learn) see, of every pair whose encodings have a Dice of FLOOR or more, how alike each
two fields are in the clear, and how often the names stand in the lists. They are taught by four fifths of the left
list's records and asked of the rest, five times, so no pair is judged by trees that saw its record. Both the trees and
`at best` get the threshold that is best for them on the truth; `as it is` is the preset's own.
Pairs below FLOOR count as missed. One-to-one: greedy by falling score.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from jellyfish import jaro_winkler_similarity
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of
from benchmarks.linkage_quality import EVERY, HEADERS, SINGLE, quality_of, row
from benchmarks.report import write
from pplink.evaluation import Quality
from pplink.join.api import threshold_join
from pplink.join.pairs import Pairs
from pplink.solvers import assign

Floats = npt.NDArray[np.float64]

FLOOR = 0.45
TEXTS = ("given_name", "surname", "suburb")
CROSSED = (*((text, text) for text in TEXTS), ("given_name", "surname"), ("surname", "given_name"))
BORN = "date_of_birth"
FOLDS = 5
FREQUENCIES = 2 * len(TEXTS)
"""Features of how often a name stands in the lists: the last of all."""


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="FEBRL2's persons in place of FEBRL4's")
    lists = febrl.single(2) if parser.parse_args().quick else febrl.febrl4()
    terms = terms_of("persons")
    left, right = (encoded(frame, terms, 0) for frame in (lists.left, lists.right))
    pairs = threshold_join(left, right, FLOOR, measure=terms.measure)
    seen = features(lists, pairs)
    systems = {
        "pplink persons, at best": pairs,
        "trees in the clear": taught(lists, pairs, seen[:, :-FREQUENCIES]),
        "trees in the clear, with frequencies": taught(lists, pairs, seen),
    }
    found = [
        row(
            "pplink persons, as it is",
            decision,
            quality_of(decision, pairs.at_least(terms.threshold), lists.truth),
        )
        for decision in (EVERY, SINGLE)
    ]
    found += [
        row(name, decision, at_best(decision, scored, lists))
        for name, scored in systems.items()
        for decision in (EVERY, SINGLE)
    ]
    write("learnt_ceiling", __doc__, {"four fields, full overlap": (HEADERS, found)})


def features(lists: febrl.Lists, pairs: Pairs) -> Floats:
    """(k, features); not a number where a field is missing."""
    columns = {name: (lists.left[name].tolist(), lists.right[name].tolist()) for name in (*TEXTS, BORN)}
    often = {name: Counter(columns[name][0] + columns[name][1]) for name in TEXTS}
    rows = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    return np.array([
        list(_compared({name: (both[0][i], both[1][j]) for name, both in columns.items()}, often))
        for i, j in rows
    ])  # fmt: skip


def _compared(pair: dict[str, tuple[str, str]], often: dict[str, Counter[str]]) -> Iterator[float]:
    for one, other in CROSSED:
        a, b = pair[one][0], pair[other][1]
        yield dice(grams(a), grams(b)) if a and b else np.nan
        yield jaro_winkler_similarity(a, b) if a and b else np.nan
    yield from _born(*pair[BORN])
    yield sum(not a for a, _ in pair.values())
    yield sum(not b for _, b in pair.values())
    for name in TEXTS:
        counts = [often[name][text] for text in pair[name] if text]
        yield from (min(counts), max(counts)) if len(counts) == 2 else (np.nan, np.nan)


def _born(a: str, b: str) -> Sequence[float]:
    """Digit by digit, how many digits are equal, and whether day and month are exchanged."""
    if not a or not b:
        return [np.nan] * 10
    equal = [float(x == y) for x, y in zip(a, b, strict=True)]
    return [*equal, sum(equal), float(a[4:6] + a[6:] == b[6:] + b[4:6])]


@cache
def grams(text: str) -> frozenset[str]:
    """Padded bigrams, without spaces."""
    padded = f"_{text.replace(' ', '')}_"
    return frozenset(padded[at : at + 2] for at in range(len(padded) - 1))


def dice(a: frozenset[str], b: frozenset[str]) -> float:
    """Of two sets, not both empty."""
    return 2 * len(a & b) / (len(a) + len(b))


def taught(lists: febrl.Lists, pairs: Pairs, seen: Floats) -> Pairs:
    """The same pairs, by how likely trees hold them for one person that were taught by other records."""
    true = is_true(pairs, lists)
    likely = np.zeros(len(pairs))
    for known, asked in GroupKFold(FOLDS).split(seen, true, pairs.left):
        trees = HistGradientBoostingClassifier(
            max_iter=200,
            learning_rate=0.06,
            max_leaf_nodes=12,
            min_samples_leaf=40,
            l2_regularization=5,
            random_state=0,
        )
        likely[asked] = trees.fit(seen[known], true[known]).predict_proba(seen[asked])[:, 1]
    return Pairs.ordered(pairs.left, pairs.right, likely)


def at_best(decision: str, pairs: Pairs, lists: febrl.Lists) -> Quality:
    """With the threshold that the truth likes best."""
    kept = pairs if decision == EVERY else assign(pairs)
    right, found = np.cumsum(is_true(kept, lists)), np.arange(1, len(kept) + 1)
    ends = np.append(kept.score[1:] < kept.score[:-1], True)
    best = int(np.argmax(np.where(ends, right / (found + len(lists.truth)), 0)))
    return Quality(true_pairs=len(lists.truth), found=best + 1, right=int(right[best]))


def is_true(pairs: Pairs, lists: febrl.Lists) -> npt.NDArray[np.bool_]:
    """(k,): whether a pair is one person."""
    width = len(lists.right)
    return np.isin(pairs.left * width + pairs.right, lists.truth[:, 0] * width + lists.truth[:, 1])


if __name__ == "__main__":
    main()
