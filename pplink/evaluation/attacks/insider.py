"""Insider: a unit that invents people and sends them as its own learns from its hits who is on the others' lists."""

from __future__ import annotations

import numpy as np

from pplink.evaluation.attacks.scene import Ints, Scene
from pplink.join.api import threshold_join


def attack(scene: Scene) -> Ints:
    """(n,) persons, -1 for none: the best hit of queries made of everybody in the attacker's population.

    What the agreement's threshold lets through and the protocol tells: no key leaks and no encoding is seen.
    """
    found = np.full(len(scene.seen), -1, np.int64)
    hits = threshold_join(scene.leaked(), scene.seen, scene.threshold, measure=scene.measure)
    found[hits.right[::-1]] = hits.left[::-1]  # the best comes last, and stays
    return found
