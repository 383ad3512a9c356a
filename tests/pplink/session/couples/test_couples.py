"""Three units that meet two by two: what comes of each couple, and what goes wrong in one alone."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pplink.audit.session_events import couple_name
from pplink.audit.verification import verify
from pplink.errors import AgreementError, PeerError, RefusedError, UnavailableError, UsageError
from pplink.join.api import threshold_join
from pplink.session import couples, gathering
from pplink.session.transcript import HEAD, opened
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.memory import MemoryTransport

ALIASES = pd.DataFrame(
    [("1", "Amina Haddad;Umm Salim", "1971-04-02"), ("2", "Boris Petrov", "1985-11-30"),
     ("3", "Greta Lindqvist;Greta Moreau;Margarete Moreau", "1990-01-17")],
    columns=["record_id", "name", "birth_date"],
)  # fmt: skip
UNITS = ("north", "south", "west")
COUPLES = ("north+south", "north+west", "south+west")


def pairs_of(names):
    return [each.split("+") for each in names]


def test_each_couple_finds_what_the_plain_computation_finds(circle):
    circle.run()
    assert not any(circle.result(name).failed for name in (*UNITS, "hub"))
    for one, other in pairs_of(COUPLES):
        found = circle.met(one, other)
        assert found == circle.plain(one, other)
        assert len(found) > 5


def test_the_same_over_one_folder(circle, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    way = {"way": lambda couple: nullcontext(FolderTransport(share, couple))}
    circle.run(**dict.fromkeys((*UNITS, "hub"), way))
    assert not any(circle.result(name).failed for name in (*UNITS, "hub"))
    assert circle.met("south", "west") == circle.plain("south", "west")
    assert sorted(path.name for path in share.iterdir()) == sorted(
        f"{couple}.{party}.claim" for couple in COUPLES for party in (*couple.split("+"), "hub")
    )


def test_two_units_cannot_tell_by_names_or_rows_that_they_share_a_third_one_s_record(circle):
    circle.run()
    south, west = ({row.tobytes() for row in _from(circle, unit, "north")} for unit in ("south", "west"))
    assert len(south & west) == 0
    both = {own for own, *_ in circle.plain("north", "south")} & {
        own for own, *_ in circle.plain("north", "west")
    }
    assert len(both) > 3  # and there are such records
    orders = [circle.inputs["north"].towards(circle.rings["north"].couple_key(circle.agreement.id, peer))[1]
              for peer in ("south", "west")]  # fmt: skip
    assert not np.array_equal(*orders)


def _from(circle, unit, peer):
    return next(each for each in circle.result(unit).couples if each.peer == peer).theirs


def test_everybody_has_the_records_of_its_couples_and_they_verify(circle):
    circle.run()
    for name in (*UNITS, "hub"):
        due = [each for each in COUPLES if name == "hub" or name in each.split("+")]
        record = circle.result(name).record
        assert sorted(path.name for path in record.iterdir()) == due
        for each in due:
            report = verify(record / each, agreement_id=circle.agreement.id)
            assert report.first_failure is None
            assert (record / each / "log.jsonl").read_bytes() == (
                circle.result("hub").record / each / "log.jsonl"
            ).read_bytes()


def test_a_unit_that_joins_couples_with_different_lists_is_found_before_anything_is_dealt(
    circle, monkeypatch
):
    commitment_of = couples.commitment_of
    monkeypatch.setattr(couples, "link", _with_another_commitment(couples.link))
    circle.seconds = 20
    circle.run()
    assert commitment_of(bytes(32), "00" * 32)
    failed = circle.result("hub").failed
    assert len(failed) == 1
    ((name, error),) = failed.items()
    assert name in ("north+south", "south+west")
    assert isinstance(error, PeerError)
    assert error.message.startswith(f"couple {name}: south joined with another list than in couple ")
    assert list(circle.result("north").failed) == ([name] if "north" in name else [])
    assert circle.met("north", "west") == circle.plain("north", "west")


def _with_another_commitment(link):
    def other(party, inputs):
        if party.ring.name == "south" and "west" in party.units:
            party.commitment = "11" * 32
        return link(party, inputs)

    return other


class _Waylaid(MemoryTransport):
    """West joins one couple alone, and leaves that before its end; later it does as it likes, but in that couple."""

    def __init__(self, couple, later):
        super().__init__()
        self.couple, self.later, self.stopped = couple, later, False

    @property
    def deserted(self):
        return self.stopped if self.couple == "north+west" else not self.later

    def claim(self, sender):
        if self.deserted and (sender, self.couple) == ("west", "south+west"):
            raise UnavailableError("west does not join this one yet")
        super().claim(sender)

    def put(self, sender, recipient, number, data):
        if self.couple == "north+west" and sender == "west" and b'"step":"4"' in data[:HEAD]:
            self.stopped = True
            raise UnavailableError("west stops before its end")
        super().put(sender, recipient, number, data)

    def wait(self, recipient, due, limit, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                return super().wait(recipient, due, limit, 0.1)
            except UnavailableError:
                if self.deserted or time.monotonic() > end:
                    raise


def test_a_unit_s_list_holds_when_the_broker_goes_on(circle):
    """No couple of west's has ended when the broker stops, and west forgets what it brought to the first."""
    later = []
    circle.ways.update({each: _Waylaid(each, later) for each in COUPLES})
    circle.run("north", "west", "hub")
    assert list(circle.result("hub").failed) == list(COUPLES)
    later.append(True)
    (circle.folder / "west").rename(circle.folder / "west-before")
    rows = circle.inputs["west"].rows.copy()
    rows[1] = rows[0]
    circle.run(west={"inputs": replace(circle.inputs["west"], rows=rows)})
    error = circle.result("hub").failed["south+west"]
    assert isinstance(error, PeerError)
    assert error.message == "couple south+west: west joined with another list than in couple north+west"
    assert "south+west" in circle.result("south").failed
    assert "south+west" in circle.result("west").failed
    assert [each.name for each in circle.result("hub").record.iterdir()] == ["north+south"]


