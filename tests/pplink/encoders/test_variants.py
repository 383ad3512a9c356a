"""A person's variants are rows of one record; how many there are is not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.dataset import reader
from pplink.encoders import pipeline
from pplink.encoders.decoys import padded
from pplink.encoders.handles import handles
from pplink.encoders.variants import spread
from pplink.errors import DataError

CAP = 4


@pytest.fixture(scope="module")
def agreement(signed_agreement):
    def change(terms):
        terms["encoding"] |= {"variants": CAP, "bits": 2048, "hashes": 1}
        terms["fields"] = [
            {"name": "name", "kind": "person_name", "weight": 1, "key": "name", "required": False},
            {"name": "birth_date", "kind": "life_date", "weight": 1, "key": "birth_date", "required": False},
        ]

    return signed_agreement(change=change)


@pytest.fixture
def north(rings):
    return rings["north"]


def people(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id", "name", "birth_date"])


def held(frame, agreement, ring, **options) -> list[set[bytes]]:
    """The encodings of each record."""
    dataset = pipeline.encode(frame, agreement, ring, **options)
    reader.verify(dataset, agreement)
    rows = dataset.encoding.reshape(len(dataset), CAP, -1)
    return [{row.tobytes() for row in record} for record in rows]


LONG = people(("a", "Amina Haddad", "1971"), ("b", "Boris Petrov", "1985-11-30"), ("a", "Umm Salim", "1971"))
LISTED = people(("a", "Amina Haddad; Umm Salim", "1971"), ("b", "Boris Petrov", "1985-11-30"))


def test_long_form_and_a_list_in_a_cell_are_one(agreement, north):
    for long, listed in zip(held(LONG, agreement, north), held(LISTED, agreement, north), strict=True):
        assert len(long & listed) in (1, 2)
    assert len(held(LONG, agreement, north)[0] & held(LISTED, agreement, north)[0]) == 2


def test_a_repeated_column_is_a_list_in_a_cell(agreement, north):
    frame = people(("a", "Amina Haddad", "1971")).assign(alias=["Umm Salim"])
    (repeated,) = held(frame, agreement, north, columns={"alias": "name"})
    assert len(repeated & held(LISTED, agreement, north)[0]) == 2


def test_every_record_has_as_many_rows_and_one_handle(agreement, north):
    dataset = pipeline.encode(LONG, agreement, north)
    assert (len(dataset), len(dataset.encoding)) == (2, 2 * CAP)
    assert np.array_equal(dataset.handle, handles("ab", north.handle_key(agreement.id)))
    assert dataset.manifest.records == 2


def test_decoys_are_as_full_as_variants_and_new_each_time(agreement, north):
    frame = people(("b", "Boris Petrov", "1985-11-30"))
    one, two = (pipeline.encode(frame, agreement, north).encoding for _ in range(2))
    assert len(set(np.bitwise_count(one).sum(axis=1).tolist())) == 1
    shared = {row.tobytes() for row in one} & {row.tobytes() for row in two}
    assert len(shared) == 1


def test_the_place_of_the_variant_tells_nothing(agreement, north):
    frame = people(*((str(i), "Boris Petrov", "1985-11-30") for i in range(40)))
    rows = pipeline.encode(frame, agreement, north).encoding.reshape(40, CAP, -1)
    (real,) = set.intersection(*({row.tobytes() for row in record} for record in rows))
    assert len({i for record in rows for i, row in enumerate(record) if row.tobytes() == real}) == CAP


def test_names_and_dates_are_combined_and_repeats_are_one():
    table = pa.table({"record_id": ["a", "a"], "name": ["X; Y;;X", "Y"], "born": ["1;2", "2"]})
    parts = spread(table, 16)
    assert parts.table.to_pylist() == [
        {"record_id": "a", "name": name, "born": born} for name in ("X", " Y") for born in "12"
    ] + [{"record_id": "a", "name": "Y", "born": "2"}]
    assert parts.source.tolist() == [0, 0, 0, 0, 1]
    assert parts.place.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "A;B;C;D;E", "1971")], "row 1: record_id has more variants than the agreement allows"),
        ([("a", ";".join(f"N{i}" for i in range(900)), "1971")], "row 1: record_id has more variants"),
        (
            [("b", "B", ""), *(("a", f"Name{'x' * i}", "1971") for i in range(1, 6))],
            "row 6: record_id has more",
        ),
        ([("a", "A;B;C", "1971;1972")], "row 1: record_id has more variants"),
        ([("a", "A", "1971"), ("b", "B", "1971;32/13/1980")], "row 2: birth_date is not a date"),
        ([("", "A;B", "1971")], "row 1: record_id is missing"),
        ([(None, "A", "1971"), (None, "B", "1971")], "row 1: record_id is missing"),
    ],
)
def test_a_bad_variant_is_named_by_its_row_of_the_list(agreement, north, rows, said):
    with pytest.raises(DataError) as caught:
        pipeline.encode(people(*rows), agreement, north)
    assert said in caught.value.message


def test_twenty_thousand_variants_of_one_person_are_refused(agreement, north):
    frame = pd.DataFrame({"record_id": "a", "name": [f"N{i:x}" for i in range(20_000)], "birth_date": "1971"})
    frame["name"] = frame["name"].str.translate(str.maketrans("0123456789", "ghijklmnop"))
    with pytest.raises(DataError, match="more variants than the agreement allows"):
        pipeline.encode(frame, agreement, north)


def test_what_is_too_many_is_left_out_on_demand(agreement, north):
    frame = people(("a", "Ab;Cd;Ef;Gh;Ij", "1971"), ("b", "Kl", "1971"))
    outcome = pipeline.encode_list(frame, agreement, north, bad_rows="skip")
    assert (len(outcome.dataset), outcome.dataset.manifest.rejected) == (2, 1)
    assert outcome.rejects["row"].to_pylist() == [1]


def test_a_record_with_one_good_variant_stays(agreement, north):
    frame = people(("a", "Ab", "1971-02-30;1971"), ("b", "Kl", "no"), ("c", "Mn", "1980"))
    outcome = pipeline.encode_list(frame, agreement, north, bad_rows="skip")
    assert np.array_equal(outcome.dataset.handle, handles("ac", north.handle_key(agreement.id)))


def test_an_agreement_without_variants_takes_a_mark_as_written(signed_agreement, north):
    frame = pd.DataFrame(
        {
            "record_id": ["a"],
            "given_name": ["Ann;Bo"],
            "family_name": "C",
            "birth_date": "1980-04-03",
            "place": "D",
        }
    )
    assert len(pipeline.encode(frame, signed_agreement(), north).encoding) == 1


@given(st.lists(st.integers(1, 3), min_size=1, max_size=6), st.integers(3, 5))
def test_padding_keeps_every_encoding_with_its_record(counts, most):
    record = np.repeat(np.arange(len(counts)), counts)
    rows = np.random.default_rng(7).integers(0, 2**64, (len(record), 2), np.uint64)
    filled = padded(rows, record, most).reshape(len(counts), most, 2)
    for number, group in enumerate(filled):
        own = {row.tobytes() for row in rows[record == number]}
        assert own <= {row.tobytes() for row in group}
        sizes = set(np.bitwise_count(rows[record == number]).sum(axis=1).tolist())
        assert set(np.bitwise_count(group).sum(axis=1).tolist()) == sizes
