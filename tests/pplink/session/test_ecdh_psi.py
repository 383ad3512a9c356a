"""ecdh_psi between parties with keys, people and folders of their own: two units, and three by way of the broker."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import ExitStack
from itertools import product

import numpy as np
import pandas as pd
import pytest

from pplink.agreement.exact_presets import parse_key
from pplink.audit.verification import verify
from pplink.errors import (
    AgreementError,
    DataError,
    IntegrityError,
    PeerError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from pplink.session.catalogue import members, plan, prepare
from pplink.session.common import ENTRY
from pplink.session.party import Party, deal, link
from pplink.session.replay import kept, replay
from pplink.session.transcript import opened
from pplink.session.transports.memory import MemoryTransport

HEADER = ["record_id", "document", "phone", "name", "birth_date"]
ROWS = {
    "north": [
        ["n1", "AB123456", "+46 70 123 45 67", "Anna Berg", "1980-04-03"],
        ["n2", "CD777 888", None, "Boris Petrov", "1971-02-20"],
        ["n3", "EF9999; GH4444", None, "Chiara Rossi", "1990-12-24"],
        ["n4", None, "+46701234567", "Dmitri Ivanov", "1960"],
        ["n5", "ZZ0001", None, None, None],
    ],
    "south": [
        ["s1", "ab-123456", None, "BERG, Anna", "3 Apr 1980"],
        ["s2", None, "0046 (0)70-123 45 67", "Eva Holm", "1955-05-05"],
        ["s3", "gh 4444", None, "Someone Else", "1950-01-02"],
        ["s4", "XX5555", None, "Petrov Boris", "1971-02-20"],
        ["s5", "XX5556", None, "Nobody Here", "1933-03-04"],
    ],
    "west": [
        ["w1", "GH4444", None, "Chiara Rossi", "1990-12-24"],
        ["w2", "AB123456", None, "Uma Thorn", "1940-06-30"],
    ],
}
COMMON = [
    ("n1", "s1", "document; name+birth_date"), ("n1", "s2", "phone"), ("n2", "s4", "name+birth_date"),
    ("n3", "s3", "document"), ("n4", "s2", "phone"),
]  # fmt: skip


def people(unit):
    return pd.DataFrame(ROWS[unit], columns=HEADER)


class Session:
    """All parties of one session, each in a thread."""

    def __init__(self, rings, agreement, folder, units=("north", "south"), frames=None):
        self.rings, self.agreement, self.folder, self.units = rings, agreement, folder, units
        self.transport = MemoryTransport()
        now = pd.Timestamp(agreement.terms.valid_from, tz="UTC").to_pydatetime()
        self.inputs = {
            unit: prepare((frames or {}).get(unit, people(unit)), agreement, rings[unit], now=now)
            for unit in units
        }
        self.results = {}

    def run(self, **changes):
        threads = [
            threading.Thread(target=self._one, args=(name, changes.get(name, {})), daemon=True)
            for name in (*self.units, "hub")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        return self.results

    def _one(self, name, changes):
        try:
            with ExitStack() as stack:
                options = {
                    "agreement": self.agreement, "ring": self.rings[name], "units": self.units,
                    "transcript": stack.enter_context(opened(self.folder / name)),
                    "transport": self.transport, "seconds": 10.0,
                }  # fmt: skip
                party = Party(**options | changes)
                self.results[name] = deal(party) if name == "hub" else link(party, self.inputs[name])
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.results[name] = error

    def names(self, unit):
        """Record ids by handle."""
        from pplink.encoders.handles import handles

        ids = [row[0] for row in ROWS[unit]]
        found = handles(ids, self.rings[unit].handle_key(self.agreement.id))
        return {handle.tobytes(): record for handle, record in zip(found, ids, strict=True)}

    def hits(self, unit, peer):
        """(own, theirs, keys), as whoever has both lists reads them."""
        if isinstance(self.results[unit], Exception):
            raise self.results[unit]
        couple = next(each for each in self.results[unit].couples if each.peer == peer)
        own, theirs = self.names(unit), self.names(peer)
        rows = zip(couple.own, couple.theirs, couple.keys, strict=True)
        return sorted((own[mine.tobytes()], theirs[other.tobytes()], keys) for mine, other, keys in rows)


@pytest.fixture
def agreed(signed_agreement):
    def make(parties=("north", "south", "hub", "officer"), hits_to=(), **exact):
        own = {"step": 16, "capacity": 64} | exact
        return signed_agreement("documents-exact", parties=parties, hits_to=hits_to, exact=own)

    return make


@pytest.fixture
def session(rings, agreed, tmp_path):
    return Session(rings, agreed(), tmp_path)


def test_two_units_find_which_records_share_a_key_and_by_which(session):
    session.run()
    assert session.hits("north", "south") == COMMON
    assert sorted((b, a, keys) for a, b, keys in session.hits("south", "north")) == COMMON
    assert session.results["north"].found == session.results["south"].found == 5
    for place in (session.results["hub"], session.results["north"].record):
        assert verify(place, agreement_id=session.agreement.id).first_failure is None


def test_hits_may_go_to_one_unit_which_the_other_can_answer_though_it_learns_none(rings, agreed, tmp_path):
    session = Session(rings, agreed(hits_to=["south"]), tmp_path)
    session.run()
    north, south = session.results["north"], session.results["south"]
    assert (north.couples, south.names) == ((), None)
    (couple,) = south.couples
    asked = defaultdict(set)
    for name, own in zip(north.names.theirs, north.names.own, strict=True):
        asked[bytes(name)].add(bytes(own))
    mine, yours = session.names("south"), session.names("north")
    hits = [(yours[theirs], mine[bytes(own)], key)
            for own, name, key in zip(couple.own, couple.theirs, couple.keys, strict=True)
            for theirs in asked[bytes(name)]]  # fmt: skip
    due = [(one, other, key) for one, other, keys in COMMON for key in keys.split("; ")]
    assert sorted(hits) == sorted(due)
    assert verify(session.results["hub"]).first_failure is None
    assert replay(kept(session.folder / "north", rings["north"]), session.inputs["north"]).rows == 16


def test_of_a_size_that_goes_to_one_unit_the_other_learns_nothing(rings, agreed, tmp_path):
    session = Session(rings, agreed(reveal="size", hits_to=["north"]), tmp_path)
    session.run()
    assert session.results["north"].found == 5
    assert (session.results["south"].found, session.results["south"].names) == (0, None)


def test_a_join_tells_a_size_filled_up_to_the_agreed_step(session):
    assert {unit: each.told for unit, each in session.inputs.items()} == {"north": 16, "south": 16}
    assert len({len(each.items) for each in session.inputs.values()}) == 2


def test_done_again_a_side_sends_the_same_and_other_people_are_found_out(session, rings):
    session.run()
    found = replay(kept(session.folder / "north", rings["north"]), session.inputs["north"])
    assert found.rows == 16
    assert found.commitment
    other = Session(rings, session.agreement, session.folder, frames={"north": people("north").iloc[:4]})
    (session.folder / "north" / "inputs").write_bytes(other.inputs["north"].digest.encode())
    with pytest.raises(IntegrityError, match="message 1 to south"):
        replay(kept(session.folder / "north", rings["north"]), other.inputs["north"])


def test_only_the_size_is_learned_where_that_is_agreed(rings, agreed, tmp_path):
    session = Session(rings, agreed(reveal="size"), tmp_path)
    session.run()
    for unit in ("north", "south"):
        assert (session.results[unit].found, session.results[unit].couples) == (5, ())
    assert verify(session.results["hub"]).first_failure is None


def test_three_units_find_what_all_of_them_have(rings, agreed, tmp_path):
    parties, units = ("north", "south", "west", "hub"), ("north", "south", "west")
    session = Session(rings, agreed(parties), tmp_path, units)
    session.run()
    hits = [("n1", "s1", "w2"), ("n3", "s3", "w1")]
    for unit, peer in product(units, units):
        if unit != peer:
            a, b = units.index(unit), units.index(peer)
            assert [row[:2] for row in session.hits(unit, peer)] == sorted((hit[a], hit[b]) for hit in hits)
    assert verify(session.results["hub"], agreement_id=session.agreement.id).first_failure is None
    done = replay(kept(tmp_path / "west", rings["west"]), session.inputs["west"])
    assert done.session == session.results["west"].session


def test_units_with_nothing_in_common_learn_that_alone(rings, agreed, tmp_path):
    frames = {"south": people("south").iloc[4:]}
    session = Session(rings, agreed(), tmp_path, frames=frames)
    session.run()
    assert session.hits("north", "south") == session.hits("south", "north") == []


def test_more_in_common_than_agreed_ends_the_session(rings, agreed, tmp_path):
    session = Session(rings, agreed(quota=2), tmp_path)
    session.run()
    assert {type(each) for each in session.results.values()} <= {RefusedError, PeerError}
    assert any("more common items than agreed" in str(each) for each in session.results.values())


def test_a_unit_that_brings_more_than_it_joined_with_is_found_before_anything_is_masked(
    rings, agreed, tmp_path
):
    session = Session(rings, agreed(), tmp_path)
    true = session.inputs["north"]
    session.inputs["north"] = type(true)(**{**vars(true), "told": 32})
    session.run()
    assert "brought 16 elements, and had joined with 32" in str(session.results["south"])
    assert {type(each) for each in session.results.values()} == {PeerError}


def test_points_outside_the_group_end_the_session_with_step_and_check(rings, agreed, tmp_path, monkeypatch):
    from protocols.ecdh_psi import Alice

    true = Alice._masked
    monkeypatch.setattr(Alice, "_masked", lambda role: np.full_like(true(role), 255))
    session = Session(rings, agreed(), tmp_path)
    session.run()
    assert "broke check C6 of step 2" in str(session.results["south"])
    assert {type(each) for each in session.results.values()} == {PeerError}
    assert (tmp_path / "south" / "failed").exists()


def test_a_peer_that_stops_is_waited_for_no_longer_than_agreed(session):
    transport = session.transport

    class Silent:
        """South's letters are lost."""

        def __getattr__(self, name):
            return getattr(transport, name)

        def put(self, sender, recipient, number, data):
            if number < 2:
                transport.put(sender, recipient, number, data)

    session.run(
        **{name: {"seconds": 1.0} for name in ("north", "hub")}, south={"transport": Silent(), "seconds": 1.0}
    )
    assert "nothing came from" in str(session.results["north"])


