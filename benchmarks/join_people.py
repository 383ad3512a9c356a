"""Two long lists of made-up persons as encodings, with skewed names and households. Seeded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks import febrl
from benchmarks.encoding import encoded, terms_of

CHUNK = 250_000
"""Records put into words at a time."""
OVERLAP = 0.1
"""Share of right persons who are left persons too."""
INVENTED = 20_000
"""Names made of syllables, beside FEBRL's, for the long tail that a short list lacks."""
SHARES = {"given_name": 0.2, "surname": 0.5, "suburb": 0.3}
"""Share of persons whose value is an invented one, drawn by 1 / (rank + 50)."""
HOUSEHOLD = 0.4
"""Chance that a person shares the household, so surname and suburb, of the one before."""
SLIPS = 0.15
"""Share of an overlapping person's values with one letter changed; a date is moved by a day or ten."""
MISSING = 0.03
"""Share of suburbs missing."""


class Names:
    """A field's values, and how often each is drawn."""

    def __init__(self, field: str, rng: np.random.Generator) -> None:
        known = febrl.febrl4().left[field]
        counts = known[known != ""].value_counts()
        rare = 1 / (np.arange(INVENTED) + 51)
        shares = [counts.to_numpy() / counts.sum() * (1 - SHARES[field]), rare / rare.sum() * SHARES[field]]
        self.values = np.concatenate([counts.index.to_numpy(str), invented(rng)])
        self.shares = np.concatenate(shares)

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """(size,) int64: numbers of values."""
        return rng.choice(len(self.values), size, p=self.shares)


def invented(rng: np.random.Generator) -> np.ndarray:
    """Words of two to four syllables."""
    syllables = [
        one + two + end for one in "bcdfghjklmnprstvz" for two in "aeiou" for end in ("", "", "n", "r")
    ]
    chosen = rng.choice(syllables, (INVENTED, 4))
    sizes = rng.integers(2, 5, INVENTED)
    return np.array(["".join(row[:size]) for row, size in zip(chosen, sizes, strict=True)])


def sides(rows: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(rows, 16) uint64 twice: 1,024 bits by the preset `persons`."""
    rng = np.random.default_rng(seed)
    names = {field: Names(field, rng) for field in SHARES}
    left, right = (_persons(rows, names, rng) for _ in range(2))
    both = int(rows * OVERLAP)
    right.iloc[:both] = left.iloc[:both]
    terms = terms_of("persons")
    texts = (_words(left, names, 0, rng), _words(right, names, both, rng))
    bits = [np.concatenate([encoded(frame, terms, 1) for frame in some]) for some in texts]
    return bits[0], bits[1][rng.permutation(rows)]


def _persons(rows: int, names: dict[str, Names], rng: np.random.Generator) -> pd.DataFrame:
    """Numbers of values; births in days from 1930."""
    house = np.cumsum(rng.random(rows) >= HOUSEHOLD)
    shared = {field: names[field].draw(rows + 1, rng)[house] for field in ("surname", "suburb")}
    days = rng.integers(0, 29_220, rows)
    return pd.DataFrame({"given_name": names["given_name"].draw(rows, rng), **shared, "date_of_birth": days})


def _words(
    people: pd.DataFrame, names: dict[str, Names], slipped: int, rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    """Records as FEBRL has them, a chunk at a time; the first `slipped` of all have slips."""
    for first in range(0, len(people), CHUNK):
        some = people.iloc[first : first + CHUNK]
        slips = rng.random((len(some), 4)) < SLIPS
        slips[max(0, slipped - first) :] = False
        days = some["date_of_birth"] + slips[:, 3] * rng.choice([-10, -1, 1, 10], len(some))
        born = (np.datetime64("1930-01-01") + days.to_numpy()).astype(str)
        frame = pd.DataFrame(
            {"record_id": some.index.astype(str), "date_of_birth": np.char.replace(born, "-", "")}
        )
        for at, field in enumerate(SHARES):
            texts = names[field].values[some[field]].astype(object)
            for row in np.flatnonzero(slips[:, at]):
                texts[row] = _slip(texts[row], rng)
            frame[field] = texts
        frame.loc[rng.random(len(frame)) < MISSING, "suburb"] = ""
        yield frame


def _slip(text: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(len(text)))
    return text[:at] + "abcdefghijklmnopqrstuvwxyz"[rng.integers(26)] + text[at + 1 :]
