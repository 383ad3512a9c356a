from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pplink.join.bounds import later_windows, windows
from pplink.join.measures import MEASURES

BITS = 64
counts = st.lists(st.integers(1, BITS), max_size=30).map(lambda some: np.array(sorted(some), np.int64))
measures = st.sampled_from(list(MEASURES.values()))
thresholds = st.fractions(0, 1, max_denominator=20)


@given(counts, counts, measures, thresholds, st.booleans())
def test_a_window_holds_the_longer_partners_that_could_match_and_no_others(
    probes: np.ndarray, partners: np.ndarray, measure: object, threshold: Fraction, equals: bool
) -> None:
    reach = measure.reach(BITS, threshold)  # type: ignore[attr-defined]
    found = windows(probes, partners, measure, reach, equals=equals)  # type: ignore[arg-type]
    assert all((np.diff(column) >= 0).all() for column in found)
    for a, start, stop in zip(probes, found.start, found.stop, strict=True):
        inside = set(range(start, stop))
        for place, b in enumerate(partners):
            longer = b >= a if equals else b > a
            could = measure.key(a, b) <= reach[a]  # type: ignore[attr-defined]
            assert (place in inside) == bool(longer and could)


@given(counts, measures, thresholds)
def test_among_themselves_every_two_rows_meet_once(
    rows: np.ndarray, measure: object, threshold: Fraction
) -> None:
    reach = measure.reach(BITS, threshold)  # type: ignore[attr-defined]
    found = later_windows(rows, measure, reach)  # type: ignore[arg-type]
    for place, (start, stop) in enumerate(zip(found.start, found.stop, strict=True)):
        assert start == place + 1
        for other in range(start, len(rows)):
            could = measure.key(rows[place], rows[other]) <= reach[rows[place]]  # type: ignore[attr-defined]
            assert (other < stop) == bool(could)
