"""paillier_stats between parties with keys, people and folders of their own: units, a keeper, a broker."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field

import pandas as pd
import pytest

from pplink.audit.verification import verify
from pplink.errors import (
    AgreementError,
    IntegrityError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from pplink.session import account, keeper
from pplink.session.catalogue import check, prepare
from pplink.session.keeper import KeeperInputs
from pplink.session.replay import kept, replay
from protocols.paillier_stats import SecretKey
from tests.pplink.session.parties import UNITS, Parties
from tests.protocols.paillier_key import KEY

HEADER = ["record_id", "category", "amount"]
COUNTS = {"north": {"arms": 4, "drugs": 3, "ivory": 1}, "south": {"arms": 5, "drugs": 3, "ivory": 3}}


def people(unit):
    rows = [[value, 10 * number] for value, count in COUNTS[unit].items() for number in range(count)]
    return pd.DataFrame([[f"{unit}{n}", *map(str, row)] for n, row in enumerate(rows)], columns=HEADER)


@dataclass(kw_only=True)
class Session(Parties):
    """Units with their lists, a keeper with its key."""

    others: tuple[str, ...] = ("officer", "hub")
    seconds: float = 60
    key: KeeperInputs = field(default_factory=lambda: KeeperInputs(key=KEY))

    def brought(self, name, remember, frame=None):
        now = pd.Timestamp(self.agreement.terms.valid_from, tz="UTC").to_pydatetime()
        frame = people(name) if frame is None else frame
        return prepare(frame, self.agreement, self.rings[name], now=now, remember=remember, ignore_extra=True)

    def act(self, name, **options):
        if name in self.units:
            options["inputs"] = self.brought(name, options["transcript"].remember)
        elif name == "officer":
            options["inputs"] = self.key
        return super().act(name, **options)


@pytest.fixture
def agreed(signed_agreement):
    def make(parties=("north", "south", "hub", "officer"), change=None, **stats):
        axes = [("category", "exact", ("arms", "drugs", "ivory"))]
        given = {"axes": axes, "keeper": "officer", "modulus": f"{KEY.modulus:x}", "least": 3} | stats
        return signed_agreement("patterns", parties=parties, stats=given, change=change)

    return make


@pytest.fixture
def session(rings, agreed, tmp_path):
    return Session(rings=rings, agreement=agreed(sums=("amount",), largest=25), folder=tmp_path)


def test_units_learn_totals_but_of_cells_that_are_small_at_the_others(session):
    session.run()
    for unit in UNITS:
        assert session.results[unit].cells == ((9, 55 + 80), (6, 60), None)
    assert session.results["officer"].cells is None
    for place in (session.results["hub"], session.results["north"].record, session.results["officer"].record):
        assert verify(place, agreement_id=session.agreement.id).first_failure is None


def test_done_again_a_side_sends_the_same_and_another_list_is_found_out(session, rings):
    session.run()
    party = kept(session.folder / "north", rings["north"])
    assert replay(party, session.brought("north", party.transcript.remember)).sent == 2
    other = session.brought("north", party.transcript.remember, people("north").iloc[1:])
    with pytest.raises(UsageError, match="not the one with which this session began"):
        replay(party, other)


def test_three_units(rings, agreed, tmp_path, monkeypatch):
    monkeypatch.setitem(COUNTS, "west", {"arms": 3, "drugs": 0, "ivory": 9})
    units = ("north", "south", "west")
    session = Session(
        rings=rings, agreement=agreed(parties=(*units, "hub", "officer")), folder=tmp_path, units=units
    )
    session.run()
    assert session.results["west"].cells == ((12,), (6,), (13,))


def test_the_keeper_s_other_key_ends_the_session_before_anything_is_decrypted(session):
    session.key = KeeperInputs(key=SecretKey(p=1000003, q=1000033))
    session.seconds = 3.0
    results = session.run()
    assert isinstance(results["officer"], AgreementError)
    assert all(isinstance(results[name], UnavailableError) for name in (*UNITS, "hub"))


def test_a_session_goes_on_with_the_noise_and_the_charge_that_it_began_with(rings, agreed, tmp_path):
    session = Session(rings=rings, agreement=agreed(epsilon=0.25, budget=0.375), folder=tmp_path)
    session.seconds = 3.0
    session.run("officer", *UNITS)  # the broker is not there yet; the others give up
    session.seconds = 60.0
    assert all(isinstance(error, UnavailableError) for error in session.results.values())
    session.run()
    assert session.results["north"].cells == session.results["south"].cells
    spent = json.loads(account.place(rings["north"], session.agreement.id).read_bytes())
    assert list(spent["sessions"].values()) == ["1/4"]
    party = kept(session.folder / "north", rings["north"])
    assert replay(party, session.brought("north", party.transcript.remember)).sent == 2
    again = Session(rings=rings, agreement=session.agreement, folder=tmp_path / "again")
    again.run()
    assert isinstance(again.results["north"], RefusedError)
    assert "budget for noisy tables is spent" in again.results["north"].message


def test_noise_hides_what_one_person_changes(rings, agreed, tmp_path):
    session = Session(rings=rings, agreement=agreed(epsilon=0.01), folder=tmp_path)
    drawn = [session.brought("north", lambda _, make: make()).noise for _ in range(3)]
    assert len({str(noise) for noise in drawn}) == 3


def test_a_damaged_account_is_no_empty_one(rings, tmp_path):
    file = tmp_path / "epsilon" / "account.json"
    account.charge(file, "a" * 64, 1, 2)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="the account of noisy tables"):
        account.charge(file, "b" * 64, 1, 2)


def test_a_person_counts_once_a_cell_and_in_the_first_cells_alone(rings, agreed, tmp_path):
    rows = [["a", "drugs;arms;arms", "7;40"], ["b", "drugs", ""], ["a", "ivory", "1"], ["c", "shoes", "5"]]
    frame = pd.DataFrame(rows, columns=HEADER)
    exact = Session(rings=rings, agreement=agreed(sums=("amount",), largest=30), folder=tmp_path)
    table = exact.brought("north", lambda _, make: make(), frame).table
    assert table == [[1, 30], [2, 30], [1, 30]]
    noisy = Session(rings=rings, agreement=agreed(sums=("amount",), largest=30, epsilon=1.0), folder=tmp_path)
    assert noisy.brought("north", lambda _, make: make(), frame).table == [[1, 30], [1, 0], [0, 0]]


def test_without_the_libraries_it_says_what_to_install(agreed, monkeypatch):
    terms = agreed(epsilon=1.0).terms
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(UnavailableError, match="noise needs OpenDP"):
        check(terms)
    monkeypatch.setitem(sys.modules, "phe", None)
    with pytest.raises(UnavailableError, match="need the library phe") as caught:
        check(terms)
    assert "pip install 'pplink[sums]'" in caught.value.hint


def test_noise_that_asks_for_too_many_comparisons_is_refused(agreed):
    terms = agreed(change=lambda terms: terms["stats"].update(
        noise={"epsilon": 0.001, "budget": 1, "touches": 1, "most": 1 << 20})).terms  # fmt: skip
    with pytest.raises(AgreementError, match="paillier_stats cannot be run under these terms"):
        check(terms)


def test_a_keeper_s_key_is_made_once_and_by_no_broker(rings):
    made = keeper.make(rings["officer"])
    assert keeper.load(rings["officer"]).key.modulus == made
    assert (rings["officer"].home / keeper.FILE).stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="has a keeper's key already"):
        keeper.make(rings["officer"])
    with pytest.raises(UsageError, match="is a broker"):
        keeper.make(rings["hub"])
    with pytest.raises(UsageError, match="has no keeper's key"):
        keeper.load(rings["hub"])
    loaded = keeper.load(rings["officer"])
    assert str(loaded.key.p) not in repr(loaded)


def test_a_damaged_keeper_s_key_is_said(rings, tmp_path):
    from pplink.keys import ring

    other = ring.create(tmp_path / "home", "second", "auditor")
    place = other.home / keeper.FILE
    place.write_bytes(b"{}")
    place.chmod(0o600)
    with pytest.raises(IntegrityError, match="the keeper's key"):
        keeper.load(other)
