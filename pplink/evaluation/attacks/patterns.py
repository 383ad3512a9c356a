"""Patterns: bits that are set together more often than chance has it are one token's, and its frequency betrays it.

After Christen, Ranbaduge, Vatsalan and Schnell, "Precise and fast cryptanalysis for Bloom filter based PPRL" (TKDE
2019) and Christen, Vidanage, Ranbaduge and Schnell, "Pattern-mining based cryptanalysis of Bloom filters" (PAKDD 2018):
sets of bits that hold together are grown from the most telling pairs, matched with tokens of the same frequency, and
the tokens so learnt narrow down each encoding's person.
"""

from __future__ import annotations

import numpy as np

from pplink.evaluation.attacks.scene import Floats, Ints, Scene, bits_of

PATTERNS = 60
"""Sets of bits that are looked for."""
LARGEST = 16
"""Bits of a set, at most."""
TOGETHER = 0.6
"""Correlation with all that the set has so far, from which a bit belongs to it."""
DOUBT = 0.05
"""Chance that a token is wrongly seen, or wrongly not seen."""


def attack(scene: Scene) -> Ints:
    """(n,) persons: for each encoding the likeliest by the tokens that were found out."""
    bits = bits_of(scene.seen)
    present = _patterns(bits)
    tokens, shares = _tokens(scene)
    if not len(present) or not len(tokens):
        return np.zeros(len(bits), np.int64)
    nearest = np.abs(present.mean(axis=1)[:, None] - shares[None, :]).argmin(axis=1)
    people = np.asarray(scene.people[:, tokens[nearest]].todense(), np.float32)
    odds = np.log((1 - DOUBT) / DOUBT)
    fit = present.T @ (odds * (2 * people - 1)).T - (1 - present.T) @ (odds * (2 * people - 1)).T
    found: Ints = np.argmax(fit, axis=1)
    return found


def _patterns(bits: Floats) -> Floats:
    """(k, n): for each set of bits that hold together, which encodings have all of it."""
    centred = bits - bits.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    together = (centred.T @ centred) / np.maximum(np.outer(spread, spread), 1e-9)
    np.fill_diagonal(together, 0)
    found, free = [], np.ones(bits.shape[1], bool)
    for _ in range(PATTERNS):
        open_ = np.where(free, together.max(axis=1, where=free[None, :], initial=0), 0)
        first = int(np.argmax(open_))
        if open_[first] < TOGETHER:
            break
        group = _grown(first, together, free)
        free[group] = False
        found.append(bits[:, group].min(axis=1))
    return np.array(found, np.float32).reshape(len(found), len(bits))


def _grown(first: int, together: Floats, free: np.ndarray) -> list[int]:
    """Bits added one by one, each the nearest to all so far."""
    group = [first]
    while len(group) < LARGEST:
        weakest = np.where(free, together[group].min(axis=0), -1)
        weakest[group] = -1
        best = int(np.argmax(weakest))
        if weakest[best] < TOGETHER:
            break
        group.append(best)
    return group


def _tokens(scene: Scene) -> tuple[Ints, Floats]:
    """Tokens that neither all nor hardly any have, and the share of people who have each."""
    shares = np.asarray(scene.people.mean(axis=0), np.float32).ravel()
    some = np.flatnonzero((shares > 0.01) & (shares < 0.9))
    return some, shares[some]
