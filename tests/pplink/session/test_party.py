"""Whole sessions: what comes of them equals the plain computation, and what goes wrong ends them for good."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pplink.audit.verification import verify
from pplink.disclosure.linked import hits_of
from pplink.errors import (
    AgreementError,
    PeerError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from pplink.session.blinded_broker import Plan
from pplink.session.party import Party
from pplink.session.transcript import Transcript
from tests.pplink.session.parties import Stopping, both_found, broken_off, pairs_of, plain, told


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"change": lambda terms: terms.update(assignment="many-to-many")},
        {"change": lambda terms: terms.update(solver="optimal")},
        {"threshold": 0.8, "score": "exact"},
    ],
    ids=["greedy", "many", "optimal", "0.8"],
)
def test_both_units_find_what_the_plain_computation_finds(make_table, options):
    table = make_table(**options)
    table.run()
    north, south = table.result("north"), table.result("south")
    expected = plain(table)
    assert len(expected) > 5
    assert both_found(table) == expected
    assert north.found == south.found == len(pairs_of(table))
    assert (north.couples[0].peer, south.couples[0].peer) == ("south", "north")
    assert north.session == south.session


def test_without_scores_units_learn_pairs_alone(make_table):
    unscored = {"assignment": "many-to-many"}
    table = make_table(
        change=lambda terms: terms.update(unscored, learns=terms["learns"] | {"score": "none", "decimals": 0})
    )
    table.run()
    expected = plain(table)
    assert [row[:2] for row in told(table.result("north"))] == [row[:2] for row in expected]
    assert set(table.result("north").couples[0].score.tolist()) == {1.0}


@pytest.mark.parametrize("one", ["north", "south"])
def test_hits_may_go_to_one_unit_alone(make_table, one):
    other = {"north": "south", "south": "north"}[one]
    table = make_table(score="none", assignment="many-to-many", hits_to=(one,), count=True)
    table.run()
    expected = plain(table)
    found = [row[:2] for row in told(table.result(one), turned=one == "south")]
    assert found == [row[:2] for row in expected]
    assert (len(table.result(other).couples[0].own), table.result(other).found) == (0, 0)
    report = verify(table.results["hub"])
    assert report.first_failure is None
    assert f"{one} {len(expected)} hits" in [check.detail for check in report.checks]


def test_the_broker_is_told_how_many_hits_there_are_only_if_agreed(make_table):
    table = make_table(count=True)
    table.run()
    expected = plain(table)
    details = {check.name: check.detail for check in verify(table.results["hub"]).checks}
    assert details["counts"] == f"north {len(expected)} hits, south {len(expected)} hits"
    table = make_table()
    table.folder = table.folder.with_name("untold")
    table.folder.mkdir()
    table.run()
    assert b'"hits"' not in (table.results["hub"] / "log.jsonl").read_bytes()
    details = {check.name: check.detail for check in verify(table.results["hub"]).checks}
    assert details["counts"] == "not told, as agreed"


def test_an_agreed_class_is_all_that_is_said_of_a_score(make_table):
    table = make_table(score="graded", grades=(0.8, 0.99))
    table.run()
    couples = table.result("north").couples
    hits = hits_of(couples, "north", table.agreement.terms)
    assert set(hits.score.tolist()) <= {0.65, 0.8, 0.99}
    assert len(set(hits.score.tolist())) > 1
    assert sorted(hits.score.tolist()) == sorted(
        max(bound for bound in (0.65, 0.8, 0.99) if bound <= score) for score in couples[0].score.tolist()
    )


def test_every_party_has_the_same_record_and_it_verifies(table):
    table.run()
    places = [table.result("north").record, table.result("south").record, table.results["hub"]]
    assert len({(place / "log.jsonl").read_bytes() for place in places}) == 1
    for place in places:
        report = verify(place, agreement_id=table.agreement.id)
        assert report.first_failure is None
    assert "parties" in [check.name for check in report.checks]


def test_rows_stand_in_an_order_that_does_not_tell_the_lists(make_inputs, table, people):
    turned = make_inputs(table.agreement, "north", people["north"].iloc[::-1].reset_index(drop=True))
    assert np.array_equal(turned.rows, table.inputs["north"].rows)
    assert turned.digest == table.inputs["north"].digest


@pytest.mark.parametrize("more", [-29, -3, 5])
def test_a_unit_that_brings_other_rows_than_it_joined_with_is_found(make_table, monkeypatch, more):
    table = make_table()
    join = Party.join

    def other(self, leg, rows=0, confirmation=b""):
        return join(self, leg, rows + more if self.ring.name == "south" else rows, confirmation)

    monkeypatch.setattr(Party, "join", other)
    table.run()
    found = [table.results[name] for name in ("north", "hub")]
    assert all(isinstance(each, PeerError) for each in found)
    brought = f"south brought 30 records, and had joined with {30 + more}"
    assert {brought} <= {each.message for each in found} <= {brought, *STOPPED}
    assert isinstance(table.results["south"], PeerError)


STOPPED = ("north stopped the session", "hub stopped the session")


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 5, 6, 7, 8])
def test_a_party_goes_on_where_it_stopped(make_table, after):
    table = broken_off(make_table(Stopping("north", after)))
    assert both_found(table) == plain(table)
    assert verify(table.results["hub"]).first_failure is None


def test_a_party_does_not_go_on_with_another_list(make_table, make_inputs, people):
    table = make_table(Stopping("north", 3))
    table.seconds = 2
    with table.meanwhile("south", "hub"):
        table.run("north")
        shorter = make_inputs(table.agreement, "north", people["north"].iloc[1:])
        table.transport.left = -1
        table.run("north", north={"inputs": shorter})
    assert isinstance(table.results["north"], UsageError)
    assert "not the one with which this session began" in table.results["north"].message


def test_a_second_session_in_one_exchange_is_refused(table, tmp_path):
    table.run()
    table.folder = tmp_path / "others"
    table.folder.mkdir()
    table.run("north")
    assert isinstance(table.results["north"], UsageError)


@pytest.mark.parametrize(
    ("who", "error"),
    [("officer", UsageError), ("west", AgreementError), ("stranger", AgreementError)],
)
def test_nobody_else_takes_part(table, rings, stranger, who, error):
    table.run("north", north={"ring": stranger if who == "stranger" else rings[who]})
    assert isinstance(table.results["north"], error)


def test_units_with_different_secrets_are_told_so(table):
    other = replace(table.inputs["south"], confirmation=bytes(32))
    table.run(south={"inputs": other})
    for result in table.results.values():
        assert isinstance(result, AgreementError)
        assert "different linkage secrets" in result.message


def test_more_hits_than_the_quota_end_the_session(make_table):
    table = make_table(threshold=0.02, quota=61)
    table.seconds = 2
    table.run()
    refused = [each for each in table.results.values() if isinstance(each, RefusedError)]
    assert refused
    assert "quota" in refused[0].message
    assert not [name for name in ("north", "south") if not isinstance(table.results[name], Exception)]


def test_what_there_is_no_disk_for_is_told_before_roles_begin_and_gone_on_with_later(make_table, monkeypatch):
    table = make_table()
    full = lambda _: SimpleNamespace(f_bavail=1, f_frsize=1 << 10)  # noqa: E731
    monkeypatch.setattr("pplink.files.os.statvfs", full)
    table.seconds = 0.5
    table.run()
    table.seconds = 60
    for unit in ("north", "south"):
        assert isinstance(table.results[unit], UnavailableError)
        assert "GiB of disk" in table.results[unit].message
        assert not Transcript(table.home(unit)).sent
    monkeypatch.undo()
    table.run()
    assert len(table.result("north").couples[0].own) > 0


@pytest.mark.parametrize("unit", ["north", "south"])
def test_a_unit_says_of_what_it_will_keep_no_more_than_it_is_and_hardly_less(make_table, unit):
    table = make_table()
    table.run()
    sizes = {name: len(table.inputs[name]) for name in ("north", "south")}
    kept = (table.home(unit) / "received").stat().st_size
    told = Plan.of(table.agreement, ("north", "south"), sizes).received(unit)
    assert told < kept < 3 * told  # columns are filled up to 64, and there are joins, handles and the record
