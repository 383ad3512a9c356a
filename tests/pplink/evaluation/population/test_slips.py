from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.evaluation.population.habits import Habits
from pplink.evaluation.population.slips import one_slip, slip, write_dates

share = st.floats(0, 1, exclude_max=True)


@given(st.text(min_size=1, max_size=12), share, share, st.integers(0, 3))
def test_a_slip_changes_a_text_by_one_letter_at_most(
    text: str, where: float, letter: float, way: int
) -> None:
    found = one_slip(text, where, letter, way)
    assert found
    assert abs(len(found) - len(text)) <= 1
    assert len(found) == len(text) or way in (1, 2)
    if way == 3 and len(text) > 1:
        assert sorted(found) == sorted(text)


@pytest.mark.parametrize(("way", "expected"), [(0, "Mnria"), (1, "Mria"), (2, "Mnaria"), (3, "Mraia")])
def test_each_way_of_a_slip(way: int, expected: str) -> None:
    assert one_slip("Maria", 0.25, 0.5, way) == expected


def test_slips_hit_the_share_asked_for_and_leave_empty_texts_and_the_original() -> None:
    texts = np.array(["abcdef", ""] * 5000, object)
    found = slip(texts, 0.2, np.random.default_rng(1))
    assert (found[1::2] == "").all()
    assert (texts[::2] == "abcdef").all()
    assert (found[::2] != "abcdef").mean() == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("year_only", {"2000"}),
        ("year_month", {"2000-02"}),
        ("first_of_january", {"2000-01-01"}),
        ("day_for_month", {"2000-02-29"}),
        ("date_slip", {"2000-02-19", "2000-02-28", "2000-03-01", "2000-03-10", "1990-02-28", "1999-02-28",
                       "2001-02-28", "2010-02-28"}),
    ],
)  # fmt: skip
def test_what_a_leap_day_can_become(rate: str, written: set[str]) -> None:
    born = np.full(200, np.datetime64("2000-02-29"))
    found = write_dates(born, Habits(**{**_nothing(), rate: 1.0}), np.random.default_rng(3))
    assert set(found) == written


def test_day_and_month_are_swapped_where_that_is_a_date() -> None:
    born = np.array(["1980-03-12", "1980-03-13"], "datetime64[D]")
    found = write_dates(born, Habits(**{**_nothing(), "day_for_month": 1.0}), np.random.default_rng(3))
    assert list(found) == ["1980-12-03", "1980-03-13"]


def _nothing() -> dict[str, float]:
    names = ("year_only", "year_month", "first_of_january", "day_for_month", "date_slip")
    return dict.fromkeys(names, 0.0)
