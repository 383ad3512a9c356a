"""Extension: some encodings' persons are known, and the others' are learnt from them.

After Heng, Schnell and Armknecht, "Exposing privacy risks in the dataset extension" (2023) and Christen, Ranbaduge,
Vatsalan and Schnell (2018): known plaintext. Two learners, both linear: ridge regression from bits to features, and a
likelihood, ridge regression from features to the chance of each bit. Regularisation is tuned on the known part.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pplink.evaluation.attacks.scene import Floats, Ints, Scene, bits_of, standardised

PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
HELD_BACK = 0.2
"""Share of the known that a penalty is judged by."""
SURE = 0.02
"""No bit is taken to be likelier than 1 less this."""


def ridge(scene: Scene, known: int) -> Ints:
    """(n,) persons: each encoding's features are foretold, and the person whose own are nearest is taken."""
    bits, tokens = 2 * bits_of(scene.known_seen[:known]) - 1, scene.known_people[:known]

    def guess(size: int, penalty: float, seen: Floats, people: Any) -> Ints:
        centre = tokens[:size].toarray().mean(axis=0)
        weights = _solved(bits[:size], tokens[:size].toarray() - centre, penalty)
        fit = standardised((2 * seen - 1) @ weights) @ standardised(people.toarray() - centre).T
        return best_of(fit)

    return _tuned(scene, known, guess)


def likelihood(scene: Scene, known: int) -> Ints:
    """(n,) persons: each person's bits are foretold as chances, and the one who makes the encoding likeliest is
    taken."""
    bits, tokens = bits_of(scene.known_seen[:known]), scene.known_people[:known]

    def guess(size: int, penalty: float, seen: Floats, people: Any) -> Ints:
        mean, centre = bits[:size].mean(axis=0), tokens[:size].toarray().mean(axis=0)
        weights = _solved(tokens[:size].toarray() - centre, bits[:size] - mean, penalty)
        chance = np.clip((people.toarray() - centre) @ weights + mean, SURE, 1 - SURE)
        return best_of(seen @ np.log(chance / (1 - chance)).T + np.log(1 - chance).sum(axis=1))

    return _tuned(scene, known, guess)


def _tuned(scene: Scene, known: int, guess: Any) -> Ints:
    """The guess with the penalty that was right most often on what was held back of the known."""
    size = int(known * (1 - HELD_BACK))
    held, people = bits_of(scene.known_seen[size:known]), scene.known_people[size:known]
    right = [int((guess(size, each, held, people) == np.arange(known - size)).sum()) for each in PENALTIES]
    best = PENALTIES[int(np.argmax(right))]
    found: Ints = guess(known, best, bits_of(scene.seen), scene.people)
    return found


def best_of(fit: Floats) -> Ints:
    """(n,): for each row the column that fits best."""
    found: Ints = np.argmax(fit, axis=1)
    return found


def _solved(given: Floats, wanted: Floats, penalty: float) -> Floats:
    """(columns of given, columns of wanted): ridge regression in its dual form, as there are fewer rows."""
    gram = given @ given.T
    gram[np.diag_indices_from(gram)] += penalty * np.trace(gram) / len(gram) / 100
    found: Floats = given.T @ np.linalg.solve(gram, wanted)
    return found
