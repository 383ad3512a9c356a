"""Vocabulary: the names of one part of a name, in all spellings, and how often each is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from pplink.evaluation.population import tables
from pplink.evaluation.population.romanising import spellings
from pplink.evaluation.population.tables import Name
from pplink.evaluation.population.tail import rare

Codes = npt.NDArray[np.int32]
Texts = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]

SEXES = ("m", "f")
RARE = {"given": (300, 0.1), "family": (1500, 0.3), "patronymic": (0, 0.0), "place": (300, 0.3)}
"""Made-up names beside a culture's table, and the share of people who have one of them: invented."""
OFFSET = 2.7
"""Of the Zipf-Mandelbrot law 1 / (rank + OFFSET), for names without counts. Family names follow such a power law
in all countries looked at, with exponents near 1 (Zanette and Manrubia, Physica A 295, 2001); the offset, which
keeps the commonest of 350 names at 5 %, is invented."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Vocabulary:
    """All cultures' names of one part."""

    texts: Texts
    """(2, n, SPELLINGS): as a man and as a woman bears it."""
    begins: dict[tuple[str, str], int]
    """By culture and sex: where its names begin among the n."""
    chances: dict[tuple[str, str], Floats]
    """By culture and sex: (m,) cumulative chances of its m names, ending in 1."""

    def draw(self, culture: str, sex: str, size: int, rng: np.random.Generator) -> Codes:
        """(size,): numbers of names, -1 if this culture has none."""
        if (culture, sex) not in self.begins:
            return np.full(size, -1, np.int32)
        found = np.searchsorted(self.chances[culture, sex], rng.random(size), side="right")
        return (found + self.begins[culture, sex]).astype(np.int32)


@cache
def vocabulary(part: str) -> Vocabulary:
    """Of the part given, family, patronymic or place."""
    texts: list[tuple[list[str], list[str]]] = []
    begins, chances = {}, {}
    for culture in (each.name for each in tables.cultures()):
        for sexes in (("m", "f"), ("m",), ("f",)):
            wanted = "-" if len(sexes) == 2 else sexes[0]
            known = [each for each in tables.names() if each[:3] == (culture, part, wanted)]
            if not known:
                continue
            made = _made(known, part)
            for sex in sexes:
                begins[culture, sex], chances[culture, sex] = len(texts), _chances(known, len(made), part)
            texts += [_both(each, part) for each in (*known, *made)]
    return Vocabulary(
        texts=np.array([[pair[sex] for pair in texts] for sex in (0, 1)], object),
        begins=begins,
        chances=chances,
    )


def _made(known: Sequence[Name], part: str) -> list[Name]:
    first = known[0]
    if first.culture == "arabic" or (first.culture, part) == ("chinese", "family"):
        return []  # chance makes no Arabic word; Chinese families are of a closed list
    words = rare([each.native for each in known], RARE[part][0], f"{first.culture} {part} {first.sex}")
    return [first._replace(weight=None, native=word, latin=()) for word in words]


def _chances(known: Sequence[Name], made: int, part: str) -> Floats:
    counted = all(each.weight is not None for each in known)
    head = (
        np.array([each.weight for each in known], float)
        if counted
        else 1 / (np.arange(len(known)) + 1 + OFFSET)
    )
    tail = 1 / (np.arange(made) + 51)
    share = RARE[part][1] if made else 0.0
    parts = [head / head.sum() * (1 - share), tail / max(tail.sum(), 1e-9) * share]
    sums: Floats = np.cumsum(np.concatenate(parts))
    sums[-1] = 1.0
    return sums


def _both(name: Name, part: str) -> tuple[list[str], list[str]]:
    man = spellings(name.culture, name.native, name.latin)
    if part != "family":
        return man, man
    woman = feminine(name.culture, name.native)
    return man, man if woman == name.native else spellings(name.culture, woman, ())


def feminine(culture: str, name: str) -> str:
    """`Kowalski` to `Kowalska`, where the culture does that."""
    for man, woman in tables.endings(culture):
        if name.endswith(man):
            return name.removesuffix(man) + woman
    return name
