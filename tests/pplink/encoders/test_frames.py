"""A program's table becomes text, or the row and column that cannot are named."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pplink.encoders import frames, pipeline
from pplink.errors import DataError

HUGE = [pytest.param(10**5000, id="integer"), *(Decimal(f"1e{size}") for size in (5000, 10**6, -(10**8)))]


@pytest.mark.parametrize("value", HUGE)
def test_numbers_that_would_be_written_in_thousands_of_digits_are_refused(value):
    with pytest.raises(DataError) as caught:
        frames.to_text(pd.DataFrame({"place": ["Oslo", value]}))
    assert caught.value.message == "row 2: place is not text, a number or a date"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10**300, f"1{'0' * 300}"),
        (True, "True"),
        (Decimal("12.50"), "12.50"),
        (Decimal("7e2"), "700"),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
    ],
)
def test_other_numbers_among_texts_are_written_out(value, text):
    column = frames.to_text(pd.DataFrame({"place": ["Oslo", value]})).column("place")
    assert column.to_pylist() == ["Oslo", text]


def test_text_that_is_not_utf8_is_named_by_row_and_column(signed_agreement, rings):
    texts = pa.array([b"Oslo", b"Zebedee\xff"]).cast(pa.string(), safe=False)
    names = ["record_id", "given_name", "family_name", "birth_date"]
    table = pa.table({name: ["1", "2"] for name in names} | {"place": texts})
    with pytest.raises(DataError) as caught:
        pipeline.encode(table, signed_agreement(), rings["north"])
    assert caught.value.message == "row 2: place is not UTF-8 text"


@pytest.mark.parametrize(
    "kind",
    [pa.decimal128(12, 2), pa.decimal256(50, 2), pa.decimal128(5, -2)],
    ids=["cents", "wide", "hundreds"],
)
def test_whole_decimals_are_written_without_a_fraction_in_columns_of_their_own_too(kind):
    column = pa.array([Decimal("700"), None], kind)
    assert frames.to_text(pa.table({"record_id": column})).column(0).to_pylist() == ["700", None]


def test_decimals_with_a_fraction_keep_it():
    column = pa.array([Decimal("7.50"), Decimal("8.00")], pa.decimal128(12, 2))
    assert frames.to_text(pa.table({"amount": column})).column(0).to_pylist() == ["7.50", "8"]


@pytest.mark.parametrize(
    "value", [np.array(["Zebedee", "b"]), pd.DataFrame({"a": [1, 2]})], ids=["array", "table"]
)
def test_a_cell_that_holds_several_values_is_named_by_row_and_column(value):
    column = pd.Series(["Oslo", None], dtype=object)
    column[1] = value
    with pytest.raises(DataError) as caught:
        frames.to_text(pd.DataFrame({"place": column}))
    assert caught.value.message == "row 2: place is not text, a number or a date"


@pytest.mark.parametrize("value", [np.nan, np.float32("nan"), np.datetime64("NaT"), pd.NaT, pd.NA, None])
def test_whatever_stands_for_a_missing_value_is_one(value):
    assert frames.to_text(pd.DataFrame({"place": [1, value]})).column(0).to_pylist() == ["1", None]
    mixed = pd.DataFrame({"place": pd.Series([7, "Oslo", value], dtype=object)})
    assert frames.to_text(mixed).column(0).to_pylist() == ["7", "Oslo", None]


def test_a_header_that_is_half_of_a_character_is_no_text():
    with pytest.raises(DataError, match="a column has a name that is not text"):
        frames.to_text(pd.DataFrame({"pla\ud800ce": ["Oslo"]}))


def test_times_in_a_zone_that_this_machine_does_not_know_are_no_days():
    column = pa.array([0], pa.timestamp("s", "Nowhere/Atall"))
    with pytest.raises(DataError, match="column 'birth_date' holds timestamp"):
        frames.to_text(pa.table({"birth_date": column}))


@pytest.mark.parametrize("as_frame", [pa.Table.to_pandas, lambda table: table], ids=["pandas", "arrow"])
def test_columns_that_are_left_out_may_hold_anything(as_frame, signed_agreement, rings):
    people = pa.table(
        {
            "record_id": ["1", "2"],
            "given_name": ["Zebedee", "Maria"],
            "family_name": ["Ostrander", "Quillfeather"],
            "birth_date": ["1970-01-02", "1980-03-04"],
            "place": ["Oslo", "Varna"],
        }
    )
    others = people.append_column("scores", pa.array([[1], [2, 3]])).append_column(
        "scan", pa.array([b"\xff", b""])
    )
    encode = partial(pipeline.encode, agreement=signed_agreement(), keys=rings["north"])
    with pytest.raises(DataError):
        encode(as_frame(others))
    found, wanted = encode(as_frame(others), ignore_extra=True), encode(people)
    assert np.array_equal(found.encoding, wanted.encoding)
