"""Where an agreement unites aliases, a person has one encoding with the features of all of them."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pplink.dataset import reader
from pplink.encoders import pipeline
from pplink.encoders.handles import handles
from pplink.encoders.variants import abreast, gathered, spread
from pplink.errors import AgreementError, DataError, RefusedError
from pplink.evaluation.attacks.scene import make_scene
from pplink.evaluation.encoding import encoded, fields_of, records_of

CAP = 4
LONG = (("a", "Amina Haddad", "1971"), ("b", "Boris Petrov", "1985-11-30"), ("a", "Umm Salim", "1972"))


def change(terms: dict[str, Any]) -> None:
    terms["encoding"] |= {"variants": CAP, "aliases": "united", "bits": 2048, "hashes": 1}
    terms["encoding"].pop("floor", None)
    terms["fields"] = [
        {"name": "name", "kind": "person_name", "weight": 1, "key": "name", "required": False},
        {"name": "birth_date", "kind": "life_date", "weight": 1, "key": "birth_date", "required": False},
    ]


@pytest.fixture(scope="module")
def agreement(signed_agreement):
    return signed_agreement(change=change)


@pytest.fixture
def north(rings):
    return rings["north"]


def people(*rows: tuple[str | None, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id", "name", "birth_date"])


def test_a_record_has_one_encoding_the_union_of_its_variants(agreement, north):
    dataset = pipeline.encode(people(*LONG), agreement, north)
    reader.verify(dataset, agreement)
    parts = [pipeline.encode(people(row), agreement, north).encoding[0] for row in LONG]
    assert np.array_equal(dataset.encoding, [parts[0] | parts[2], parts[1]])
    assert np.array_equal(dataset.handle, handles("ab", north.handle_key(agreement.id)))


def test_rows_cells_and_columns_say_the_same(agreement, north):
    wanted = pipeline.encode(people(*LONG), agreement, north).encoding
    cells = people(("a", "Amina Haddad;Umm Salim", "1971;1972"), LONG[1])
    assert np.array_equal(pipeline.encode(cells, agreement, north).encoding, wanted)
    columns = people(("a", "Amina Haddad", "1972;1971"), LONG[1]).assign(alias=["Umm Salim", None])
    found = pipeline.encode(columns, agreement, north, columns={"alias": "name"})
    assert np.array_equal(found.encoding, wanted)


def test_names_and_dates_stand_side_by_side_and_are_not_multiplied(agreement, north):
    frame = people(("a", "Ab;Cd;Ef;Gh", "1971;1972;1973"))
    assert len(pipeline.encode(frame, agreement, north).encoding) == 1
    assert list(abreast(["a", "b", "c"], ["1", "2"], [None])) == [
        ("a", "1", None),
        ("b", "2", None),
        ("c", "1", None),
    ]


def test_how_many_variants_there_were_is_not_in_the_manifest(agreement, north):
    assert "variants" not in pipeline.encode(people(*LONG), agreement, north).manifest.to_json()["encoding"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "A;B;C;D;E", "1971")], "row 1: record_id has more variants than the agreement allows"),
        ([("a", ";".join(f"N{'x' * i}" for i in range(900)), "1971")], "row 1: record_id has more variants"),
        ([("b", "B", ""), *(("a", f"Name{'x' * i}", "") for i in range(1, 6))], "row 6: record_id has more"),
        ([("a", "A", "1971"), ("b", "B", "1971;32/13/1980")], "row 2: birth_date is not a date"),
    ],
)
def test_a_bad_variant_is_named_by_its_row_of_the_list(agreement, north, rows, said):
    with pytest.raises(DataError) as caught:
        pipeline.encode(people(*rows), agreement, north)
    assert said in caught.value.message


def test_a_bad_variant_that_is_left_out_leaves_no_bit(agreement, north):
    frame = people(("a", "Amina Haddad", "1971-02-30;1971"), ("b", "Boris Petrov", "no"), LONG[1])
    frame["record_id"] = ["a", "b", "c"]
    outcome = pipeline.encode_list(frame, agreement, north, bad_rows="skip")
    alone = pipeline.encode(people(LONG[0], ("c", *LONG[1][1:])), agreement, north)
    assert np.array_equal(outcome.dataset.encoding, alone.encoding)
    assert outcome.rejects["row"].to_pylist() == [1, 2]


def test_a_floor_is_of_the_whole(signed_agreement, north):
    def floored(terms: dict[str, Any]) -> None:
        change(terms)
        terms["encoding"]["floor"] = 180

    agreement = signed_agreement(change=floored)
    frame = people(("a", "Omar Li", ""), ("b", "Omar Li;Sven Ek", "1971"))
    outcome = pipeline.encode_list(frame, agreement, north)
    assert outcome.dataset.encoding.any(axis=1).tolist() == [False, True]
    assert outcome.dataset.manifest.thin == 1


def test_how_full_filters_are_is_looked_at_after_uniting_them(signed_agreement, north):
    def diffused(terms: dict[str, Any]) -> None:
        change(terms)
        terms["encoding"] |= {"bits": 1024, "hardening": [{"method": "diffusion", "bits": 2048, "taps": 5}]}
        terms["measure"] = "hamming"

    agreement = signed_agreement(change=diffused)
    many = people(("a", "Amina Haddad;Umm Salim", "1971;1982-03-04"))
    assert pipeline.encode(many, agreement, north).encoding.shape == (1, 32)
    with pytest.raises(RefusedError, match="full on average"):
        pipeline.encode(people(("a", "Amina Haddad", "1971")), agreement, north)


def test_another_agreement_has_another_key(agreement, signed_agreement, north):
    again = signed_agreement(change=change, days=31)
    one, other = (pipeline.encode(people(*LONG), each, north).encoding for each in (agreement, again))
    held = np.bitwise_count(one).sum(axis=1)
    common = np.bitwise_count(one & other).sum(axis=1)
    assert (common < 0.5 * held).all()


def test_an_attacker_faces_persons_and_not_aliases(agreement):
    rows = [(f"p{i}", f"Name{chr(97 + i)} Other;Alias{chr(97 + i)}", f"{1950 + i}") for i in range(25)]
    table = fields_of(people(*rows), agreement.terms)
    found, good = encoded(table, agreement.terms, 1)
    assert len(found) == len(records_of(table)) == 25
    assert good.all()
    scene = make_scene(table, agreement.terms, sample=25, known=0)
    assert scene.people.shape[0] == len(scene.seen) == 25
    assert scene.people.sum(axis=1).min() > 20


def test_a_list_in_long_form_is_gathered_by_record():
    table = gathered(pipeline.to_text(people(*LONG)))
    assert table.to_pylist()[0] == {
        "record_id": "a",
        "name": "Amina Haddad;Umm Salim",
        "birth_date": "1971;1972",
    }
    assert spread(table, CAP, united=True).place.tolist() == [0, 1, 0]


def test_to_unite_there_must_be_variants(proposed_agreement):
    def alone(terms: dict[str, Any]) -> None:
        terms["encoding"]["aliases"] = "united"

    with pytest.raises(AgreementError, match="is for records with variants"):
        proposed_agreement(change=alone)


def test_one_encoding_a_person_may_be_compared_by_protocols_that_show_none(proposed_agreement):
    def blinded(terms: dict[str, Any]) -> None:
        terms["encoding"] |= {"variants": 16, "aliases": "united"}
        terms["protocol"] = "blinded_broker"
        terms.pop("consent")

    assert proposed_agreement(change=blinded).terms.encoding.rows == 1


@pytest.mark.parametrize(
    ("count", "problem"),
    [(100, "record_id has more variants"), (16, "given_name makes the encoding so full")],
)
def test_too_many_variants_are_told_before_a_field_that_they_make_too_long(
    signed_agreement, north, count, problem
):
    names = ";".join("".join(Random(seed).choices("abcdefghijklmnop", k=5)) for seed in range(count))
    rows = [("a", "Ann", "Berg", "1970-02-03", "Lund"), ("b", names, "", "1964-05-06", "")]
    frame = pd.DataFrame(rows, columns=["record_id", "given_name", "family_name", "birth_date", "place"])
    with pytest.raises(DataError, match=f"row 2: {problem}"):
        pipeline.encode(frame, signed_agreement("persons-shown"), north)
