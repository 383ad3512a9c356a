"""Misses told from a list's own aliases: by record, whatever becomes of variants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.errors import DataError
from pplink.evaluation.calibration.aliases import _across, _halves, of_aliases
from pplink.evaluation.calibration.calibration import Calibration, calibrate
from pplink.evaluation.encoding import fields_of
from pplink.evaluation.population import make_lists


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Of 120 persons 40 have a second name that is near the first, 40 one that is another altogether."""
    found = make_lists(("north",), 120).frames["north"]
    name, others = found["name"], found["name"].iloc[::-1].to_numpy()
    near, far = name + ";" + name + " Junior", name + ";" + others
    kind = np.arange(120) % 3
    return found.assign(name=np.select([kind == 0, kind == 1], [near, far], name))


def united(terms: dict[str, Any]) -> None:
    terms["encoding"]["aliases"] = "united"


@pytest.mark.parametrize("change", [None, united])
def test_near_aliases_are_near_and_far_ones_are_missed(
    frame: pd.DataFrame, proposed_agreement: Any, change: Any
) -> None:
    agreement = proposed_agreement("persons-crossborder", protocol="broker_clk", change=change)
    scores = of_aliases(fields_of(frame, agreement.terms), agreement.terms, 1000, 1)
    assert 70 <= len(scores) <= 80
    assert 0.3 < np.mean(scores < 0.75) < 0.7
    found = calibrate(frame, agreement, from_aliases=True)
    assert found.aliases == len(scores)
    point = found.at(0.75)
    assert point is not None
    assert point.missed == pytest.approx(np.mean(scores < 0.75))
    assert Calibration(**{name: getattr(found, name) for name in found.__struct_fields__}) == found


def test_every_row_of_one_half_meets_every_row_of_the_other_and_no_other_record() -> None:
    record = np.array([0, 1, 0, 2, 1, 0, 1, 1])
    halves = _halves(record, np.array([0, 1]), np.random.default_rng(1))
    assert sorted(np.concatenate(halves).tolist()) == [0, 1, 2, 4, 5, 6, 7]
    one, other = _across(record, halves)
    assert (record[one] == record[other]).all()
    assert len({*zip(one.tolist(), other.tolist(), strict=True)}) == len(one) == 2 * 1 + 2 * 2


@pytest.mark.parametrize("preset", ["persons-crossborder", "persons"])
def test_a_list_without_aliases_says_nothing(
    frame: pd.DataFrame, proposed_agreement: Any, preset: str
) -> None:
    agreement = proposed_agreement(preset, protocol="broker_clk")
    plain = make_lists(("north",), 60).frames["north"]
    plain["birth_date"] = plain["birth_date"].where(plain["birth_date"].str.len() == 10, "")
    with pytest.raises(DataError, match="have more than one variant; 30 are needed"):
        calibrate(plain.assign(name=plain["given_name"]), agreement, from_aliases=True)