def test_a_side_that_was_broken_off_goes_on(session):
    transport = session.transport

    class Breaks:
        """Fails once, in the middle of the protocol."""

        calls = 0

        def __getattr__(self, name):
            return getattr(transport, name)

        def wait(self, *arguments):
            self.calls += 1
            if self.calls == 4:
                raise UnavailableError("the disk is away")
            return transport.wait(*arguments)

    others = [
        threading.Thread(target=session._one, args=(name, {}), daemon=True) for name in ("north", "hub")
    ]
    for each in others:
        each.start()
    session._one("south", {"transport": Breaks()})
    assert isinstance(session.results["south"], UnavailableError)
    session._one("south", {})
    for each in others:
        each.join(60)
    assert session.hits("north", "south") == COMMON
    assert verify(session.results["hub"], agreement_id=session.agreement.id).first_failure is None


def _spoiled(entries, way):
    if way == "a handle twice":
        entries[1] = entries[0]
    elif way == "a key that is not common":
        entries["rank"][4] = 9
    elif way == "a key left out":
        entries["rank"][:2] = 2
    elif way == "out of order":
        entries[:2] = entries[:2][::-1].copy()
    elif way == "something after the end":
        entries["handle"][-1] = 1
    return entries.tobytes()[:-1] if way == "cut" else entries.tobytes()


