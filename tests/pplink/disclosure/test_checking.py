"""A broker that seals for a unit something else than it logged, or more than was agreed, is found by that unit."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from msgspec import UNSET

from pplink.audit.events import Counts, LinkCount
from pplink.disclosure.checking import check_told
from pplink.disclosure.columns import Hits
from pplink.errors import IntegrityError

LINKS = (
    LinkCount(left="north", right="south", links=2),
    LinkCount(left="north", right="west", links=1),
    LinkCount(left="south", right="west", links=9),
)
COUNTS = Counts(comparisons=99, recall=1.0, cut=0, found=12, clusters=3, links=LINKS)


def rows(*numbers: int, width: int = 16) -> np.ndarray:
    return np.array([[number] * width for number in numbers], np.uint8)


HITS = Hits(
    handle=rows(1, 1, 2),
    units=("south", "west"),
    unit=np.array([0, 1, 0], np.uint16),
    other=rows(7, 7, 8),
    score=np.array([0.9, 0.7, 0.65]),
    cluster=rows(1, 1, 2, width=8),
)
"""Of north."""


@pytest.fixture(scope="module")
def terms(signed_agreement):
    return signed_agreement(score="rounded", decimals=2, threshold=0.655).terms


def learning(terms, score: str, decimals: int = 0, **more):
    learns = msgspec.structs.replace(terms.learns, score=score, decimals=decimals, **more)
    return msgspec.structs.replace(terms, learns=learns)


def found(hits, terms, counts=COUNTS, possible=None) -> str:
    with pytest.raises(IntegrityError) as caught:
        check_told("north", hits, possible, counts, terms)
    assert caught.value.hint
    return caught.value.message.removeprefix(
        "the hits sealed for north are not those that the log tells of: "
    )


def test_what_was_logged_and_agreed_passes(terms):
    check_told("north", HITS, None, COUNTS, terms)
    check_told("north", replace(HITS, score=None), None, COUNTS, learning(terms, "none"))
    exact = replace(HITS, score=np.array([0.9, 0.7, 0.655]))
    check_told("north", exact, None, COUNTS, learning(terms, "exact"))
    other_way = replace(HITS, units=("west", "south"), unit=np.array([1, 0, 1], np.uint16))
    check_told("north", other_way, None, COUNTS, terms)  # units are in their order by name
    graded = replace(HITS, score=np.array([0.9, 0.655, 0.655]))
    check_told("north", graded, None, COUNTS, learning(terms, "graded", grades=(0.9,)))


def test_no_hits_pass_if_none_were_counted(terms):
    none = Hits(
        handle=rows().reshape(0, 16),
        units=(),
        unit=np.zeros(0, np.uint16),
        other=rows().reshape(0, 16),
        score=np.zeros(0),
        cluster=rows().reshape(0, 8),
    )
    nothing = tuple(msgspec.structs.replace(each, links=0) for each in LINKS)
    check_told("north", none, None, msgspec.structs.replace(COUNTS, links=nothing), terms)
    assert found(none, terms) == "they are 0 with south, and 2 were counted"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": np.array([0, 1, 1], np.uint16)}, "they are 1 with south, and 2 were counted"),
        ({"units": ("south", "mars")}, "they name a unit that is not of the run"),
        ({"units": ("south", "west", "mars")}, "they name a unit that is not of the run"),
        ({"handle": rows(1, 2, 1), "unit": np.array([0, 0, 1], np.uint16)}, "they are not in their order"),
        ({"handle": rows(1, 1, 1), "unit": np.array([0, 0, 1], np.uint16), "other": rows(7, 7, 7)}, "twice"),
        (
            {"handle": rows(1, 1, 1), "unit": np.array([0, 0, 1], np.uint16), "other": rows(8, 7, 8)},
            "they are not in their order",
        ),
        (
            {"handle": rows(1, 1, 2), "unit": np.array([0, 0, 1], np.uint16), "other": rows(7, 8, 8)},
            "two with",
        ),
        ({"other": rows(7, 7, 7)}, "a record has two with the same unit"),
        ({"score": np.array([0.9, 0.7, 0.657])}, "they say of scores something else than was agreed"),
        ({"score": None}, "they say of scores something else than was agreed"),
        ({"score": np.array([0.9, 0.7, 0.64])}, "one has a score below the one agreed"),
    ],
)
def test_what_was_not_is_found(terms, change, said):
    assert said in found(replace(HITS, **change), terms)


def test_a_record_may_have_two_where_that_was_agreed(terms):
    many = msgspec.structs.replace(terms, assignment="many-to-many")
    check_told("north", replace(HITS, other=rows(7, 7, 7)), None, COUNTS, many)


@pytest.mark.parametrize(
    ("score", "more", "values"),
    [
        ("none", {}, [0.9, 0.7, 0.65]),
        ("exact", {}, [0.9, 0.7, 0.654]),
        ("graded", {"grades": (0.9,)}, [0.9, 0.7, 0.655]),
        ("graded", {"grades": (0.9,)}, [0.9, 0.1, 0.655]),
    ],
)
def test_scores_that_say_more_or_less_than_was_agreed_are_found(terms, score, more, values):
    assert "score" in found(replace(HITS, score=np.array(values)), learning(terms, score, **more))


def test_possible_hits_are_checked_too_and_only_if_there_may_be_any(terms):
    grey = msgspec.structs.replace(terms, possible=0.5)
    both = msgspec.structs.replace(COUNTS, possible=LINKS)
    below = replace(HITS, score=np.array([0.64, 0.6, 0.5]))
    check_told("north", HITS, below, both, grey)
    assert "below" in found(HITS, grey, both, replace(below, score=np.array([0.64, 0.6, 0.49])))
    assert "possible" in found(HITS, grey, both, replace(below, score=np.array([0.66, 0.6, 0.5])))
    exactly = learning(grey, "exact")
    exact, score = replace(HITS, score=np.array([0.9, 0.7, 0.655])), np.array([0.654, 0.6, 0.5])
    check_told("north", exact, replace(below, score=score), both, exactly)
    score[0] = 0.655
    assert "possible" in found(exact, exactly, both, replace(below, score=score))
    assert "possible" in found(HITS, grey, both, None)
    assert "possible" in found(HITS, terms, COUNTS, below)
    assert COUNTS.possible is UNSET
