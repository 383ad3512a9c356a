"""What two values in one form have in common, and what they don't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.fields.catalogue import KINDS
from pplink.fields.forms import RULES, fits, forms


def meet(form, kind, one, other, sides=("both", "both")):
    normal = [KINDS[kind].normalise(each) for each in (one, other)]
    return not set(forms(form, normal[0], sides[0])).isdisjoint(forms(form, normal[1], sides[1]))


@pytest.mark.parametrize(
    ("form", "kind", "one", "other", "together"),
    [
        ("exact", "document", "AB 123456", "ab-123456", True),
        ("exact", "person_name", "NOWAK, Jan", "Jan Nowak", True),
        ("exact", "person_name", "Jan Novak", "Jan Nowak", False),
        ("sound", "person_name", "Yussuf Grigorijevitj", "Grigoryevich Yusuf", True),
        ("sound", "person_name", "Anna Berg", "Anna Maria Berg", False),
        ("pairs", "person_name", "Anna Berg", "Anna Maria Berg", True),
        ("pairs", "person_name", "Anna Berg", "Anna Holm", False),
        ("pairs", "person_name", "Pele", "Pele", True),
        ("year", "life_date", "1964-03-08", "1964", True),
        ("year", "date", "19640308", "1964-12-31", True),
        ("year", "life_date", "1964/1966", "1966-01-02", True),
        ("year", "life_date", "1964/1966", "1967", False),
        ("tolerant", "life_date", "1964-03-08", "1964-03-08", True),
        ("tolerant", "life_date", "1964-03-08", "1964-08-03", True),
        ("tolerant", "life_date", "1964-03-08", "1965-03-08", True),
        ("tolerant", "life_date", "1963-03-08", "1964-03-08", True),
        ("tolerant", "life_date", "1962-03-08", "1964-03-08", False),
        ("tolerant", "life_date", "1964-03-08", "1964-03-09", False),
        ("tolerant", "life_date", "1964-03-08", "1964", False),
        ("tolerant", "life_date", "1964", "1964/1966", True),
        ("tolerant", "date", "19640308", "19640803", True),
    ],
)
def test_values_meet_as_their_form_says(form, kind, one, other, together):
    assert meet(form, kind, one, other) == meet(form, kind, other, one) == together


@pytest.mark.parametrize(
    ("listed", "asked", "together"),
    [
        ("1964", "1964-03-08", True),
        ("1964-03-08", "1964", True),
        ("1964-03", "1964-12-31", True),
        ("1964", "1964/1966", True),
        ("1964-03-08", "1964-12-31", False),
        ("1964-03-08", "1965-03-08", True),
        ("1964", "1965-03-08", False),
    ],
)
def test_a_query_meets_also_what_a_list_knows_less_exactly_and_the_reverse(listed, asked, together):
    assert meet("tolerant", "life_date", listed, asked, ("list", "query")) == together


def test_nothing_has_no_form():
    assert [forms(form, "") for form in RULES] == [()] * len(RULES)


@given(st.dates(), st.dates())
def test_days_of_lists_meet_only_when_near(one, other):
    texts = [each.isoformat() for each in (one, other)]
    found = not set(forms("tolerant", texts[0])).isdisjoint(forms("tolerant", texts[1]))
    swapped = {one.month, one.day} == {other.month, other.day} and one.year == other.year
    beside = (one.month, one.day) == (other.month, other.day) and abs(one.year - other.year) <= 1
    assert found == (swapped or beside)


@given(st.text(min_size=1, max_size=30))
def test_no_text_of_a_name_has_a_control_character(value):
    try:
        normal = KINDS["person_name"].normalise(value)
    except Exception:  # noqa: BLE001  a bad value is none
        return
    assert all(text.isprintable() for form in ("exact", "sound", "pairs") for text in forms(form, normal))


def test_dates_have_no_sound_and_names_no_year():
    assert fits("exact", "document")
    assert fits("sound", "name")
    assert not fits("sound", "life_date")
    assert not fits("year", "person_name")
    assert not fits("tolerant", "document")
