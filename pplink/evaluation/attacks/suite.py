"""Suite: every attack in turn on one list, as the agreement would have it encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from pplink.agreement.model import Agreement
from pplink.dataset.risk import Attack, RiskReport
from pplink.encoders.pipeline import fields_of as columns_of
from pplink.encoders.risk import digest_of
from pplink.errors import UsageError
from pplink.evaluation.attacks import dictionary, extension, frequency, insider, patterns, similarity_graph
from pplink.evaluation.attacks.scene import FEWEST, Ints, Scene, make_scene
from pplink.evaluation.encoding import fields_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SAMPLE = 1000
"""Persons attacked, unless told otherwise."""
SEEDS = (0, 20, 100)
"""Of the persons attacked, how many the similarity graph is given."""
KNOWN = (200, 1000, 2000)
"""Other persons that the extension learns from, as far as the list has them."""

Progress = Callable[[int, int], None]


def assess(
    frame: pd.DataFrame | pa.Table,
    agreement: Agreement,
    *,
    population: pd.DataFrame | pa.Table | None = None,
    columns: Mapping[str, str] | None = None,
    sample: int = SAMPLE,
    seed: int = 1,
    progress: Progress | None = None,
) -> RiskReport:
    """Attack a unit's list under a secret made up for it; no key is needed and the agreement need not be signed.

    population: what the attacker has, with the same columns; a row is of the same person if it has the same record id.
    None: the attacked persons themselves, as the list has them: the worst case. sample: persons attacked, at most.
    Raises DataError for a list that breaks the agreement or is too short, UsageError for a sample that cannot be.
    """
    if sample < FEWEST:
        raise UsageError(f"fewer than {FEWEST} persons to be attacked")
    table = fields_of(frame, agreement.terms, columns)
    whole = columns_of(frame, agreement.terms, columns, True)
    held = None if population is None else fields_of(population, agreement.terms, columns)
    scene = make_scene(table, agreement.terms, sample=sample, known=max(KNOWN), seed=seed, population=held)
    tried, found = list(_attacks(scene)), []
    for number, (name, known, attack) in enumerate(tried):
        found.append(judged(scene, name, known, attack()))
        if progress is not None:
            progress(number + 1, len(tried))
    return RiskReport(
        agreement=agreement.id,
        list=digest_of(whole),
        records=whole.num_rows,
        population="own list" if population is None else "given",
        attacks=tuple(found),
    )


def judged(scene: Scene, name: str, known: int, guesses: Ints) -> Attack:
    """How often an attack was right, of all who are in the population and were not known beforehand, with an exact
    interval (Clopper, Pearson 1934). guesses: (encodings,) persons, below 0 for none."""
    seeds = known if name == GRAPH else 0
    held = scene.truth[seeds:] >= 0
    told = held & (guesses >= 0)[seeds:] & (scene.whose[guesses] == scene.whose[scene.truth])[seeds:]
    right, attacked = int(told.sum()), int(held.sum())
    interval = stats.binomtest(right, attacked).proportion_ci()
    return Attack(
        name=name,
        known=known,
        with_key=name in WITH_KEY,
        attacked=attacked,
        right=right,
        low=float(interval.low),
        high=float(interval.high),
        chance=1 / scene.people.shape[0],
    )


GRAPH = "similarity graph"
WITH_KEY = ("dictionary with the key", "insider's queries")


def _attacks(scene: Scene) -> Iterator[tuple[str, int, Callable[[], Ints]]]:
    """(name, persons known beforehand, what guesses)."""
    yield "frequency", 0, lambda: frequency.attack(scene)
    yield "patterns", 0, lambda: patterns.attack(scene)
    for seeds in SEEDS if (scene.truth >= 0).all() else (0,):
        if 2 * seeds <= len(scene.seen):
            yield GRAPH, seeds, lambda seeds=seeds: similarity_graph.attack(scene, np.arange(seeds))  # type: ignore[misc]
    for known in KNOWN:
        if known <= len(scene.known_seen):
            yield "ridge regression", known, lambda known=known: extension.ridge(scene, known)  # type: ignore[misc]
            yield "likelihood", known, lambda known=known: extension.likelihood(scene, known)  # type: ignore[misc]
    yield WITH_KEY[0], 0, lambda: dictionary.attack(scene)
    yield WITH_KEY[1], 0, lambda: insider.attack(scene)
