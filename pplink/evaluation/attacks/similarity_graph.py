"""Similarity graph: who is like whom among the encodings is who is like whom among the people.

After Vidanage, Christen, Ranbaduge and Schnell, "A graph matching attack on privacy-preserving record linkage" (CIKM
2020): the encodings' graph of similarities is laid upon the population's. Here as a quadratic assignment by repeated
linear ones (Vogelstein et al., "Fast approximate quadratic programming for graph matching", PLOS ONE 2015). The
population's similarities are those of its encodings under keys of the attacker's own, so any encoding can be attacked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from pplink.evaluation.attacks.scene import DRAWS, Floats, Ints, Scene, correlations, standardised

Shares = npt.NDArray[np.float64]

ROUNDS = 30
"""Linear assignments, at most; most attacks that succeed need 4."""


def attack(scene: Scene, seeds: Ints) -> Ints:
    """(n,) persons, -1 for encodings beyond those there are persons for.

    seeds: rows of `seen` whose persons are known beforehand. Starts from how each row's similarities are distributed,
    and from the similarities to the seeds, and keeps the better end, as the attack's own objective has it.
    """
    seen, people = scene.likeness, scene.expected_likeness
    starts = [_by_profile(scene)]
    if len(seeds):
        starts.append(_laid(seen[:, seeds], people[:, scene.truth[seeds]], scene, seeds))
    ends = [_settled(start, scene, seeds) for start in starts]
    return max(ends, key=lambda end: _objective(end, seen, people))


def _by_profile(scene: Scene) -> Ints:
    """By each row's sorted similarities, beside those of the population under other keys."""
    cuts = np.linspace(0, 1, min(len(scene.seen), scene.people.shape[0], 512))
    own = _profile(scene.likeness, cuts)
    other = np.mean([_profile(correlations(scene.simulate(each)), cuts) for each in range(DRAWS)], axis=0)
    far = (own**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * own @ other.T
    return _assigned(-far)


def _profile(likeness: Floats, cuts: Shares) -> Floats:
    """(n, cuts): of each row, the similarities that those shares of the others' fall short of."""
    found: Floats = np.sort(likeness, axis=1)[:, np.rint(cuts * (likeness.shape[1] - 1)).astype(np.int64)]
    return found


def _settled(start: Ints, scene: Scene, seeds: Ints) -> Ints:
    """Assignment upon assignment: a person fits who is like the others' persons as the encoding is like the others."""
    found = start
    for _ in range(ROUNDS):
        rows = np.flatnonzero(found >= 0)
        better = _laid(scene.likeness[:, rows], scene.expected_likeness[:, found[rows]], scene, seeds)
        if np.array_equal(better, found):
            break
        found = better
    return found


def _laid(seen: Floats, people: Floats, scene: Scene, seeds: Ints) -> Ints:
    """(n, k) and (m, k) similarities to the same k persons: the best assignment that keeps to the seeds."""
    fit = standardised(seen) @ standardised(people).T
    if len(seeds):
        fit[seeds] = fit[:, scene.truth[seeds]] = -2
        fit[seeds, scene.truth[seeds]] = 2
    return _assigned(fit)


def _assigned(fit: Floats) -> Ints:
    rows, columns = linear_sum_assignment(fit, maximize=True)
    found = np.full(len(fit), -1, np.int64)
    found[rows] = columns
    return found


def _objective(found: Ints, seen: Floats, people: Floats) -> float:
    """How alike the two graphs are when laid so."""
    rows = np.flatnonzero(found >= 0)
    return float(np.vdot(seen[np.ix_(rows, rows)], people[np.ix_(found[rows], found[rows])]))
