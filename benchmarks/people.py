"""People: made-up persons in several units' lists, with truth. Seeded: one seed, one population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks import febrl

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MISSING = {"given_name": 0.02, "surname": 0.01, "date_of_birth": 0.03, "suburb": 0.03}
WRONG = {"given_name": 0.12, "surname": 0.12, "date_of_birth": 0.08, "suburb": 0.15}
"""Share of records in which a unit lacks a field, or has it with one slip."""


@dataclass(frozen=True, kw_only=True)
class Lists:
    """One list a unit."""

    frames: tuple[pd.DataFrame, ...]
    """Columns record_id and FEBRL's four, all text."""
    people: tuple[np.ndarray, ...]
    """For each list (n,) int64: who the record is of."""


def lists(units: int, records: int, population: int, seed: int = 1) -> Lists:
    """Each unit knows `records` of the population, drawn at random, none twice.

    Names and suburbs by their frequency in FEBRL4's first list, births evenly over 1930 to 2009: so thousands
    share both names. A slip is one letter or digit changed, left out, put in, or swapped with the next; in
    one wrong date of three, day and month are swapped where that is a date.
    """
    rng = np.random.default_rng(seed)
    known = febrl.febrl4().left
    truth = {field: rng.choice(known[field][known[field] != ""], population).astype(object)
             for field in ("given_name", "surname", "suburb")}  # fmt: skip
    days = np.datetime64("1930-01-01") + rng.integers(0, 29220, population)
    truth["date_of_birth"] = np.char.replace(days.astype(str), "-", "").astype(object)
    frames, people = [], []
    for unit in range(units):
        who = rng.permutation(population)[:records]
        columns = {field: _copied(field, truth[field][who], rng) for field in febrl.FOUR}
        frames.append(pd.DataFrame({"record_id": [f"{unit}-{row}" for row in range(records)], **columns}))
        people.append(who.astype(np.int64))
    return Lists(frames=tuple(frames), people=tuple(people))


def _copied(field: str, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A unit's own version of a column."""
    copy = values.copy()
    slip = _wrong_date if field == "date_of_birth" else _wrong_text
    for row in np.flatnonzero(rng.random(len(copy)) < WRONG[field]):
        copy[row] = slip(copy[row], rng)
    copy[rng.random(len(copy)) < MISSING[field]] = ""
    return copy


def _wrong_text(text: str, rng: np.random.Generator) -> str:
    at, letter = int(rng.integers(len(text))), LETTERS[rng.integers(26)]
    ways = (
        text[:at] + letter + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
    )
    return str(ways[rng.integers(4)])


def _wrong_date(text: str, rng: np.random.Generator) -> str:
    """Another date that exists."""
    if rng.random() < 1 / 3 and text[6:] <= "12":
        return text[:4] + text[6:] + text[4:6]
    while True:
        at = int(rng.integers(2, 8))
        wrong = text[:at] + str(rng.integers(10)) + text[at + 1 :]
        if pd.notna(pd.to_datetime(wrong, format="%Y%m%d", errors="coerce")):
            return wrong
