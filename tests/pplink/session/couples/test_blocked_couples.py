"""Three units whose lists are blocked: each couple has blocks of its own, and finds what is in them."""

from __future__ import annotations

import pytest

from pplink.audit.verification import verify

pytestmark = pytest.mark.usefixtures("blocks_pay")

UNITS = ("north", "south", "west")


@pytest.mark.parametrize(
    "options",
    [
        {"blocking_recall": 0.9999, "threshold": 0.8},
        {"blocking_year": "birth_date", "threshold": 0.9},
    ],
    ids=["encodings", "years"],
)
def test_each_couple_finds_what_the_plain_computation_finds(make_circle, options):
    """Where records that match at .9 were born in one year, years miss none."""
    circle = make_circle(**options)
    circle.run()
    assert not any(circle.result(name).failed for name in (*UNITS, "hub"))
    for one, other in (("north", "south"), ("north", "west"), ("south", "west")):
        found = circle.met(one, other)
        assert found == circle.plain(one, other)
        assert len(found) > 5
        record = circle.folder / one / "record" / f"{one}+{other}"
        assert verify(record).first_failure is None
