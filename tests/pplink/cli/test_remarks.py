"""Who brings a list is told what will match nothing, and nothing where all is well."""

from __future__ import annotations

import pandas as pd

from pplink.agreement.exact import Exact
from pplink.cli.remarks import of_list
from pplink.encoders.exact import record_keys
from pplink.encoders.pipeline import check


def test_rows_without_all_parts_of_a_key_match_nothing(proposed_agreement):
    terms = proposed_agreement("documents-exact", protocol="ecdh_psi").terms
    assert isinstance(terms.exact, Exact)
    rows = [
        ("AB1234", "", ""),
        ("", "Ann Berg", ""),
        ("", "", ""),
        ("", "Dr.", "1970-01-02"),
        ("", "Li", "1970"),
        ("", "An Le", "1970"),
    ]
    frame = pd.DataFrame(rows, columns=["document", "name", "birth_date"])
    frame = frame.assign(record_id=[str(row) for row in range(len(rows))], phone="")
    found = record_keys(frame, terms, terms.exact.keys)
    assert (found.validation.thin, found.validation.empty) == (2, 1)
    assert found.record.tolist() == [0, 4, 5]
    for protocol, nothing in (("ecdh_psi", "match nothing"), ("paillier_stats", "count nowhere")):
        assert list(of_list(found.validation, protocol)) == [
            f"rows without any value 1: they {nothing}",
            f"rows without all parts of any key 2: they {nothing}",
        ]


def test_of_a_good_list_nothing_is_said_but_that_a_column_is_all_the_same(proposed_agreement):
    terms = proposed_agreement("persons").terms
    frame = pd.DataFrame({"record_id": [str(row) for row in range(10)], "given_name": list("abcdefghij")})
    frame = frame.assign(family_name="An" + frame["given_name"], birth_date="", place="")
    assert list(of_list(check(frame, terms), terms.protocol)) == []
    (line,) = of_list(check(frame.assign(place="Lund"), terms), terms.protocol)
    assert line == "place is the same in every row: is it the right column? it makes all persons more alike"
    assert list(of_list(check(frame.assign(place="Lund"), terms), "ecdh_psi")) == [
        line.partition(" it makes")[0]
    ]
