"""A list becomes a dataset if it is as the agreement says; what is wrong is named by row and field only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pplink.dataset import reader
from pplink.encoders import pipeline
from pplink.encoders.handles import handles
from pplink.encoders.rejects import beside
from pplink.errors import AgreementError, DataError, UsageError

SECRETS = ("Zebedee", "Quixote", "1980-99-03", "ID-77")


@pytest.fixture(scope="module")
def agreement(signed_agreement):
    return signed_agreement()


@pytest.fixture(scope="module")
def strict(signed_agreement):
    def change(terms):
        terms["fields"] = [
            {**field, "required": field["name"] in ("family_name", "birth_date")} for field in terms["fields"]
        ]

    return signed_agreement(change=change)


@pytest.fixture
def north(rings):
    return rings["north"]


def people(**columns) -> pd.DataFrame:
    base = {
        "record_id": ["a", "b", "c", "d"],
        "given_name": ["Anna", "Łukasz", None, "Zebedee"],
        "family_name": ["Smith", "Nowak", "Quixote", ""],
        "birth_date": ["1980-04-03", "19811231", "", "2000-02-29"],
        "place": ["Oslo", "Łódź", "Ny-Ålesund", " "],
    }
    return pd.DataFrame({**base, **columns})


BAD_DATES = ["1980-04-03", "1980-99-03", "x", "2000-02-29"]


def refused(frame, agreement, ring, error=DataError, **options) -> str:
    with pytest.raises(error) as caught:
        pipeline.encode(frame, agreement, ring, **options)
    said = f"{caught.value.message} {caught.value.hint}"
    assert not any(secret in said for secret in SECRETS)
    return said


def test_a_list_becomes_a_dataset_that_verifies(agreement, north):
    dataset = pipeline.encode(people(), agreement, north)
    reader.verify(dataset, agreement)
    assert dataset.encoding.shape == (4, agreement.terms.encoding.bits // 64)
    assert np.array_equal(dataset.handle, handles("abcd", north.handle_key(agreement.id)))
    assert dataset.manifest.records == 4
    assert (np.bitwise_count(dataset.encoding).sum(axis=1) > 0).all()


def test_two_units_encode_one_person_alike_under_unlike_handles(agreement, rings):
    north, south = (pipeline.encode(people(), agreement, rings[name]) for name in ("north", "south"))
    assert np.array_equal(north.encoding, south.encoding)
    assert not np.array_equal(north.handle, south.handle)
    assert north.manifest.confirmation == south.manifest.confirmation


def test_two_agreements_give_unlike_bits(agreement, signed_agreement, north):
    other = pipeline.encode(people(), signed_agreement(days=31), north)
    one = pipeline.encode(people(), agreement, north)
    assert not np.array_equal(one.encoding, other.encoding)
    assert one.manifest.confirmation != other.manifest.confirmation


def test_spelling_that_does_not_matter_does_not_matter(agreement, north):
    other = people(
        given_name=["ANNA ", "Lukasz", "", "zebedee"],
        birth_date=["19800403", "1981-12-31", None, "20000229.0"],
        place=["oslo", "Lodz", "Ny Alesund", None],
    )
    one, two = (pipeline.encode(frame, agreement, north) for frame in (people(), other))
    assert np.array_equal(one.encoding, two.encoding)


def test_any_table_will_do(agreement, north):
    frame = people()
    expected = pipeline.encode(frame, agreement, north).encoding
    for table in (
        pa.Table.from_pandas(frame),
        frame.astype("string"),
        frame.astype("string[pyarrow]"),
        frame.astype("category"),
        frame.set_index(pd.Index([7, 7, 7, 7])),
        frame[frame.columns[::-1]],
    ):
        assert np.array_equal(pipeline.encode(table, agreement, north).encoding, expected)


def test_row_order_and_chunks_do_not_matter(agreement, north, monkeypatch):
    frame = people()
    expected = pipeline.encode(frame, agreement, north)
    backwards = pipeline.encode(frame[::-1], agreement, north)
    assert np.array_equal(backwards.encoding[::-1], expected.encoding)
    monkeypatch.setattr("pplink.encoders.scanning.CHUNK", 3)
    assert np.array_equal(pipeline.encode(frame, agreement, north).encoding, expected.encoding)


def test_one_row_is_a_list(agreement, north):
    assert len(pipeline.encode(people()[:1], agreement, north)) == 1


def test_a_bad_date_stops_by_row_and_field(agreement, north):
    said = refused(people(birth_date=BAD_DATES), agreement, north)
    assert "row 2: birth_date is not a date" in said
    assert "1 more bad rows" in said
    assert "--skip-bad-rows" in said
    assert "--blank-bad-values" in said


def test_bad_rows_are_left_out_and_kept_for_the_unit(agreement, north, tmp_path):
    outcome = pipeline.encode_list(people(birth_date=BAD_DATES), agreement, north, bad_rows="skip")
    assert outcome.dataset.manifest.rejected == 2
    assert np.array_equal(outcome.dataset.handle, handles("ad", north.handle_key(agreement.id)))
    expected = pipeline.encode(people().iloc[[0, 3]], agreement, north)
    assert np.array_equal(outcome.dataset.encoding, expected.encoding)
    assert outcome.rejects["row"].to_pylist() == [2, 3]
    with beside(tmp_path / "rejects.csv", outcome.rejects):
        assert not (tmp_path / "rejects.csv").exists()
    assert (tmp_path / "rejects.csv").stat().st_mode & 0o777 == 0o600
    text = (tmp_path / "rejects.csv").read_text()
    assert "birth_date is not a date" in text
    assert "1980-99-03" in text


def test_bad_values_are_blanked_where_the_field_may_be_missing(agreement, north):
    outcome = pipeline.encode_list(people(birth_date=BAD_DATES), agreement, north, bad_rows="blank")
    assert (outcome.dataset.manifest.blanked, outcome.dataset.manifest.rejected) == (2, 0)
    assert outcome.rejects is None
    blank = people(birth_date=["1980-04-03", "", None, "2000-02-29"])
    assert np.array_equal(outcome.dataset.encoding, pipeline.encode(blank, agreement, north).encoding)


def test_a_required_field_is_not_blanked(strict, north):
    frame = people(birth_date=BAD_DATES, family_name=["A", "B", "C", "D"])
    assert "row 2: birth_date is not a date" in refused(frame, strict, north, bad_rows="blank")
    outcome = pipeline.encode_list(frame, strict, north, bad_rows="blank-then-skip")
    assert (outcome.dataset.manifest.rejected, outcome.dataset.manifest.blanked) == (2, 0)


@pytest.mark.parametrize("missing", ["", None, " ", "--", "\u3000", float("nan"), pd.NA, pd.NaT])
def test_a_required_value_that_says_nothing_is_missing(strict, north, missing):
    frame = people(birth_date=["19800403"] * 4, family_name=["A", "B", missing, "D"])
    assert "row 3: family_name is missing" in refused(frame, strict, north)
    counts = pipeline.check(frame, strict.terms)
    assert (counts.fields[2].name, counts.fields[2].missing, counts.fields[2].bad) == ("family_name", 1, 0)


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["a", "b", "a", "a"], "row 3: record_id repeats the id of an earlier row, and 1 more"),
        (["a", "", "c", "d"], "row 2: record_id is missing"),
        (["a", None, None, "a"], "row 2: record_id is missing, and 2 more"),
        (["a", "b", "\t", "d"], "row 3: record_id is missing"),
        (["a", "b", "c", "ID-77\0"], "row 4: record_id has a NUL"),
        (["a", "b", "c", "x" * 5000], "row 4: record_id is longer"),
        ([1, 2, 2, 3], "row 3: record_id repeats"),
    ],
)
@pytest.mark.parametrize("policy", ["stop", "blank"])
def test_every_row_needs_an_id_of_its_own(agreement, north, ids, said, policy):
    assert said in refused(people(record_id=ids), agreement, north, bad_rows=policy)


def test_of_equal_ids_the_first_row_is_kept(agreement, north):
    dataset = pipeline.encode(people(record_id=["a", "b", "a", None]), agreement, north, bad_rows="skip")
    assert np.array_equal(dataset.handle, handles("ab", north.handle_key(agreement.id)))


@pytest.mark.parametrize("value", ["Zebedee\0", "Zebedee" * 1000, "é" * 4097])
def test_damaged_values_are_bad_in_any_field(agreement, north, value):
    said = refused(people(place=["Oslo", "Bergen", value, ""]), agreement, north)
    assert "row 3: place" in said


def test_a_list_without_rows_or_values_is_refused(agreement, north):
    assert "no rows" in refused(people()[:0], agreement, north)
    nothing = dict.fromkeys(["given_name", "family_name", "birth_date", "place"])
    assert "no row has a value" in refused(people(**nothing), agreement, north)
    bad = people(birth_date=["x"] * 4)
    assert "all 4 rows are bad" in refused(bad, agreement, north, bad_rows="skip")


def test_missing_columns_are_listed(agreement, north):
    frame = people().drop(columns=["place", "birth_date"])
    said = refused(frame, agreement, north)
    assert "lacks columns birth_date, place" in said
    assert "--map" in said


def test_a_list_without_header_does_not_print_its_first_person(agreement, north):
    frame = pd.DataFrame(
        [["ID-77", "Zebedee", "Quixote", "1980", "x"]], columns=["ID-77", "Zebedee", "Quixote", "1", "2"]
    )
    assert "is the first line a header?" in refused(frame, agreement, north)


def test_extra_columns_are_named_unless_left_out(agreement, north):
    frame = people(family_nam=["x"] * 4)
    said = refused(frame, agreement, north)
    assert "column family_nam, which the agreement does not name" in said
    assert "--ignore-extra" in said
    pipeline.encode(frame, agreement, north, ignore_extra=True)


def test_foreign_headers_are_mapped(agreement, north):
    frame = people().rename(columns={"family_name": "surname", "record_id": "rec_id"})
    columns = {"surname": "family_name", "rec_id": "record_id"}
    mapped = pipeline.encode(frame, agreement, north, columns=columns)
    assert np.array_equal(mapped.encoding, pipeline.encode(people(), agreement, north).encoding)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"surname": "family_name"}, UsageError),
        ({"place": "town"}, UsageError),
        ({"place": "given_name"}, DataError),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(agreement, north, columns, error):
    refused(people(), agreement, north, error, columns=columns)


@pytest.mark.parametrize("header", ["place", 7])
def test_headers_are_texts_and_stand_once(agreement, north, header):
    frame = people()
    frame.columns = [*frame.columns[:3], header, "place"]
    refused(frame, agreement, north)


def test_no_table_is_refused(agreement, north):
    for frame in ([], {}, None, "people.csv"):
        refused(frame, agreement, north, UsageError)


def test_an_unknown_policy_is_refused(agreement, north):
    refused(people(), agreement, north, UsageError, bad_rows="ignore")


@pytest.mark.parametrize("days", [-1, 31])
def test_an_agreement_out_of_its_time_is_refused(agreement, north, days):
    now = datetime.now(UTC) + timedelta(days=days)
    with pytest.raises(AgreementError):
        pipeline.encode_list(people(), agreement, north, now=now)


def test_an_agreement_without_a_signature_is_refused(signed_agreement, rings, stranger, agreement):
    refused(people(), signed_agreement(signers=("north",)), rings["north"], AgreementError)
    for ring in (rings["hub"], rings["officer"], stranger):
        refused(people(), agreement, ring, AgreementError)


def test_check_counts_without_keys(strict):
    frame = people(birth_date=BAD_DATES, record_id=["a", "a", "c", ""], place=["", None, "x", "y"])
    found = pipeline.check(frame, strict.terms, bad_rows="blank-then-skip")
    counts = {field.name: (field.missing, field.bad) for field in found.fields}
    assert counts == {
        "record_id": (1, 1),
        "given_name": (1, 0),
        "family_name": (1, 0),
        "birth_date": (0, 2),
        "place": (2, 0),
    }
    assert (found.rows, found.repeated_ids, found.bad_rows, found.empty) == (4, 1, 3, 0)
    assert found.to_json()["fields"][0]["name"] == "record_id"


def test_an_empty_record_has_an_empty_filter(agreement, north):
    blank = people(
        given_name=["Aleksandra Maria", None, "Bartholomew", "Christopher"],
        family_name=["Nowak", None, "Simpson", "Robin"],
        birth_date=None,
        place=None,
    )
    outcome = pipeline.encode_list(blank, agreement, north)
    assert not outcome.dataset.encoding[1].any()
    assert outcome.validation.empty == 1
    assert outcome.validation.fill.min == 0


@pytest.mark.parametrize(
    "written",
    [
        pd.Series(pd.to_datetime(["1980-04-03", "1981-12-31", None, "2000-02-29"])),
        pd.Series(pd.to_datetime(["1980-04-03", "1981-12-31", None, "2000-02-29"])).dt.tz_localize(
            "Asia/Tokyo"
        ),
        pd.Series([date(1980, 4, 3), date(1981, 12, 31), None, date(2000, 2, 29)]),
        pd.Series(
            [datetime(1980, 4, 3), "1981-12-31", pd.NaT, pd.Timestamp("2000-02-29 13:00")], dtype=object
        ),
        pd.Series([19800403.0, 19811231, np.nan, 20000229]),
        pd.Series([19800403, 19811231, None, 20000229], dtype="Int64"),
        pd.Series([19800403, "19811231", None, np.float32(np.nan)], dtype=object).where(
            lambda s: s.index < 3, 20000229.0
        ),
    ],
    ids=["datetime64", "zoned", "date", "mixed", "float", "Int64", "object"],
)
def test_dates_are_read_from_whatever_holds_them(agreement, north, written):
    frame = people(birth_date=written)
    assert np.array_equal(
        pipeline.encode(frame, agreement, north).encoding,
        pipeline.encode(people(), agreement, north).encoding,
    )


@pytest.mark.parametrize("value", [b"\xff", object(), ["x"], "\ud800Zebedee", 1 + 2j])
def test_values_of_other_types_are_named_by_row(agreement, north, value):
    said = refused(people(place=["Oslo", value, "x", "y"]), agreement, north)
    assert "row 2: place" in said or "place" in said


def test_columns_of_other_types_are_refused(agreement, north):
    said = refused(people(place=pd.Series(pd.to_timedelta([1, 2, 3, 4]))), agreement, north)
    assert "place" in said
    table = pa.Table.from_pandas(people()).drop(["place"]).append_column("place", pa.array([[1]] * 4))
    refused(table, agreement, north)
