"""Frequency: the commonest encoding is the commonest person; the fullest one has the longest name.

After Kuzu, Kantarcioglu, Durham and Malin, "A constraint satisfaction cryptanalysis of Bloom filters in private record
linkage" (PETS 2011), in its simplest form: ranks by how often a value stands there, then by how many bits it sets.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pplink.evaluation.attacks.scene import DRAWS, Ints, Scene


def attack(scene: Scene) -> Ints:
    """(n,) persons: both sides are put in order, and those of one rank are taken for the same."""
    bits = np.mean([_set(scene.simulate(number)) for number in range(DRAWS)], axis=0)
    values = [row.indices.tobytes() for row in _sorted_rows(scene.people)]
    seen = np.lexsort((_set(scene.seen), _times([row.tobytes() for row in scene.seen])))
    people = np.lexsort((bits, _times(values)))
    found = np.full(len(seen), -1, np.int64)
    rank = np.rint(np.linspace(0, len(people) - 1, len(seen))).astype(np.int64)
    found[seen] = people[rank]
    return found


def _times(values: list[bytes]) -> Ints:
    """(n,): how often each value stands there."""
    _, place, times = np.unique(np.array(values, object), return_inverse=True, return_counts=True)
    found: Ints = times[place]
    return found


def _set(rows: Any) -> Ints:
    found: Ints = np.bitwise_count(rows).sum(axis=1, dtype=np.int64)
    return found


def _sorted_rows(people: Any) -> list[Any]:
    people = people.copy()
    people.sort_indices()
    return [people[[row]] for row in range(people.shape[0])]
