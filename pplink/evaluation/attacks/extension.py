"""Extension: some encodings' persons are known, and the others' are learnt from them.

After Heng, Schnell and Armknecht, "Exposing privacy risks in the dataset extension" (2023) and Christen, Ranbaduge,
Vatsalan and Schnell (2018): known plaintext. Two learners, both linear: ridge regression from bits to features, and a
likelihood, ridge regression from features to the chance of each bit. Regularisation is tuned on the known part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pplink.evaluation.attacks.scene import Floats, Ints, Scene, bits_of, standardised

PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
Fit = Callable[[int, float, Floats, Any], Floats]
"""(known persons to learn from, penalty, bits of n encodings, features of m persons): (n, m) fits."""

HELD_BACK = 0.2
"""Share of the known that a penalty is judged by."""
SURE = 0.02
"""No bit is taken to be likelier than 1 less this."""


def ridge(scene: Scene, known: int) -> Ints:
    """(n,) persons: each encoding's features are predicted, and the person whose own are nearest is taken."""
    bits, tokens = 2 * bits_of(scene.known_seen[:known]) - 1, scene.known_people[:known]

    def fit(size: int, penalty: float, seen: Floats, people: Any) -> Floats:
        centre = tokens[:size].toarray().mean(axis=0)
        weights = _solved(bits[:size], tokens[:size].toarray() - centre, penalty)
        return standardised((2 * seen - 1) @ weights) @ standardised(people.toarray() - centre).T

    return _tuned(scene, known, fit)


def likelihood(scene: Scene, known: int) -> Ints:
    """(n,) persons: each person's bits are predicted as chances, and the one who makes the encoding likeliest is
    taken."""
    bits, tokens = bits_of(scene.known_seen[:known]), scene.known_people[:known]

    def fit(size: int, penalty: float, seen: Floats, people: Any) -> Floats:
        mean, centre = bits[:size].mean(axis=0), tokens[:size].toarray().mean(axis=0)
        weights = _solved(tokens[:size].toarray() - centre, bits[:size] - mean, penalty)
        chance = np.clip((people.toarray() - centre) @ weights + mean, SURE, 1 - SURE)
        found: Floats = seen @ np.log(chance / (1 - chance)).T + np.log(1 - chance).sum(axis=1)
        return found

    return _tuned(scene, known, fit)


def _tuned(scene: Scene, known: int, fit: Fit) -> Ints:
    """The guess with the penalty that put the right persons first, on average, among what was held back of the known:
    by ranks, for an attack that seldom hits must be tuned too."""
    size = int(known * (1 - HELD_BACK))
    held, people = bits_of(scene.known_seen[size:known]), scene.known_people[size:known]
    ranks = [_rank(fit(size, each, held, people)) for each in PENALTIES]
    best = PENALTIES[int(np.argmin(ranks))]
    found: Ints = np.argmax(fit(known, best, bits_of(scene.seen), scene.people), axis=1)
    return found


def _rank(fits: Floats) -> float:
    """Mean share of wrong persons who fit better than the right one, who stands on the diagonal."""
    return float((fits > np.diag(fits)[:, None]).mean())


def _solved(given: Floats, wanted: Floats, penalty: float) -> Floats:
    """(columns of given, columns of wanted): ridge regression in its dual form, as there are fewer rows."""
    gram = given @ given.T
    gram[np.diag_indices_from(gram)] += penalty * np.trace(gram) / len(gram) / 100
    found: Floats = given.T @ np.linalg.solve(gram, wanted)
    return found
