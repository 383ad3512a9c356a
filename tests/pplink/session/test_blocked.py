"""Whole sessions of lists that are blocked: what they find, what they tell, and what goes wrong."""

from __future__ import annotations

import numpy as np
import pytest

from pplink import memory
from pplink.audit.verification import verify
from pplink.errors import AgreementError, PeerError, RefusedError, UnavailableError, UsageError
from pplink.join.api import threshold_join
from pplink.session import blinded_broker
from pplink.session.blocking import meeting, shape
from pplink.session.blocking.layout import Layout
from pplink.session.blocking.shape import BINS
from pplink.session.replay import kept, replay
from pplink.session.transcript import Transcript
from protocols.errors import MisuseError
from tests.pplink.session.parties import Stopping, both_found, broken_off, plain, told

pytestmark = pytest.mark.usefixtures("blocks_pay")

RECALL = 0.9999


@pytest.fixture
def make_blocked(make_table):
    def make(transport=None, **options):
        return make_table(transport, **{"blocking_recall": RECALL, "threshold": 0.8} | options)

    return make


def steps(table, name):
    """Of what a party sent."""
    return [line.step for line in Transcript(table.home(name)).sent]


@pytest.mark.parametrize(
    "options", [{}, {"score": "exact"}, {"count": True, "blocking_epsilon": 4.0}], ids=str
)
def test_both_units_find_what_the_plain_computation_finds(make_blocked, options):
    table = make_blocked(**options)
    table.run()
    assert both_found(table) == plain(table)
    assert len(plain(table)) > 5
    assert verify(table.results["hub"]).first_failure is None


def test_units_tell_each_other_of_bins_and_the_broker_of_blocks_alone(make_blocked):
    table = make_blocked()
    table.run()
    assert steps(table, "north").count("bins") == 1
    for name in ("north", "south"):
        sent = [(line.step, line.to) for line in Transcript(table.home(name)).sent]
        to_broker = {step for step, to in sent if to == "hub"}
        assert to_broker <= {"blocks", "1", "4", "end"}
        assert "13" not in to_broker
    assert "3a" in steps(table, "south")
    assert "9a" in steps(table, "south")


@pytest.fixture
def by_year(make_blocked):
    return make_blocked(blocking_recall=None, blocking_year="birth_date", threshold=0.66)


def test_lists_blocked_by_years_give_the_hits_of_those_years(by_year, people):
    by_year.run()
    north, south = (by_year.inputs[unit] for unit in ("north", "south"))
    assert set(np.unique(north.years)) == {int(born[:4]) for born in people["north"]["birth_date"]}
    terms = by_year.agreement.terms
    pairs = threshold_join(north.rows, south.rows, terms.threshold)
    near = np.abs(north.years[pairs.left] - south.years[pairs.right]) <= 1
    assert by_year.result("north").found == by_year.result("south").found
    assert 5 < near.sum() <= by_year.result("north").found <= len(pairs)  # rows without room meet all


def test_a_record_of_no_year_is_compared_with_all(make_blocked, make_inputs, people, by_year):
    without = people["north"].assign(birth_date="")
    without.loc[30:, "birth_date"] = people["north"].loc[30:, "birth_date"]
    agreement = by_year.agreement
    by_year.inputs = {**by_year.inputs, "north": make_inputs(agreement, "north", without)}
    assert np.count_nonzero(by_year.inputs["north"].years == 0) == 30
    by_year.run()
    north, south = (by_year.inputs[unit] for unit in ("north", "south"))
    pairs = threshold_join(north.rows, south.rows, agreement.terms.threshold)
    years = north.years[pairs.left], south.years[pairs.right]
    near = (years[0] == 0) | (np.abs(years[0] - years[1]) <= 1)
    assert 5 < near.sum() <= by_year.result("north").found <= len(pairs)


@pytest.mark.parametrize("unit", ["north", "south"])
def test_done_again_a_side_blocked_by_years_sends_the_same(by_year, unit):
    by_year.run()
    assert replay(kept(by_year.home(unit), by_year.rings[unit]), by_year.inputs[unit]).sent > 5


def test_each_party_is_told_how_lists_are_blocked(make_blocked):
    table, told_to = make_blocked(), {name: [] for name in ("north", "south", "hub")}
    table.run(**{name: {"note": lines.append} for name, lines in told_to.items()})
    assert told_to["north"] == told_to["south"] == told_to["hub"]
    assert told_to["hub"][0].startswith("lists are blocked: ")


def test_where_blocks_cost_more_than_all_pairs_all_are_compared(make_blocked, monkeypatch):
    monkeypatch.setattr(shape, "COSTS", {256: 1.4})
    monkeypatch.setattr(shape, "BINS", BINS)
    shape.shape_of.cache_clear()
    table, lines = make_blocked(), []
    table.run(north={"note": lines.append})
    assert told(table.result("north")) == plain(table)
    assert lines == ["all pairs are compared: blocks would cost more, with these lists"]
    assert not {"bins", "blocks", "3a"} & set(steps(table, "north"))


def test_where_noise_makes_blocks_dearer_than_all_pairs_all_are_compared(make_blocked, monkeypatch):
    """Units see that only when they have told each other of their bins; the broker is told so."""
    monkeypatch.setattr(meeting.Meeting, "_pays", lambda *_: False)
    table = make_blocked()
    table.run()
    assert both_found(table) == plain(table)
    assert {"bins", "blocks"} <= set(steps(table, "south"))
    assert "3a" not in steps(table, "south")


