"""A record of too few features is encoded as nothing, matches nothing, and is reported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pplink.dataset import reader
from pplink.encoders import pipeline
from pplink.encoders.reference import encode_record
from pplink.errors import DataError
from pplink.join.api import threshold_join
from pplink.keys.derive import Label, derive

FLOOR = 130
FULL = ("Boris Petrov", "1985-11-30")


def agreed(signed_agreement, **encoding):
    def change(terms):
        terms["encoding"] |= {"bits": 2048, "hashes": 1, "floor": FLOOR, **encoding}
        terms["fields"] = [
            {"name": "name", "kind": "person_name", "weight": 1, "key": "name", "required": False},
            {"name": "birth_date", "kind": "life_date", "weight": 1, "key": "birth_date", "required": False},
        ]

    return signed_agreement(change=change)


@pytest.fixture
def agreement(signed_agreement):
    return agreed(signed_agreement)


def people(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["record_id", "name", "birth_date"])


THIN = [("a", "", "1971"), ("b", "Li", ""), ("c", "X", "1971"), ("d", "Omar", "")]


def test_what_says_too_little_is_empty_reported_and_matches_nothing(agreement, rings):
    frame = people(*THIN, ("e", *FULL), ("f", "", ""))
    outcome = pipeline.encode_list(frame, agreement, rings["north"])
    held = np.bitwise_count(outcome.dataset.encoding).sum(axis=1)
    assert (held > 0).tolist() == [False, False, False, False, True, False]
    assert (outcome.validation.thin, outcome.validation.empty, outcome.validation.bad_rows) == (4, 1, 0)
    assert outcome.dataset.manifest.thin == 4
    reader.verify(outcome.dataset, agreement)
    pairs = threshold_join(outcome.dataset.encoding, outcome.dataset.encoding, 0.01)
    assert {0, 1, 2, 3, 5}.isdisjoint(pairs.left.tolist())


def test_a_list_of_nothing_but_such_records_is_refused(agreement, rings):
    with pytest.raises(DataError, match="no row has a name, or as many features"):
        pipeline.encode(people(("a", "", "1971"), ("b", "Li", "")), agreement, rings["north"])


def test_without_a_floor_nothing_is_said_of_it(signed_agreement, rings):
    def change(terms):
        del terms["encoding"]["floor"], terms["encoding"]["needs"]

    dataset = pipeline.encode(
        pd.DataFrame(
            {"record_id": ["1"], "given_name": "A", "family_name": "", "birth_date": "", "place": ""}
        ),
        signed_agreement(change=change),
        rings["north"],
    )
    assert dataset.encoding.any()
    assert "thin" not in dataset.manifest.to_json()


def test_a_thin_variant_beside_a_full_one_is_not_encoded(signed_agreement, rings):
    agreement = agreed(signed_agreement, variants=3)
    frame = people(("a", *FULL), ("a", "Li", ""), ("b", "Li", ""))
    outcome = pipeline.encode_list(frame, agreement, rings["north"])
    held = np.bitwise_count(outcome.dataset.encoding).sum(axis=1).reshape(2, 3)
    assert len(set(held[0].tolist())) == 1
    assert held[0, 0] >= FLOOR
    assert held[1].tolist() == [0, 0, 0]
    assert outcome.validation.thin == 2
    assert outcome.rejects is None


def test_the_reference_has_the_same_floor(agreement):
    secret = bytes(32)
    keys = {
        field.name: derive(secret, Label.FIELD_KEY, context=field.key) for field in agreement.terms.fields
    }
    frame = people(*THIN, ("e", *FULL))
    rows, _ = pipeline.encode_fields(
        pipeline.fields_of(frame, agreement.terms, None, False), agreement.terms, secret, "stop"
    )
    plain = [encode_record(record, agreement.terms, keys) for record in frame.to_dict("records")]
    assert np.array_equal(rows, np.array(plain))


def test_a_floor_of_more_than_half_of_the_bits_is_no_agreement(signed_agreement):
    from pplink.errors import AgreementError

    with pytest.raises(AgreementError, match="is more than half of the bits"):
        agreed(signed_agreement, floor=1025)
