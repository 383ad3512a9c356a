"""Persons with several names: a hit is of two persons, by any of their names, and all counts are of persons."""

from __future__ import annotations

import pandas as pd
import pytest

from pplink.agreement.model import Blocking
from pplink.errors import IntegrityError, RefusedError, UnavailableError
from pplink.join.api import threshold_join
from pplink.session.blinded_broker import Plan
from pplink.session.blinded_terms import SIDE, parameters_of
from pplink.session.blocking import shape
from pplink.session.replay import kept, replay
from pplink.session.transcript import Transcript
from pplink.session.transports.memory import MemoryTransport
from protocols.blinded_broker import greeting
from tests.pplink.session.records import Record

NORTH = [
    ("n1", "Amina Haddad", "1971-04-02"),
    ("n1", "Umm Salim", "circa 1971"),
    ("n1", "Amina Novak", "1971"),
    ("n2", "Boris Petrov", "1985-11-30"),
    ("n3", "Greta Lindqvist;Greta Moreau", "1990-01-17"),
]
SOUTH = [
    ("s1", "Kamila Nowak;Om Salem;Amina Haddad", "1971-04-02"),
    ("s2", "Dmitri Okafor", "1960-05-05"),
    ("s3", "Greta Moreau", "1990-01-17"),
]


@pytest.fixture
def table(make_table, aliases):
    return make_table(preset="persons-crossborder", lists=aliases)


@pytest.fixture
def aliases():
    columns = ["record_id", "name", "birth_date"]
    return {unit: pd.DataFrame(rows, columns=columns) for unit, rows in (("north", NORTH), ("south", SOUTH))}


def plain(table):
    """Pairs of handles of persons of whom some names match, by the plain join."""
    (north, south), terms = (table.inputs[unit] for unit in ("north", "south")), table.agreement.terms
    pairs = threshold_join(north.rows, south.rows, terms.threshold)
    variants = terms.encoding.rows
    return {
        (north.handles[i // variants].tobytes(), south.handles[j // variants].tobytes())
        for i, j in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    }


def test_units_find_the_persons_of_whom_any_names_match(table):
    table.run()
    north, south = (table.result(unit).couples[0] for unit in ("north", "south"))
    pairs = [set(zip(map(bytes, c.own), map(bytes, c.theirs), strict=True)) for c in (north, south)]
    assert pairs[0] == plain(table) == {(b, a) for a, b in pairs[1]}
    assert len(pairs[0]) == len(north.own) == 2
    assert set(north.score) == {1.0}


def test_everybody_is_told_of_persons_and_not_of_names(table):
    table.run()
    assert [len(table.inputs[unit]) for unit in ("north", "south")] == [3, 3]
    assert {table.result(unit).end.body["rows"] for unit in ("north", "south")} == {3}


def test_encodings_of_a_person_are_filled_up_with_empty_ones_and_the_same_each_time(
    table, make_inputs, aliases
):
    first = table.inputs["north"]
    rows = first.rows.reshape(3, 16, -1)
    assert sorted(rows.any(axis=2).sum(axis=1).tolist()) == [1, 2, 3]
    assert make_inputs(table.agreement, "north", aliases["north"]).digest == first.digest
    assert first.validation.fill.min > 0.05  # of those that are


@pytest.fixture
def more_names(aliases):
    twice = aliases["north"].assign(name=lambda frame: frame["name"] + ";" + frame["name"] + " Junior")
    return aliases | {"north": twice}


def test_a_quota_of_as_many_persons_is_kept_however_many_names_match(make_table, more_names):
    table = make_table(preset="persons-crossborder", quota=2, lists=more_names)
    table.run()
    assert len(table.result("north").couples[0].own) == 2


def test_more_persons_than_the_quota_are_refused(make_table, more_names):
    table = make_table(preset="persons-crossborder", quota=1, lists=more_names)
    table.run()
    assert any(
        isinstance(error, RefusedError) and "more hits than the agreed quota" in str(error)
        for error in table.results.values()
    )


@pytest.mark.parametrize(("hits", "check"), [(2 * 3 + 1000, None), (2 * 3 + 1001, "counts")])
def test_what_units_tell_of_hits_is_compared_with_a_quota_of_persons(make_table, more_names, hits, check):
    table = make_table(preset="persons-crossborder", count=True, lists=more_names)
    table.run()
    record = Record(table, table.results["hub"])
    assert record.write() is None
    for unit in ("north", "south"):
        record.say("finished", unit, hits=hits)
    assert record.write() == check


@pytest.mark.parametrize("unit", ["north", "south"])
def test_done_again_a_side_sends_the_same(table, unit):
    table.run()
    found = replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit])
    assert (found.session, found.rows) == (table.result(unit).session, 3)


