"""A clkhash schema becomes fields and an encoding, and all that differs is said; CLKs become rows."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pplink
from pplink.errors import DataError, UsageError
from pplink.importers import catalogue
from pplink.importers.clkhash.clks import read_clks
from pplink.importers.clkhash.plan import plan
from pplink.importers.clkhash.schema import read_schema

SCHEMA = Path(__file__).parent / "lists" / "schema.json"


def changed(place: Path, change) -> Path:
    value = json.loads(SCHEMA.read_text())
    change(value)
    (place / "schema.json").write_text(json.dumps(value))
    return place / "schema.json"


def test_each_feature_becomes_a_field_of_the_kind_that_is_nearest():
    made = plan(read_schema(SCHEMA))
    assert [
        (field.name, field.kind, field.positions(made.encoding.hashes), field.by_value)
        for field in made.fields
    ] == [
        ("given_name", "text", 200, True),
        ("surname", "text", 25, False),
        ("sex", "category", 20, False),
        ("dob", "date", 200, True),
        ("height", "number", 8, False),
    ]
    assert (made.encoding.bits, made.encoding.q, made.encoding.ways) == (1024, 2, ())
    height = made.fields[-1].tolerance
    assert (height.distance, height.resolution) == (5, 3)
    assert made.columns == {"given name": "given_name", "DoB": "dob"}
    assert made.dates == {"DoB": "%d/%m/%Y"}


def test_what_differs_is_said_feature_by_feature_and_what_does_not_too():
    made = plan(read_schema(SCHEMA)).differences
    said = {(each.of, each.clkhash): (each.here, each.same) for each in made}
    assert said["all", "1,024 bits after 0 folds"] == ("1,024 bits after 0 folds", True)
    assert said["all", "positions by blakeHash and doubleHash"][1] is False
    assert said["rec_id", "ignored"] == ("not a field", True)
    assert said["given name", "2-grams"] == ("2-grams, padded", True)
    assert said["surname", "places of 2-grams"] == ("2-grams, padded", False)
    assert said["surname", "25 bits a token"] == ("25 bits a token", True)
    assert said["given name", "200 bits a value"] == ("200 bits a value", True)
    assert said["sex", "a text of 1 characters is missing, and hashed as another"][1] is False
    assert said["height", "near within 5, resolution 3"] == (
        "near within 5, 3 to a side, whole numbers",
        True,
    )
    assert {each.of for each in made} == {"all", "rec_id", "given name", "surname", "sex", "DoB", "height"}


@pytest.mark.parametrize(
    ("length", "folds", "bits", "shown"), [(1000, 0, 1024, 1024), (512, 2, 2048, 512), (8192, 3, 8192, 1024)]
)
def test_length_and_folds_are_kept_where_they_can_be(tmp_path, length, folds, bits, shown):
    made = plan(read_schema(changed(tmp_path, lambda v: v["clkConfig"].update(l=length, xorFolds=folds))))
    assert (made.encoding.bits, made.encoding.width) == (bits, shown)
    assert made.differences[0].same == (shown == length)


def test_the_plan_is_an_agreement_that_encodes(tmp_path, signed_agreement, rings):
    made = plan(read_schema(SCHEMA))

    def change(terms):
        terms["fields"] = [field.to_json() for field in made.fields]
        terms["encoding"] = made.encoding.to_json()

    frame = __import__("pandas").DataFrame(
        {
            "record_id": ["1"],
            "given_name": ["Ann"],
            "surname": ["Lee"],
            "sex": ["F"],
            "dob": ["1970-02-03"],
            "height": ["170"],
        }
    )
    assert len(pplink.encode(frame, signed_agreement(change=change), rings["north"])) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.update(version=2), "is not of version 3"),
        (lambda v: v.pop("clkConfig"), "is no linkage schema"),
        (lambda v: v["clkConfig"].update(l="long"), "$.clkConfig.l"),
        (lambda v: v["clkConfig"].update(l=0), "$.clkConfig.l"),
        (lambda v: v["clkConfig"]["kdf"].update(type="PBKDF"), "$.clkConfig.kdf"),
        (lambda v: v.update(features=[]), "$.features"),
        (lambda v: v["features"][1].pop("hashing"), "$.features[1]: lacks"),
        (lambda v: v["features"][1]["hashing"].update(strategy={}), "[1].hashing.strategy"),
        (lambda v: v["features"][1]["hashing"].update(strategy={"k": 3, "numBits": 3}), "[1].hashing.strategy"),
        (lambda v: v["features"][1]["hashing"]["comparison"].update(type="sound"), "$.features[1].hashing.comparison"),
        (lambda v: v["features"][5]["hashing"]["comparison"].update(resolution=0), "$.features[5]"),
        (lambda v: v["features"].append(v["features"][2]), "the same identifier"),
        (lambda v: v.update(features=[v["features"][0]]), "1 to 64 features"),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_refused(tmp_path, change, said):
    with pytest.raises(DataError) as caught:
        plan(read_schema(changed(tmp_path, change)))
    assert said in caught.value.message


@given(st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=5))
def test_clks_keep_their_bits(rows):
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "clks.json"
        path.write_text(json.dumps({"clks": [base64.b64encode(row).decode() for row in rows]}))
        read = read_clks(path)
    assert np.bitwise_count(read).sum(axis=1).tolist() == [int.from_bytes(row).bit_count() for row in rows]
    assert read.shape == (len(rows), 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "has no CLKs"),
        ({"clks": []}, "has no CLKs"),
        ({"clks": ["??"]}, "clk 1 is no base64"),
        ({"clks": ["AAAA", 7]}, "clk 2 is no base64"),
        ({"clks": ["AAAA", "AAAAAAAA"]}, "clk 2 has another length"),
        ({"clks": [""]}, "clk 1 has another length than the first, or none"),
    ],
)
def test_what_are_no_clks_is_refused(tmp_path, value, said):
    (tmp_path / "clks.json").write_text(json.dumps(value))
    with pytest.raises(DataError, match=said.replace("?", r"\?")):
        read_clks(tmp_path / "clks.json")


def test_a_schema_and_clks_are_told_from_lists(tmp_path):
    (tmp_path / "clks.json").write_text('{"clks": ["AAAA"]}')
    for path in (SCHEMA, tmp_path / "clks.json"):
        with pytest.raises(UsageError, match="is no list of persons"):
            catalogue.read([path])
