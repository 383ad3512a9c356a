"""Scene: what an attacker sees and knows. It never has the key; it knows every parameter and a population."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Terms
from pplink.errors import DataError
from pplink.evaluation.attacks.features import features_of
from pplink.evaluation.encoding import encoded, records_of

BitRows = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

DRAWS = 8
"""Encodings of the population under other keys, over whose similarities is averaged."""
LARGEST = 5000
"""Persons in a population, at most: the attacked who are in it, and others drawn at random."""
FEWEST = 20
"""Persons attacked, at least."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """n encodings, and m persons of whom they may be."""

    seen: BitRows
    """(n, words): the encodings under attack, as the broker sees them."""
    truth: Ints
    """(n,): which of `people` each is, or -1 if the attacker has not got that person. For judging alone."""
    people: Any
    """(m, features) csr, 0 or 1: tokens of the persons that the attacker holds possible."""
    whose: Ints
    """(m,): number of the record of each, the same for variants: whoever tells one of them tells the person."""
    simulate: Callable[[int], BitRows]
    """(m, words): the same persons encoded under another key, told by a number."""
    leaked: Callable[[], BitRows]
    """(m, words): the same persons under the units' own key, for attacks that begin with its loss."""
    known_seen: BitRows
    known_people: Any
    """Encodings and tokens of other persons, whom the attacker knows already: row by row the same person."""
    measure: str
    threshold: float

    @cached_property
    def likeness(self) -> Floats:
        """(n, n): correlation of every two encodings seen, 0 on the diagonal."""
        return correlations(self.seen)

    @cached_property
    def expected_likeness(self) -> Floats:
        """(m, m): the same of the population, averaged over DRAWS keys of the attacker's own."""
        draws: Floats = np.mean([correlations(self.simulate(number)) for number in range(DRAWS)], axis=0)
        return draws


def make_scene(
    table: Any, terms: Terms, *, sample: int, known: int, seed: int = 1, population: Any = None
) -> Scene:
    """Of a list, a table from `encoding.fields_of`.

    sample: persons attacked, at most; known: others of the list whom the attacker knows already, at most. population:
    a table of the same form that the attacker has; a row is of the same person if it has the same record id. None:
    the attacker knows exactly the persons under attack, as they stand in the list, the worst case.
    Raises DataError if fewer than FEWEST persons are left, or fewer of these are in the population: of strangers no
    attack tells anything, which says nothing of how safe the encodings are.
    """
    rng = np.random.default_rng(seed)
    rows, good = encoded(table, terms, seed)
    usable = rng.permutation(np.flatnonzero(good & rows.any(axis=1)))
    attacked, others = usable[:sample], usable[sample : sample + known]
    if len(attacked) < FEWEST:
        raise DataError(f"fewer than {FEWEST} records can be attacked", "give a longer list")
    held = table.take(attacked) if population is None else _cut(population, table.take(attacked), rng)
    order = rng.permutation(held.num_rows)  # so that no attack gains from the order of rows
    held = held.take(order)
    truth = np.argsort(order) if population is None else _places(table.take(attacked), held)
    if np.count_nonzero(truth >= 0) < FEWEST:
        raise DataError(
            f"fewer than {FEWEST} of the persons attacked are in the population",
            "a person has the same record id in both: make it of records of these persons, and of others",
        )
    features = features_of([held, table.take(others)], terms)
    return Scene(
        seen=rows[attacked],
        truth=truth,
        people=features[: held.num_rows],
        whose=records_of(held),
        simulate=lambda number: encoded(held, terms, seed + 1000 + number)[0],
        leaked=lambda: encoded(held, terms, seed)[0],
        known_seen=rows[others],
        known_people=features[held.num_rows :],
        measure=terms.measure,
        threshold=terms.threshold,
    )


def bits_of(rows: BitRows) -> Floats:
    """(n, bits) of 0 and 1."""
    plain = np.ascontiguousarray(rows, "<u8").view(np.uint8)
    return np.unpackbits(plain, axis=1, bitorder="little").astype(np.float32)


def correlations(rows: BitRows, others: BitRows | None = None) -> Floats:
    """(n, m) correlations of bits; of rows among themselves, 0 on the diagonal."""
    left = standardised(bits_of(rows))
    if others is not None:
        return left @ standardised(bits_of(others)).T
    found = left @ left.T
    np.fill_diagonal(found, 0)
    return found


def standardised(values: Floats) -> Floats:
    """(n, columns): each row less its mean, of Euclidean length 1; a row of one value is all 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    found: Floats = centred / np.where(length > 0, length, 1)
    return found


def _cut(population: Any, attacked: Any, rng: np.random.Generator) -> Any:
    """LARGEST rows of a population, at most."""
    wanted = set(attacked.column("record_id").to_pylist())
    among = np.array([name in wanted for name in population.column("record_id").to_pylist()], bool)
    others = rng.permutation(np.flatnonzero(~among))
    return population.take(np.concatenate([np.flatnonzero(among), others])[:LARGEST])


def _places(table: Any, population: Any) -> Ints:
    place = {name: row for row, name in enumerate(population.column("record_id").to_pylist())}
    return np.array([place.get(name, -1) for name in table.column("record_id").to_pylist()], np.int64)
