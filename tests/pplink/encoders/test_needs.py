"""A record without a name is encoded as nothing, matches nothing, and is reported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pplink.encoders import pipeline
from pplink.encoders.reference import encode_record
from pplink.errors import AgreementError, DataError
from pplink.keys.derive import Label, derive

DAY = "1985-11-30"
NAMELESS = ["", "X", "Dr.", "Mr de la", "\u200f", "J. R.", "Li", "FNU LNU", "al Amir"]
NAMED = ["Lin", "Boris Petrov", "Amir Shaikh", "An Le"]


def held(outcome) -> list[bool]:
    return outcome.dataset.encoding.any(axis=1).tolist()


def crossing(names: list[str], ids: list[str] | None = None) -> pd.DataFrame:
    ids = ids or [str(number) for number in range(len(names))]
    return pd.DataFrame({"record_id": ids, "name": names, "birth_date": DAY})


def test_a_day_without_a_name_is_nobody(signed_agreement, rings):
    agreement = signed_agreement("persons-crossborder")
    outcome = pipeline.encode_list(crossing([*NAMELESS, *NAMED]), agreement, rings["north"])
    each = np.reshape(held(outcome), (13, 16)).any(axis=1).tolist()
    assert each == [False] * 9 + [True] * 4
    assert (outcome.validation.unnamed, outcome.validation.thin, outcome.validation.bad_rows) == (9, 9, 0)
    assert outcome.dataset.manifest.thin == 9


@pytest.mark.parametrize("preset", ["persons", "persons-address", "persons-shown"])
def test_a_household_without_names_is_nobody(signed_agreement, rings, preset):
    agreement = signed_agreement(preset)
    home = {"place": "Springfield", "street": "Long Road", "house_number": "12", "postcode": "12345"}
    columns = {field.name for field in agreement.terms.fields}
    rows = [
        {"given_name": given, "family_name": family, "birth_date": DAY, **home}
        for given, family in (("", "Unknown"), ("A", "B"), ("", "Petrov"), ("Boris", "Unknown"))
    ]
    frame = pd.DataFrame([{key: row[key] for key in columns} for row in rows])
    frame.insert(0, "record_id", ["a", "b", "c", "d"])
    outcome = pipeline.encode_list(frame, agreement, rings["north"])
    assert outcome.validation.unnamed == 2
    if preset != "persons-shown":  # the reference does no hardening
        secret, terms = bytes(32), agreement.terms
        keys = {field.name: derive(secret, Label.FIELD_KEY, context=field.key) for field in terms.fields}
        rows_, _ = pipeline.encode_fields(
            pipeline.fields_of(frame, terms, None, False), terms, secret, "stop"
        )
        plain = [encode_record(record, terms, keys) for record in frame.to_dict("records")]
        assert np.array_equal(rows_, np.array(plain))
    assert held(outcome) == [False, False, True, True]


def test_one_variant_with_a_name_is_enough(signed_agreement, rings):
    frame = crossing(["", "Boris Petrov", ""], ["a", "a", "b"])
    outcome = pipeline.encode_list(frame, signed_agreement("persons-crossborder"), rings["north"])
    assert np.reshape(held(outcome), (2, 16)).any(axis=1).tolist() == [True, False]


def test_a_row_that_is_bad_for_another_reason_has_its_name(signed_agreement):
    terms = signed_agreement("persons-crossborder").terms
    frame = crossing(["Boris Petrov", "Boris Petrow", ""], ["a", "a", "b"])
    table = pipeline.fields_of(frame, terms, None, False)
    rows, findings = pipeline.encode_fields(table, terms, bytes(32), "blank")
    assert findings.bad().tolist() == [False, True, False]
    assert rows.any(axis=1).tolist() == [True, True, False]


def test_a_list_of_nothing_but_nameless_records_is_refused(signed_agreement, rings):
    with pytest.raises(DataError, match="no row has a name"):
        pipeline.encode(crossing(NAMELESS), signed_agreement("persons-crossborder"), rings["north"])


def test_an_earlier_agreement_has_no_needs_and_keeps_such_records(signed_agreement, rings):
    def change(terms):
        del terms["encoding"]["needs"]

    agreement = signed_agreement("persons-crossborder", change=change)
    assert "needs" not in agreement.terms.to_json()["encoding"]
    outcome = pipeline.encode_list(crossing(["", "Boris Petrov"]), agreement, rings["north"])
    assert np.reshape(held(outcome), (2, 16)).any(axis=1).all()


@pytest.mark.parametrize(
    ("needs", "problem"),
    [
        (["nickname"], r"needs\[0\]: is none of the fields"),
        (["name", "name"], r"needs\[1\]: stands here a second time"),
        ([], r"needs: "),
    ],
)
def test_what_no_record_could_have_is_no_agreement(rings, needs, problem):
    from datetime import date

    from pplink.agreement.checks import terms_from
    from pplink.agreement.presets import propose

    cards = [held.card for held in rings.values()]
    made = propose("persons-crossborder", cards, purpose="p", legal_text="l", days=1, today=date(2030, 1, 1))
    terms = made.terms.to_json()
    terms["encoding"] |= {"needs": needs}
    with pytest.raises(AgreementError, match=problem):
        terms_from(terms)