def test_a_unit_that_never_comes_holds_up_its_own_couples_alone(circle):
    circle.seconds = 3
    circle.run("south", "west", "hub")
    assert circle.met("south", "west") == circle.plain("south", "west")
    for name, due in (
        ("south", ["north+south"]),
        ("west", ["north+west"]),
        ("hub", ["north+south", "north+west"]),
    ):
        failed = circle.result(name).failed
        assert list(failed) == due
        for couple, error in failed.items():
            assert isinstance(error, UnavailableError)
            assert error.message.startswith(f"couple {couple}: nothing came from")
    circle.seconds = 120
    circle.run()  # all go on with what is missing
    assert not any(circle.result(name).failed for name in (*UNITS, "hub"))
    for one, other in pairs_of(COUPLES):
        assert circle.met(one, other) == circle.plain(one, other)


def test_what_was_found_is_not_looked_for_again(circle, monkeypatch):
    circle.run()
    before = circle.met("north", "south")

    def never(*_):
        raise AssertionError

    monkeypatch.setattr(couples, "link", never)
    monkeypatch.setattr(couples, "deal", never)
    circle.run()
    assert circle.met("north", "south") == before


def test_a_side_does_not_go_on_with_another_list(circle, make_inputs, people):
    circle.run()
    shorter = make_inputs(circle.agreement, "north", people["north"].iloc[1:])
    circle.run("north", north={"inputs": shorter})
    assert isinstance(circle.results["north"], UsageError)
    assert "not the one with which this session began" in circle.results["north"].message


def test_a_side_does_not_go_on_with_other_units(circle):
    circle.seconds = 1
    circle.run("north")
    circle.run("north", north={"units": ("north", "west")})
    assert isinstance(circle.results["north"], UsageError)


def test_units_that_name_different_units_make_no_session(circle, monkeypatch):
    link = couples.link

    def other(party, inputs):
        if party.ring.name == "north":
            party.among = ("east", "north", "south", "west")
        return link(party, inputs)

    monkeypatch.setattr(couples, "link", other)
    circle.run()
    failed = circle.result("south").failed
    assert isinstance(failed["north+south"], AgreementError)
    assert "do not name the same units" in failed["north+south"].message
    assert circle.met("south", "west") == circle.plain("south", "west")


