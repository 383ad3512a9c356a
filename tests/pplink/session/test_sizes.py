"""How much a unit may bring, and what memory a session may take: refused before anything is made that grows with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace

from pplink import memory
from pplink.agreement.model import Agreement
from pplink.audit import session_checks
from pplink.audit.verification import verify
from pplink.encoders import pipeline
from pplink.errors import DataError, PeerError, UnavailableError
from pplink.session import party, sizes
from pplink.session.blinded_broker import Plan, most_memory
from pplink.session.transcript import Transcript


@pytest.fixture
def hostile(monkeypatch):
    """Nothing keeps a unit from joining with its 40 records, where fewer are agreed."""
    monkeypatch.setattr(pipeline, "_check_size", lambda *_: None)
    monkeypatch.setattr(party, "check_own", lambda *_: None)


def test_a_list_longer_than_agreed_is_refused_at_home(make_table, monkeypatch):
    with pytest.raises(DataError, match="has 40 records, and 39 at most are agreed") as caught:
        make_table(most_records=39)
    assert "--most-records" in caught.value.hint
    monkeypatch.setattr(pipeline, "_check_size", lambda *_: None)
    table = make_table(most_records=39)
    table.run("north")
    with pytest.raises(DataError, match="brings 40 records or keys, and 39 at most"):
        raise table.results["north"]
    assert not Transcript(table.home("north")).legs()
    assert not (table.home("north") / "join.json").exists()


def test_a_peer_that_brings_more_than_agreed_is_refused_before_its_session_is_planned(
    make_table, hostile, monkeypatch
):
    def never(*_):
        raise AssertionError("it was planned")

    monkeypatch.setattr(Plan, "of", never)
    table = make_table(most_records=39)
    table.run()
    for name in ("south", "hub"):
        with pytest.raises(
            PeerError, match="step join: north joined with 40 records, and a unit may bring 39"
        ):
            raise table.results[name]
        assert (table.home(name) / "failed").exists()


def test_a_session_of_as_many_as_agreed_is_run(make_table):
    table = make_table(most_records=40)
    table.run()
    assert len(table.result("north").couples[0].own) > 5


def test_an_auditor_finds_a_unit_that_brought_more_than_agreed(make_table, hostile, monkeypatch):
    table = make_table(most_records=39)
    with monkeypatch.context() as patched:
        patched.setattr(session_checks, "check_sizes", lambda *_: None)
        patched.setattr(sizes, "check_sizes", lambda *_: None)
        table.run()
        assert len(table.result("north").couples[0].own) > 5
    failure = verify(table.results["hub"]).first_failure
    assert failure.name == "parties"
    assert "north joined with 40 records" in failure.detail


def test_a_session_that_needs_more_memory_than_there_is_is_refused_at_whoever_lacks_it(
    make_table, monkeypatch
):
    monkeypatch.setattr(memory, "free", lambda: 1 << 16)
    table = make_table()
    table.run()
    for error in table.results.values():
        assert isinstance(error, UnavailableError)
        assert "comparing 40 records with 30 needs" in error.message
        assert error.hint
    monkeypatch.undo()
    table.run()
    assert len(table.result("north").couples[0].own) > 5  # what lacked memory goes on


def test_lists_of_more_than_may_have_a_quota_can_be_agreed(make_table):
    """They may meet shorter ones: proposing was refused, as if the threshold were wrong."""
    sizes = [most_memory(make_table(most_records=1 << each).agreement) for each in (22, 23, 32)]
    assert [b > a for (a, _), (b, _) in pairwise(sizes)] == [True, True]


def test_memory_is_told_of_more_units_than_a_session_has_whichever_of_them_are_told_hits(make_table):
    """Those of a session that is told nothing were looked at, and there was none."""
    terms = make_table().agreement.terms
    unit = next(card for card in terms.parties if card.role == "unit")
    units = [replace(unit, name=f"unit-{number}") for number in range(10)]
    parties = (*units, *(card for card in terms.parties if card.role != "unit"))
    sizes = [
        most_memory(
            Agreement(
                terms=replace(
                    terms, parties=parties, learns=replace(terms.learns, hits_to=(name,), score="none")
                )
            )
        )
        for name in ("unit-0", "unit-9")
    ]
    assert sizes[0] == sizes[1] is not None


def test_what_the_broker_needs_for_the_proof_grows_with_the_sets(make_table):
    agreement = make_table(dealer_proof=16).agreement
    sizes = {"north": 100_000, "south": 100_000}
    needed = [
        Plan.of(replace(agreement, terms=each), ("north", "south"), sizes).memory("hub")
        for each in (agreement.terms, make_table(dealer_proof=2).agreement.terms)
    ]
    assert 28 * needed[0] > 8 << 30  # eight units, two by two
    assert needed[0] > 4 * needed[1]


def test_keys_beyond_the_capacity_end_a_session_at_its_joins(signed_agreement):
    agreement = signed_agreement("documents-exact", exact={"capacity": 1024, "step": 512})
    joined = {"north": _Told(1024), "south": _Told(1536)}
    with pytest.raises(
        session_checks.Wrong, match="south joined with 1,536 keys, and a unit may bring 1,024"
    ):
        session_checks.check_sizes(agreement.terms, joined)
    session_checks.check_sizes(agreement.terms, {"north": _Told(1024)})


class _Told:
    def __init__(self, rows):
        self.rows = rows


def test_a_dataset_of_more_records_than_agreed_is_refused(signed_agreement, rings, people, monkeypatch):
    from pplink.dataset.reader import verify as verify_dataset
    from pplink.encoders.pipeline import encode
    from pplink.errors import IntegrityError

    agreement = signed_agreement(most_records=39)
    with pytest.raises(DataError, match="39 at most are agreed"):
        encode(people["north"], agreement, rings["north"])
    monkeypatch.setattr(pipeline, "_check_size", lambda *_: None)
    dataset = encode(people["north"], agreement, rings["north"])
    assert len(np.asarray(dataset.handle)) == 40
    with pytest.raises(IntegrityError, match="has 40 records; a unit may bring 39 at most"):
        verify_dataset(dataset, agreement)