def test_a_unit_that_hides_a_name_which_it_used_is_found_out(table, make_inputs, aliases):
    table.run()
    shown = make_inputs(table.agreement, "north", aliases["north"].iloc[[0, 2, 3, 4]])
    assert len(shown) == 3
    (table.home("north") / "inputs").write_bytes(shown.digest.encode())
    with pytest.raises(IntegrityError, match="is not the one that was sent"):
        replay(kept(table.home("north"), table.rings["north"]), shown)


@pytest.fixture(
    params=[{"blocking_recall": 0.9999}, {"blocking_year": "birth_date"}], ids=["encodings", "years"]
)
def blocked(request, make_table, aliases, blocks_pay):
    """A record may have four encodings."""
    return make_table(
        preset="persons-crossborder",
        lists=aliases,
        blocking_epsilon=16.0,
        **request.param,
        change=lambda terms: terms["encoding"].update(variants=4),
    )


def test_blocked_lists_meet_by_any_of_their_names_and_each_pair_of_persons_is_one_hit(blocked):
    blocked.run()
    north, south = (blocked.result(unit).couples[0] for unit in ("north", "south"))
    pairs = set(zip(map(bytes, north.own), map(bytes, north.theirs), strict=True))
    assert pairs == plain(blocked)
    assert len(north.own) == len(south.own) == 2
    assert "bins" in {line.step for line in Transcript(blocked.home("north")).sent}


@pytest.mark.parametrize("unit", ["north", "south"])
def test_a_blocked_side_is_done_again(blocked, unit):
    blocked.run()
    found = replay(kept(blocked.home(unit), blocked.rings[unit]), blocked.inputs[unit])
    assert found.rows == 3


def test_noise_hides_a_record_with_all_of_its_variants():
    blocking = Blocking(recall=0.9, epsilon=1.0)
    one, many = (shape.shape_of(blocking, 0.75, (10**5, 10**5), variants) for variants in (1, 16))
    assert one.scale == 2 * one.bands
    assert many.scale == 2 * many.bands * 16


class Small(MemoryTransport):
    """A way that holds so many messages of one sender, and takes no more before some were taken."""

    def __init__(self, room):
        super().__init__()
        self.room, self.most_held = room, 0

    def put(self, sender, recipient, number, data):
        with self._changed:
            held = [place for place in self._messages if place[0] == sender]
            self.most_held = max(self.most_held, len(held) + 1)
            if not self._changed.wait_for(
                lambda: sum(p[0] == sender for p in self._messages) < self.room, 20
            ):
                raise UnavailableError("it is full")
        super().put(sender, recipient, number, data)

    def taken(self, *place):
        super().taken(*place)
        with self._changed:
            self._changed.notify_all()


def test_a_way_that_holds_fewer_messages_than_lists_have_blocks_is_room_enough(table, monkeypatch):
    """Each name that a person may have makes a block of its own: 16 of either unit."""
    monkeypatch.setattr(greeting, "AHEAD", 2)
    table.transport = Small(8)
    table.run()
    assert table.result("north").found == 2
    assert (
        Plan.of(table.agreement, ("north", "south"), {"north": 3, "south": 3})._layout.all_blocks("alice")
        == 16
    )


@pytest.mark.parametrize("variants", [2, 3, 16, 32])
def test_a_tile_stays_as_large_with_any_number_of_variants(proposed_agreement, variants):
    terms = proposed_agreement(
        "persons-crossborder",
        protocol="blinded_broker",
        change=lambda terms: terms["encoding"].update(variants=variants),
    ).terms
    parameters = parameters_of(terms, most_rows=1000, quota=5)
    assert parameters.pairings == variants**2
    assert parameters.side in (64, SIDE // variants // 64 * 64)
    assert parameters.longest_frame() < 1 << 26
