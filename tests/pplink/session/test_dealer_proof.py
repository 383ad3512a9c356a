"""Under an agreement with the dealer's proof, the broker's sets are opened; one that deals wrong ends the session."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pplink.audit.verification import verify
from pplink.errors import PeerError
from pplink.session import blinded_broker
from pplink.session.replay import kept, replay
from pplink.session.transcript import Transcript
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.memory import MemoryTransport
from protocols.blinded_broker import Dealer
from tests.pplink.session.parties import Stopping, both_found, broken_off, plain, told

PARTIES = ("north", "south", "hub")
OPEN = {"threshold": 0.8, "assignment": "many-to-many", "score": "exact"}


def steps(table, name):
    """Of what a party sent, in all legs."""
    top = Transcript(table.home(name))
    return [line.step for n in range(top.legs() + 1) for line in top.leg(n).sent]


def right(table):
    assert len(plain(table)) > 5
    assert both_found(table) == plain(table)
    assert verify(table.results["hub"]).first_failure is None


@pytest.fixture
def lying(monkeypatch):
    """The broker deals one bit wrong in each set of a tile."""
    honest = Dealer._deal_set

    def wrong(self, tile, which, seeds):
        planes = honest(self, tile, which, seeds)
        planes[0] ^= np.uint64(tile == 0)
        return planes

    monkeypatch.setattr(Dealer, "_deal_set", wrong)


@pytest.mark.parametrize("way", ["memory", "folder"])
def test_a_session_with_the_proof_finds_the_same(make_table, tmp_path, way):
    folder = tmp_path / "share"
    folder.mkdir()
    table = make_table(
        MemoryTransport() if way == "memory" else FolderTransport(folder), dealer_proof=3, **OPEN
    )
    table.run()
    right(table)
    assert steps(table, "hub")[:5] == ["2", "2", "4b", "4b", "5"]
    assert {"4a", "4d"} < set(steps(table, "north"))
    assert {"4c", "4e", "4f"} < set(steps(table, "south"))


def test_each_unit_s_audit_opens_the_sets_again(make_table, monkeypatch):
    table = make_table(dealer_proof=2)
    table.run()
    opened = []
    honest = blinded_broker.Alice.use
    monkeypatch.setattr(
        "protocols.blinded_broker.proving.Proving.use",
        lambda self, *given: (opened.append(self.name), honest(self, *given))[1],
    )
    for unit in ("north", "south"):
        assert replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit]).received > 5
    assert opened == ["alice", "bob"]


def test_an_auditor_is_told_of_the_proof_and_what_it_leaves_open(make_table):
    table = make_table(dealer_proof=4)
    table.run()
    report = verify(table.results["hub"])
    told = next(check.detail for check in report.checks if check.name == "parties")
    assert told.startswith("blinded_broker/2, with the broker's proof of what it dealt, by 4 sets a tile; ")
    assert any("units found with a chance of 75.0%" in limit for limit in report.limits)
    assert not any("that the broker dealt as the protocol says" in limit for limit in report.limits)


def test_without_it_an_auditor_is_told_that_dealing_was_not_proven(table):
    table.run()
    report = verify(table.results["hub"])
    assert "proof" not in next(check.detail for check in report.checks if check.name == "parties")
    assert any("that the broker dealt as the protocol says" in limit for limit in report.limits)


def test_a_broker_that_deals_wrong_ends_the_session_before_any_record_of_the_tile_is_sent(make_table, lying):
    table = make_table(dealer_proof=2, **OPEN)
    table.run()
    errors = {name: table.results[name] for name in PARTIES}
    assert all(isinstance(error, PeerError) for error in errors.values())
    named = [error.message for error in errors.values() if "check C21" in error.message]
    assert named
    assert all(
        message.startswith("dealer broke check C21 of step 4b: set ")
        and message.endswith(" of tile 0 was dealt wrong")
        for message in named
    )
    assert not {"3", "6", "7", "8", "9", "10"} & {*steps(table, "north"), *steps(table, "south")}


def test_without_the_proof_nobody_notices(make_table, lying, monkeypatch):
    """What is dealt wrong then makes results wrong, if it matters at all."""
    table = make_table(**OPEN)
    table.run()
    assert not isinstance(table.results["hub"], Exception)


def test_variants_are_proven_too(make_table):
    columns = ["record_id", "name", "birth_date"]
    north = [
        ("n1", "Amina Haddad", "1971-04-02"),
        ("n1", "Umm Salim", "circa 1971"),
        ("n2", "Greta Moreau", "1990"),
    ]
    south = [("s1", "Kamila Nowak;Om Salem;Amina Haddad", "1971-04-02"), ("s2", "Greta Moreau", "1990")]
    lists = {unit: pd.DataFrame(rows, columns=columns) for unit, rows in (("north", north), ("south", south))}
    found = []
    for options in ({}, {"dealer_proof": 2}):
        table = make_table(preset="persons-crossborder", lists=lists, **options)
        table.folder /= f"proof-{len(found)}"
        table.run()
        found.append(told(table.result("north")))
    assert [len(each) for each in found] == [2, 2]


@pytest.mark.parametrize(
    ("who", "after"), [("north", 6), ("north", 30), ("south", 25), ("hub", 5), ("hub", 16)]
)
def test_a_session_that_was_broken_off_goes_on_with_new_sets(make_table, many, who, after):
    table = broken_off(make_table(Stopping(who, after), lists=many, dealer_proof=2, **OPEN))
    right(table)
    shares = steps(table, "south").count("6")
    assert 9 <= shares <= 9 + 2 * 4
    for unit in ("north", "south"):
        replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit])


def test_blocked_lists_are_proven_too(make_table, people, small_tiles, blocks_pay):
    few = {unit: frame.iloc[:10] for unit, frame in people.items()}
    table = make_table(lists=few, dealer_proof=2, blocking_recall=0.9999, blocking_epsilon=16.0, **OPEN)
    table.run()
    right(table)
    assert "blocks" in steps(table, "north")
    assert "4d" in steps(table, "north")
