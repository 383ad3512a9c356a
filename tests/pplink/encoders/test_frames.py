"""A program's table becomes text, or the row and column that cannot are named."""

from __future__ import annotations

from decimal import Decimal

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