def test_what_ended_a_couple_for_good_stays_so_and_the_others_stay_found(circle, monkeypatch):
    monkeypatch.setattr(couples, "link", _with_another_commitment(couples.link))
    circle.run()
    (name,) = circle.result("hub").failed
    circle.run("hub", "west", "south")
    assert isinstance(circle.result("hub").failed[name], RefusedError)
    assert "this session failed" in circle.result("hub").failed[name].message
    assert len(circle.result("west").couples) == (1 if "west" in name else 2)


def test_hits_that_go_to_one_unit_make_couples_with_it_alone(make_circle):
    circle = make_circle(score="none", assignment="many-to-many", hits_to=("south",))
    circle.run()
    assert sorted(path.name for path in circle.result("hub").record.iterdir()) == [
        "north+south",
        "south+west",
    ]
    assert [len(each.own) for each in circle.result("north").couples] == [0]
    assert [each.peer for each in circle.result("south").couples] == ["north", "west"]
    assert all(len(each.own) > 5 for each in circle.result("south").couples)


def test_couples_of_persons_with_aliases_find_the_same(make_circle):
    """Rows of one person stay together where records are put into another order."""
    circle = make_circle(preset="persons-crossborder", lists=dict.fromkeys(UNITS, ALIASES))
    circle.run()
    terms = circle.agreement.terms
    for one, other in pairs_of(COUPLES):
        left, right = circle.inputs[one], circle.inputs[other]
        pairs = threshold_join(left.rows, right.rows, terms.threshold)
        rows = zip(pairs.left // terms.encoding.rows, pairs.right // terms.encoding.rows, strict=True)
        expected = {(left.handles[i].tobytes(), right.handles[j].tobytes()) for i, j in rows}
        assert {found[:2] for found in circle.met(one, other)} == expected
        assert len(expected) >= 2


def test_couples_of_blocked_lists_find_the_same_with_the_recall_agreed(make_circle, blocks_pay):
    circle, told = make_circle(threshold=0.8, blocking_recall=0.999), []
    circle.run(north={"note": told.append})
    assert sorted(line.partition(":")[0] for line in told) == ["couple north+south", "couple north+west"]
    assert all("lists are blocked" in line for line in told)
    for one, other in pairs_of(COUPLES):
        assert circle.met(one, other) == circle.plain(one, other)


def test_the_worst_of_several_errors_is_told_and_the_others_are_named():
    failed = {"a+b": UnavailableError("couple a+b: silence"), "a+c": PeerError("couple a+c: no", "ask")}
    told = gathering.first_of(failed)
    assert isinstance(told, PeerError)
    assert (told.message, told.hint) == ("couple a+c: no (and 1 more: a+b)", "ask")
    assert gathering.first_of({"a+b": failed["a+b"]}) is failed["a+b"]


def test_an_error_that_is_none_of_ours_is_raised():
    with pytest.raises(ZeroDivisionError):
        gathering.at_once({"a": lambda: 1 // 0, "b": lambda: 1})
    assert couple_name(("south", "north")) == "north+south"


def test_a_couple_s_other_list_is_another(circle):
    other = replace(circle.inputs["south"], rows=circle.inputs["south"].rows ^ np.uint64(1))
    assert couples.commitment_of(bytes(32), other.digest) != couples.commitment_of(
        bytes(32), circle.inputs["south"].digest
    )


@pytest.mark.parametrize(
    ("kept", "said"),
    [({"agreement.json": b"another"}, "another agreement"), ({"secret": bytes(32)}, "other units")],
)
def test_a_mistaken_command_leaves_a_side_that_was_begun_as_it_was(circle, kept, said):
    """With another agreement, of three units, it made the side of two units one that neither could go on with."""
    with opened(circle.folder / "north") as transcript:
        for name, data in kept.items():
            transcript.remember(name, lambda data=data: data)
        before = sorted(each.name for each in transcript.folder.iterdir())
        party = gathering.Gathering(
            agreement=circle.agreement, ring=circle.rings["north"], units=UNITS, transcript=transcript,
            way=lambda _: nullcontext(MemoryTransport()),
        )  # fmt: skip
        with pytest.raises(UsageError, match=said):
            party.begin()
        assert sorted(each.name for each in transcript.folder.iterdir()) == before
