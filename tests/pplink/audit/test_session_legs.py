"""What must hold between the legs of a session: each bad line is told apart."""

from __future__ import annotations

import pytest

from pplink.audit.evidence import Wrong
from pplink.audit.session_events import Broken, Finished, Joined, Link
from pplink.audit.session_legs import Leg, check_following, legs_of, received_of
from pplink.keys.signing import Signed

AT, NAME, OTHER = "2026-01-01T00:00:00Z", "ab" * 32, "cd" * 32
ONE, TWO, THREE = ("01" * 32, "02" * 32, "03" * 32)


def joined(unit=True, **options):
    given = {"rows": 7 if unit else 0, "confirmation": "ef" * 32 if unit else ""}
    fixed = {
        "at": AT, "agreement": NAME, "protocol": "blinded_broker/1", "units": ("north", "south"), "nonce": OTHER,
        "software": "test",
    }  # fmt: skip
    return Joined(**fixed | given | options)


def joins(**options):
    """By party; options: of all, but for tiles, which are of units: both, or those of each."""
    tiles = options.pop("tiles", None)
    return {
        name: joined(name != "hub", **options, **({"tiles": tiles[name]} if tiles and name != "hub" else {}))
        for name in ("north", "south", "hub")
    }


def test_a_leg_begins_where_both_units_have_all_before():
    later = joins(follows=NAME, tiles={"north": 4, "south": 3})
    assert check_following(later, joins(), NAME, 2) == 3
    assert check_following(joins(), joins(), "", 0) == 0


NEXT = joins(follows=NAME, tiles={"north": 4, "south": 4})


@pytest.mark.parametrize(
    ("later", "before", "tiles"),
    [
        (joins(follows=OTHER, tiles={"north": 4, "south": 4}), NAME, 0),
        (joins(tiles={"north": 4, "south": 4}), NAME, 0),
        (joins(follows=NAME), NAME, 0),
        (NEXT, "", 0),
        (joins(follows=NAME, tiles={"north": 4, "south": 1}), NAME, 2),
        (NEXT | {"hub": joined(False, follows=NAME, tiles=4)}, NAME, 0),
        (NEXT | {"north": joined(follows=NAME, tiles=4, rows=8)}, NAME, 0),
        (NEXT | {"west": joined(follows=NAME, tiles=4)}, NAME, 0),
    ],
    ids=["another leg", "no leg", "no tiles", "the first", "backwards", "the broker's", "another list", "a stranger"],
)  # fmt: skip
def test_joins_that_do_not_follow_are_found(later, before, tiles):
    with pytest.raises(Wrong):
        check_following(later, joins(), before, tiles)


def leg(sent, came):
    """A leg in which north sent the broker and the broker received, and nothing else went."""
    both = {"north": sent, "hub": came}
    broken = {
        name: Broken(
            at=AT,
            session=NAME,
            links=(
                Link(sender="hub", recipient="north", digests=()),
                Link(sender="north", recipient="hub", digests=tuple(digests)),
            ),
        )
        for name, digests in both.items()
    }
    return Leg(joins=(), ends=(), joined={}, broken=broken)


def test_what_arrived_is_the_beginning_of_what_was_sent():
    assert received_of(leg([ONE, TWO, THREE], [ONE, TWO])) == 2
    assert received_of(leg([ONE], [])) == 0


@pytest.mark.parametrize(
    ("sent", "came"), [([ONE], [ONE, TWO]), ([ONE, TWO], [TWO]), ([ONE, TWO], [ONE, THREE])]
)
def test_what_was_never_sent_is_found(sent, came):
    with pytest.raises(Wrong, match="different messages from north"):
        received_of(leg(sent, came))


def test_a_link_that_nobody_tells_of_is_found():
    whole = leg([ONE], [ONE])
    whole.broken["hub"] = Broken(at=AT, session=NAME, links=())
    with pytest.raises(Wrong, match="not every link"):
        received_of(whole)


def test_an_end_of_another_leg_is_found():
    with pytest.raises(Wrong, match="is of another"):
        leg([ONE], [ONE]).check()


def test_lines_out_of_place_are_found():
    line = Signed(kind="k", signer="north", body={}, signature=bytes(64))
    end = Broken(at=AT, session=NAME, links=())
    earlier, last = legs_of([(line, joined()), (line, end), (line, joined())])
    assert (len(earlier), len(last)) == (1, 1)
    finished = Finished(at=AT, session=NAME, rows=0, commitment="", links=())
    with pytest.raises(Wrong, match="not joins, then ends"):
        legs_of([(line, joined()), (line, finished), (line, joined())])