@pytest.mark.parametrize("unit", ["north", "south"])
def test_done_again_a_side_sends_the_same(make_blocked, unit):
    table = make_blocked()
    table.run()
    found = replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit])
    assert found.session == table.result(unit).session
    assert found.sent == len(steps(table, unit)) - 1  # all but the end, which tells of those before it


@pytest.mark.parametrize("after", [2, 3, 5, 9])
def test_a_party_goes_on_where_it_stopped(make_blocked, after):
    table = broken_off(make_blocked(Stopping("north", after)))
    assert both_found(table) == plain(table)


def lying(monkeypatch, step, change, who="south"):
    """A unit that tells something else in this step."""
    send = meeting.Post.send

    def other(self, recipient, told_step, content):
        lies = self.name == who and told_step == step
        send(self, recipient, told_step, change(content) if lies else content)

    monkeypatch.setattr(meeting.Post, "send", other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-4], "south told of .* bins where there are"),
        (lambda content: content * 2, "south told of .* bins where there are"),
        (lambda _: b"", "south told of 0 bins where there are"),
        (
            lambda content: b"\xff\xff\xff\xff" + content[4:],
            "south told of more records in a bin than it has",
        ),
        (lambda content: (31).to_bytes(4, "little") + content[4:], "south told of more records in a bin"),
    ],
    ids=["shorter", "longer", "empty", "huge", "one more than there are"],
)
def test_a_peer_that_tells_of_bins_that_cannot_be_is_found(make_blocked, monkeypatch, change, message):
    lying(monkeypatch, "bins", change)
    table = make_blocked()
    table.run()
    assert isinstance(table.results["north"], PeerError)
    with pytest.raises(PeerError, match=message):
        raise table.results["north"]
    assert all(isinstance(each, PeerError) for each in table.results.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: (int.from_bytes(content, "little") + 1).to_bytes(8, "little"), "different numbers"),
        (lambda _: bytes(8), "different numbers of blocks"),
        (lambda _: b"\xff" * 8, "more blocks than all pairs would cost"),
        (lambda content: content[:7], "south tells of more blocks"),
    ],
    ids=["one more", "none", "huge", "cut"],
)
def test_a_unit_that_tells_the_broker_another_number_of_blocks_is_found(
    make_blocked, monkeypatch, change, message
):
    lying(monkeypatch, "blocks", change)
    table = make_blocked()
    table.run()
    with pytest.raises(PeerError, match=message):
        raise table.results["hub"]
    assert all(isinstance(each, PeerError) for each in table.results.values())


def test_units_that_count_blocks_otherwise_do_not_begin(make_blocked, monkeypatch):
    """A unit whose blocks are of another number than it told: the parameters' digest is another."""
    blocked = blinded_broker.Plan._blocked

    def other(self, shape, pairs, filling):
        return blocked(self, shape, pairs + 1 if filling and filling.unit else pairs, filling)

    monkeypatch.setattr(blinded_broker.Plan, "_blocked", other)
    table = make_blocked()
    table.run()
    assert any("C1" in each.message for each in table.results.values())
    assert not any(hasattr(each, "couples") for each in table.results.values())


def test_a_quota_counts_pairs_and_not_how_often_they_are_found(make_blocked):
    found = len(plain(make_blocked(assignment="many-to-many", score="none")))
    table = make_blocked(assignment="many-to-many", score="none", quota=found + 5)
    table.run()
    assert not isinstance(table.results["north"], Exception)
    table = make_blocked(assignment="many-to-many", score="none", quota=3)
    table.folder = table.folder.with_name("less")
    table.folder.mkdir()
    table.run()
    assert any(isinstance(each, RefusedError) for each in table.results.values())


@pytest.mark.parametrize("threshold", [0.3, 0.6])
def test_terms_under_which_blocks_never_pay_are_refused(make_table, monkeypatch, threshold):
    monkeypatch.undo()
    shape.shape_of.cache_clear()
    table = make_table(blocking_recall=0.99, threshold=threshold)
    table.run("north")
    with pytest.raises(AgreementError, match=r"blocking costs more|no blocking has"):
        raise table.results["north"]


def test_more_blocks_than_a_run_can_have_are_refused_in_words(make_blocked, monkeypatch):
    monkeypatch.setattr(Layout, "pairs", (1 << 24) + 1)
    monkeypatch.setattr(meeting.Meeting, "_pays", lambda *_: True)
    table = make_blocked()
    table.run()
    for error in table.results.values():
        assert isinstance(error, AgreementError)
        assert "16,777,217 pairs of blocks cannot be compared" in error.message
        assert "split the longer list" in error.hint


def test_more_blocks_than_there_is_memory_for_are_not_begun(make_blocked, monkeypatch):
    """As a peer makes them that tells of more rows in each bin than it has."""
    monkeypatch.setattr(memory, "free", lambda: 1 << 16)
    table = make_blocked()
    table.run(hub={"seconds": 2})
    for unit in ("north", "south"):
        assert isinstance(table.results[unit], UnavailableError)
        assert "pairs of blocks needs" in table.results[unit].message


@pytest.mark.parametrize("who", ["north", "hub"])
def test_a_role_that_cannot_be_made_is_an_error_of_ours(make_blocked, monkeypatch, who):
    def refuse(*_):
        raise MisuseError("it cannot be")

    monkeypatch.setattr(blinded_broker.Plan, "make", refuse)
    table = make_blocked()
    table.run()
    assert isinstance(table.results[who], UsageError)
    assert table.results[who].message == "it cannot be"
