"""Slips: what goes wrong when a text or a date is written down."""

from __future__ import annotations

import string

import numpy as np
import numpy.typing as npt

from pplink.evaluation.population.habits import Habits

Texts = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]


def slip(texts: Texts, rate: float, rng: np.random.Generator) -> Texts:
    """A copy in which that share of texts has one slip, see `one_slip`; empty texts stay."""
    rows = np.flatnonzero((rng.random(len(texts)) < rate) & (texts != ""))
    copy = texts.copy()
    where, letters, ways = rng.random(len(rows)), rng.random(len(rows)), rng.integers(0, 4, len(rows))
    for row, at, letter, way in zip(
        rows.tolist(), where.tolist(), letters.tolist(), ways.tolist(), strict=True
    ):
        copy[row] = one_slip(copy[row], at, letter, way)
    return copy


def one_slip(text: str, where: float, letter: float, way: int) -> str:
    """way: 0 another letter, 1 one left out, 2 one put in, 3 one swapped with the next; where and letter: from 0 to
    below 1. New letters are of the Latin alphabet for ASCII texts, else of the text's own. Never empty."""
    at = int(where * len(text))
    pool = string.ascii_lowercase if text.isascii() else text.lower()
    new = pool[int(letter * len(pool))]
    if way == 1 and len(text) > 1:
        return text[:at] + text[at + 1 :]
    if way == 2:
        return text[:at] + new + text[at:]
    if way == 3 and len(text) > 1:
        at = min(at, len(text) - 2)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + new + text[at + 1 :]


def write_dates(born: Days, habits: Habits, rng: np.random.Generator) -> Texts:
    """(n,) texts: YYYY-MM-DD, YYYY-MM or YYYY. At most one thing is wrong with each."""
    rates = (
        habits.date_slip,
        habits.day_for_month,
        habits.first_of_january,
        habits.year_only,
        habits.year_month,
    )
    wrong = np.searchsorted(np.cumsum(rates), rng.random(len(born)), side="right")
    days = _swapped(moved(born, wrong == 0, rng), wrong == 1)
    days = np.where(wrong == 2, days.astype("datetime64[Y]").astype("datetime64[D]"), days)
    texts: Texts = days.astype(str).astype(object)
    for number, unit in ((3, "Y"), (4, "M")):
        rows = wrong == number
        texts[rows] = days[rows].astype(f"datetime64[{unit}]").astype(str).astype(object)
    return texts


def moved(born: Days, rows: Bools, rng: np.random.Generator) -> Days:
    """A day, ten days, a year or ten years off; 29 February becomes the 28th."""
    days = born.copy()
    some = np.flatnonzero(rows)
    steps = rng.choice([-10, -1, 1, 10], len(some))
    years = rng.random(len(some)) < 0.5
    days[some] += np.where(years, 0, steps).astype("timedelta64[D]")
    late = some[years]
    months = days[late].astype("datetime64[M]")
    day = np.minimum((days[late] - months).astype(int), 27)
    days[late] = (months + (12 * steps[years]).astype("timedelta64[M]")).astype("datetime64[D]") + day
    return days


def _swapped(born: Days, rows: Bools) -> Days:
    years, months = born.astype("datetime64[Y]"), born.astype("datetime64[M]")
    month, day = (months - years.astype("datetime64[M]")).astype(int), (born - months).astype(int)
    other = (years.astype("datetime64[M]") + day).astype("datetime64[D]") + month
    return np.where(rows & (day < 12), other, born)
