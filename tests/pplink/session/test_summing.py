"""ecdh_psi where sums are revealed, between parties with keys, people and folders of their own."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from pplink.agreement import text
from pplink.agreement.describe import describe
from pplink.agreement.exact import Sums
from pplink.agreement.exact_presets import parse_key
from pplink.audit.verification import verify
from pplink.errors import AgreementError, DataError, RefusedError, UnavailableError, UsageError
from pplink.session import keeper
from pplink.session.catalogue import check, prepare
from pplink.session.keeper import KeeperInputs
from pplink.session.replay import kept, replay
from tests.pplink.session.parties import Parties
from tests.protocols.paillier_key import KEY

ROWS = {
    "north": [["n1", "AB1111"], ["n2", "CD2222; EF3333"], ["n3", None], ["n4", "GH4444"], ["n5", "AB 1111"]],
    "south": [
        ["s1", "ab-1111", "40"],
        ["s2", "EF3333", "7;900"],
        ["s3", "XX9990", "5000"],
        ["s4", "gh4444", None],
        ["s5", "GH4444", "3"],
    ],
}
SUMS = (3, 40 + 500 + 3)
"""Common: AB1111, EF3333, GH4444; what adds more than 500 is cut."""


def people(unit):
    return pd.DataFrame(ROWS[unit], columns=["record_id", "document", "amount"][: len(ROWS[unit][0])])


@pytest.fixture(autouse=True)
def keyed(monkeypatch):
    monkeypatch.setattr(keeper, "load", lambda ring: KeeperInputs(key=KEY))


@pytest.fixture
def agreed(signed_agreement):
    def make(hits_to=(), parties=("north", "south", "hub", "officer"), change=None, key="document", **sums):
        own = {
            "fields": ("amount",),
            "largest": 500,
            "least": 2,
            "holder": "south",
            "modulus": f"{KEY.modulus:x}",
        }
        exact = {"reveal": "sums", "keys": (parse_key(key),), "step": 4, "capacity": 8, "quota": 8}
        exact["sums"] = Sums(**own | sums)
        return signed_agreement(
            "documents-exact", parties=parties, hits_to=hits_to, exact=exact, change=change
        )

    return make


@pytest.fixture
def run(rings, tmp_path):
    """run(agreement) -> what each party has, or the error it ended with; inputs are the run's."""

    def make(agreement):
        now = pd.Timestamp(agreement.terms.valid_from, tz="UTC").to_pydatetime()
        make.inputs = {unit: prepare(people(unit), agreement, rings[unit], now=now) for unit in ROWS}
        return Parties(
            rings=rings, agreement=agreement, folder=tmp_path, inputs=make.inputs, seconds=60
        ).run()

    return make


def test_both_units_learn_the_size_and_the_sums_and_no_more(run, agreed, rings, tmp_path) -> None:
    agreement = agreed()
    results = run(agreement)
    for unit in ROWS:
        assert results[unit].cells == (SUMS,)
        assert results[unit].couples == ()
    report = verify(results["hub"], agreement_id=agreement.id)
    assert report.first_failure is None
    assert any("ecdh_psi_sum/1" in each.detail for each in report.checks)
    for unit in ROWS:
        assert replay(kept(tmp_path / unit, rings[unit]), run.inputs[unit]).rows == 4
    with pytest.raises(UsageError, match="not the one with which this session began"):
        replay(kept(tmp_path / "north", rings["north"]), run.inputs["south"])


def test_sums_may_go_to_their_holder_alone(run, agreed) -> None:
    results = run(agreed(hits_to=["south"]))
    assert (results["north"].cells, results["south"].cells) == (((3,),), (SUMS,))


def test_of_too_few_keys_nothing_is_added_up(run, agreed) -> None:
    results = run(agreed(least=4))
    assert (results["north"].cells, results["south"].cells) == (((3,),), (None,))


def test_a_list_with_more_keys_than_agreed_is_refused(agreed, rings) -> None:
    agreement = agreed()
    frame = pd.DataFrame([[f"n{n}", f"AB123{n}"] for n in range(9)], columns=["record_id", "document"])
    now = pd.Timestamp(agreement.terms.valid_from, tz="UTC").to_pydatetime()
    with pytest.raises(DataError, match="more than the 8 keys"):
        prepare(frame, agreement, rings["north"], now=now)


def test_a_birth_after_the_day_of_the_session_is_a_bad_row(agreed, rings) -> None:
    agreement = agreed(key="name+birth_date")
    day = pd.Timestamp(agreement.terms.valid_from, tz="UTC")
    births = [day.date().isoformat(), (day + pd.Timedelta(days=1)).date().isoformat()]
    frame = pd.DataFrame(
        {"record_id": ["n1", "n2"], "name": ["Boris Petrov", "Lin Wei"], "birth_date": births}
    )
    assert prepare(frame[:1], agreement, rings["north"], now=day.to_pydatetime()).items
    with pytest.raises(DataError, match="row 2"):
        prepare(frame, agreement, rings["north"], now=day.to_pydatetime())


def test_more_common_keys_than_agreed_end_the_session_for_all(run, agreed) -> None:
    results = run(agreed(change=lambda terms: terms["exact"].update(quota=2)))
    assert isinstance(results["north"], RefusedError)
    assert all(isinstance(error, Exception) for error in results.values())


def test_without_the_library_it_says_what_to_install(agreed, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "phe", None)
    with pytest.raises(UnavailableError, match="need the library phe"):
        check(agreed().terms)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda exact: exact.pop("sums"), "sums: must be there if sums are revealed, and only then"),
        (
            lambda exact: exact.update(reveal="size"),
            "sums: must be there if sums are revealed, and only then",
        ),
        (lambda exact: exact["sums"].update(holder="hub"), "holder: is no unit that learns something"),
        (lambda exact: exact["sums"].update(fields=["document"]), r"fields\[0\]: is no field of numbers"),
        (
            lambda exact: exact["sums"].update(fields=["amount"] * 2),
            r"fields\[1\]: stands here a second time",
        ),
        (lambda exact: exact["sums"].update(modulus="e" * 768), "modulus: is even"),
        (lambda exact: exact["sums"].update(least=0), "sums.least"),
        (lambda exact: exact["sums"].update(extra=1), "extra"),
        (
            lambda exact: exact["keys"].append([{"field": "document", "form": "exact"}] * 1),
            "keys: must be one where sums are revealed",
        ),
    ],
)
def test_terms_on_sums_that_cannot_be_are_refused_by_path(agreed, change, said) -> None:
    with pytest.raises(AgreementError, match=said):
        agreed(change=lambda terms: change(terms["exact"]))


def test_sums_are_between_two_units(agreed) -> None:
    with pytest.raises(AgreementError, match="parties: must have two units where sums are revealed"):
        agreed(parties=("north", "south", "west", "hub"))


def test_terms_on_sums_read_back_and_are_shown_to_signers(agreed) -> None:
    agreement = agreed()
    assert text.read(text.write(agreement)) == agreement
    shown = " ".join(value for _, value in describe(agreement))
    assert "amount of south's records with a common key, of each at most 500" in shown
    assert (
        "unit north: how many keys are common, and the sums of south's numbers over them; not which" in shown
    )
    alone = " ".join(value for _, value in describe(agreed(hits_to=["south"])))
    assert "unit north: how many keys are common; not which" in alone