@pytest.mark.parametrize(
    "way",
    [
        "a handle twice",
        "a key that is not common",
        "a key left out",
        "out of order",
        "something after the end",
        "cut",
    ],
)
def test_handles_that_do_not_fit_end_the_session(session, monkeypatch, way):
    from pplink.session import common
    from pplink.session.post import Post

    true = Post.send

    def send(post, recipient, step, content):
        if step == common.HANDLES and post.name == "north":
            content = _spoiled(np.frombuffer(content, ENTRY).copy(), way)
        true(post, recipient, step, content)

    monkeypatch.setattr(Post, "send", send)
    session.run()
    assert isinstance(session.results["south"], PeerError)
    assert "number of handles" in str(session.results["south"]) or "do not fit" in str(
        session.results["south"]
    )


def test_more_keys_than_agreed_are_refused_before_anything_is_sent(rings, agreed, tmp_path):
    many = pd.concat(
        [people("north").assign(record_id=f"r{n}", document=f"doc{n:05}").iloc[:1] for n in range(80)]
    )
    with pytest.raises(DataError, match="more than the 64 keys"):
        Session(rings, agreed(), tmp_path, frames={"north": many})


def test_a_list_without_any_key_is_no_list_for_this(rings, agreed, tmp_path):
    bare = people("north").assign(document=None, phone=None, birth_date=None)
    with pytest.raises(DataError, match="no row has all parts of any key"):
        Session(rings, agreed(), tmp_path, frames={"north": bare})


def test_keys_meet_by_sound_and_year_where_that_is_agreed(rings, agreed, tmp_path):
    agreement = agreed(keys=(parse_key("name:sound+birth_date:year"),))
    frames = defaultdict(lambda: None)
    frames["north"] = pd.DataFrame(
        [["n1", "Yusuf Grigoryevich", "1964-05-06"]], columns=["record_id", "name", "birth_date"]
    )
    frames["south"] = pd.DataFrame(
        [["s1", "Grigorijevitj, Yussuf", "1964-03-08"]], columns=list(frames["north"])
    )
    session = Session(rings, agreement, tmp_path, frames=frames)
    session.run()
    assert session.hits("north", "south") == [("n1", "s1", "name:sound+birth_date:year")]


def test_who_may_be_in_a_session_follows_from_the_protocol(agreed, proposed_agreement):
    three = agreed(("north", "south", "west", "hub"))
    assert members(three, "west", ()) == members(three, None, ()) == ("north", "south", "west")
    assert members(three, "west", ("north",)) == ("north", "west")
    with pytest.raises(UsageError, match="two to 8 of the units"):
        members(three, "west", ("nobody",))
    made = plan(three, ("north", "south", "west"), {"north": 16, "south": 32, "west": 16})
    assert made.longest < 32 << 20
    assert made.hears("west") == ("hub",)
    assert made.party_of("unit2") == "south"
    assert plan(three, ("north", "south"), {"north": 16, "south": 32}).role_of("south") == "bob"


def test_terms_that_cannot_be_run_are_refused(proposed_agreement):
    with pytest.raises(AgreementError, match="is no multiple of step"):
        proposed_agreement("documents-exact", exact={"step": 7})
