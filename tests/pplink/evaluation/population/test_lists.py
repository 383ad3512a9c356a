"""Made-up lists: seeded, of the sizes and overlaps asked for, with truth that holds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from pplink.errors import UsageError
from pplink.evaluation.population import Habits, Lists, make_lists
from pplink.evaluation.population.records import COLUMNS

UNITS = ("north", "south", "west")


@pytest.fixture(scope="module")
def lists() -> Lists:
    return make_lists(UNITS, 4000, overlap=0.3)


@pytest.fixture(scope="module")
def clean() -> Lists:
    return make_lists(("north", "south"), 2000, overlap=1.0, habits=Habits.none())


def test_each_list_has_the_columns_and_the_size_asked_for(lists: Lists) -> None:
    for frame in lists.frames.values():
        assert tuple(frame.columns) == COLUMNS
        assert len(frame) == 4000
        assert frame["record_id"].is_unique
        assert all(isinstance(value, str) for value in frame.to_numpy().ravel())


def test_no_person_is_twice_in_one_list(lists: Lists) -> None:
    assert all(len(np.unique(people)) == len(people) == 4000 for people in lists.people.values())


@pytest.mark.parametrize("overlap", [0.0, 0.25, 1.0])
def test_two_lists_overlap_exactly_as_asked(overlap: float) -> None:
    made = make_lists(("a", "b"), 400, overlap=overlap)
    assert len(np.intersect1d(made.people["a"], made.people["b"])) == 400 * overlap


def test_several_lists_overlap_about_as_asked(lists: Lists) -> None:
    every, times = np.unique(np.concatenate(list(lists.people.values())), return_counts=True)
    for people in lists.people.values():
        assert np.isin(people, every[times > 1]).mean() == pytest.approx(0.3, abs=0.03)
    assert all(len(np.intersect1d(*pair)) for pair in combinations(lists.people.values(), 2))
    assert (times == 3).any()


def test_the_same_seed_makes_the_same_lists_and_another_does_not(lists: Lists) -> None:
    again, other = make_lists(UNITS, 4000, overlap=0.3), make_lists(UNITS, 4000, overlap=0.3, seed=2)
    for unit in UNITS:
        pd.testing.assert_frame_equal(again.frames[unit], lists.frames[unit])
        assert np.array_equal(again.people[unit], lists.people[unit])
        assert not other.frames[unit].equals(lists.frames[unit])


def test_without_habits_two_units_say_the_same_of_a_person(clean: Lists) -> None:
    sides = [clean.frames[unit].set_index(clean.people[unit]).sort_index() for unit in clean.frames]
    facts = [side.drop(columns="record_id") for side in sides]
    pd.testing.assert_frame_equal(*facts)
    assert (facts[0].drop(columns="aliases") != "").to_numpy().all()
    assert facts[0]["document"].is_unique


def test_a_whole_name_is_the_two_that_are_known(lists: Lists) -> None:
    frame = lists.frames["north"]
    joined = (frame["given_name"] + " " + frame["family_name"]).str.strip()
    assert (frame["name"] == joined).all()


def test_names_repeat_and_households_share_surname_and_address() -> None:
    made = make_lists(("a",), 6000, habits=Habits()).frames["a"]
    counts = made["family_name"].value_counts()
    assert counts.iloc[0] > 20
    assert len(counts) > 1500
    shared = made[(made["street"] != "") & (made["house_number"] != "")]
    homes = shared.groupby(["family_name", "place", "street", "house_number"]).size()
    assert (homes > 1).sum() > 100


def test_names_stand_in_several_scripts(lists: Lists) -> None:
    text = "".join(lists.frames["north"]["family_name"])
    for first, last in ("AZ", "АЯ", "ΑΩ", "აჰ", "ابي"[::2], "一龥"):
        assert any(first <= letter <= last for letter in text)


def test_birth_dates_are_full_or_partial_at_about_their_rates(lists: Lists) -> None:
    dates = pd.concat([frame["birth_date"] for frame in lists.frames.values()])
    known = dates[dates != ""]
    assert (dates == "").mean() == pytest.approx(0.04, abs=0.01)
    assert (known.str.len() == 4).mean() == pytest.approx(0.05, abs=0.01)
    assert (known.str.len() == 7).mean() == pytest.approx(0.02, abs=0.01)
    assert known.str.endswith("-01-01").mean() == pytest.approx(0.0225, abs=0.01)
    full = known[known.str.len() == 10]
    assert pd.to_datetime(full).between("1900-01-01", "2022-01-01").all()


def test_some_records_know_another_name(lists: Lists) -> None:
    known = lists.frames["north"]["aliases"]
    assert (known != "").mean() == pytest.approx(0.15 * 0.5, abs=0.02)
    assert known.str.contains(";").any()


def test_women_of_some_cultures_have_another_ending(clean: Lists) -> None:
    frame = clean.frames["north"]
    polish = frame[frame["nationality"] == "PL"]
    assert polish[polish["sex"] == "F"]["family_name"].str.endswith("wska").any()
    assert not polish[polish["sex"] == "M"]["family_name"].str.endswith("wska").any()


@pytest.mark.parametrize(
    ("units", "records", "overlap"),
    [((), 5, 0.1), (("a", "a"), 5, 0.1), (("a",), 0, 0.1), (("a", "b"), 5, -0.1), (("a", "b"), 5, 1.1)],
)
def test_lists_that_cannot_be_are_refused(units: tuple[str, ...], records: int, overlap: float) -> None:
    with pytest.raises(UsageError):
        make_lists(units, records, overlap=overlap)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_tiny_lists_can_be_made(size: int) -> None:
    made = make_lists(("a", "b", "c", "d"), size, overlap=1.0)
    assert all(len(frame) == size for frame in made.frames.values())
