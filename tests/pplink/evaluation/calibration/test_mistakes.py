from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pplink.errors import UsageError
from pplink.evaluation.calibration.mistakes import Mistakes, mistaken, slip_dates
from pplink.fields.catalogue import KINDS

NONE = {"slips": 0.0, "missing": 0.0, "swapped": 0.0}


@pytest.fixture(scope="module")
def terms(proposed_agreement: Any) -> Any:
    return proposed_agreement().terms


@pytest.fixture(scope="module")
def table() -> pa.Table:
    columns = {"record_id": [f"r{i}" for i in range(2000)], "given_name": ["Amina"] * 2000,
               "family_name": ["Haddad"] * 2000, "birth_date": ["1980-02-29"] * 2000,
               "place": ["Lyon", None] * 1000}  # fmt: skip
    return pa.table(columns)


def changed(table: pa.Table, terms: Any, **rates: float) -> dict[str, list[Any]]:
    found = mistaken(table, terms, Mistakes(**{**NONE, **rates}), np.random.default_rng(1))
    return {name: found.column(name).to_pylist() for name in found.column_names}


def test_without_mistakes_nothing_changes(table: pa.Table, terms: Any) -> None:
    assert changed(table, terms) == table.to_pydict()


def test_ids_and_rows_stay(table: pa.Table, terms: Any) -> None:
    found = changed(table, terms, slips=1.0, missing=0.5, swapped=1.0)
    assert found["record_id"] == table.column("record_id").to_pylist()


def test_fields_of_one_key_are_swapped(table: pa.Table, terms: Any) -> None:
    found = changed(table, terms, swapped=0.3)
    assert found["given_name"].count("Haddad") == found["family_name"].count("Amina")
    assert found["given_name"].count("Haddad") / 2000 == pytest.approx(0.3, abs=0.04)
    assert set(found["place"]) == {"Lyon", None}


def test_every_slip_is_a_value_that_its_kind_takes(table: pa.Table, terms: Any) -> None:
    found = changed(table, terms, slips=1.0)
    for field in terms.fields:
        for value in set(found[field.name]) - {None}:
            KINDS[field.kind].normalise(value)
    assert "1980-02-29" not in found["birth_date"]
    assert None in found["place"]


def test_values_go_missing_at_their_rate(table: pa.Table, terms: Any) -> None:
    found = changed(table, terms, missing=0.2)
    assert found["given_name"].count(None) / 2000 == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("1980-03-15", {"1980-03-05", "1980-03-14", "1980-03-16", "1980-03-25", "1970-03-15", "1979-03-15",
                        "1981-03-15", "1990-03-15"}),
        ("1964", {"1963", "1965"}),
        ("1964-05", {"1963-05", "1965-05"}),
        ("circa", {"circa"}),
        ("", {""}),
    ],
)  # fmt: skip
def test_what_a_date_can_become(text: str, possible: set[str]) -> None:
    found = slip_dates(np.array([text] * 300, object), 1.0, np.random.default_rng(2))
    assert set(found) == possible


def test_a_date_without_dashes_is_a_date_too() -> None:
    found = slip_dates(np.array(["19800315"] * 50, object), 1.0, np.random.default_rng(2))
    assert all(len(value) == 10 for value in found)


@pytest.mark.parametrize("rates", [{"slips": -0.1}, {"missing": 1.1}, {"swapped": float("nan")}])
def test_rates_that_cannot_be_are_refused(rates: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Mistakes(**rates)
