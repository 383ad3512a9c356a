from __future__ import annotations

from typing import Any

import pytest

from pplink.errors import UsageError
from pplink.evaluation.population import Habits


@pytest.mark.parametrize(
    "rates",
    [
        {"alias": -0.1},
        {"moved": 1.1},
        {"name_slip": float("nan")},
        {"spelling": (1.0,)},
        {"spelling": (0.5, 0.5, 0.5, 0.0, 0.0)},
        {"spelling": (1.5, -0.5, 0.0, 0.0, 0.0)},
        {"year_only": 0.9, "year_month": 0.2},
        {"missing": {"shoe_size": 0.5}},
        {"missing": {"place": 2.0}},
    ],
)
def test_rates_that_cannot_be_are_refused(rates: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Habits(**rates)


def test_none_means_that_nothing_goes_wrong() -> None:
    habits = Habits.none()
    assert habits.name_slip == habits.year_only == habits.household == 0
    assert habits.missing == {}
