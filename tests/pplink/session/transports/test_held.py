"""What a relay keeps in memory: frames of a session that can do them again, for who takes them from it."""

from __future__ import annotations

import pytest

from pplink.errors import PeerError
from pplink.session.transports import held as holding
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.held import Held

FRAME = b'{"body":{"sequence":3,"step":"7","to":"south"}}\n' + bytes(1000)


@pytest.fixture
def held():
    """The broker has sent a frame in the first leg, of no couple and of one."""
    made = Held("hub", "south")
    for place in ("hub.south.00000001", "north+south.hub.south.00000001"):
        assert made.put(place, "south", FRAME)
        made.drop(place)
    return made


@pytest.fixture
def folder(tmp_path, held):
    return FolderTransport(tmp_path, held=held)


def test_a_frame_lies_in_no_file_and_arrives(folder):
    folder.put("north", "south", 3, FRAME)
    assert list(folder.folder.iterdir()) == []
    assert folder.stored("north") == 1
    for _ in range(2):
        assert folder.wait("south", {"north": 3}, 2000, 1) == ("north", FRAME)
    folder.taken("north", "south", 3)
    assert folder.names() == []
    assert not folder.keeps


def test_what_is_held_is_seen_by_all_ways_of_one_process(folder, held):
    FolderTransport(folder.folder, "north+south", held).put("north", "south", 3, FRAME)
    folder.put("north", "south", 3, b"of no couple")
    assert (
        FolderTransport(folder.folder, "north+south", held).wait("south", {"north": 3}, 2000, 1)[1] == FRAME
    )
    assert folder.wait("south", {"north": 3}, 2000, 1)[1] == b"of no couple"


@pytest.mark.parametrize("step", ["end", "record", "handles", "again", "bins"])
def test_what_is_no_frame_lies_in_the_folder(folder, step):
    folder.put("hub", "south", 3, FRAME.replace(b'"7"', f'"{step}"'.encode()))
    assert [path.name for path in folder.folder.iterdir()] == ["hub.south.00000003"]


def test_a_frame_for_who_may_look_into_the_folder_lies_there(folder):
    folder.put("south", "north", 3, FRAME)
    assert (folder.folder / "south.north.00000003").read_bytes() == FRAME


def test_no_more_is_held_than_there_is_room_for(folder, monkeypatch):
    monkeypatch.setattr(holding, "ROOM", 2 * len(FRAME))
    for number in range(3):
        folder.put("north", "south", number, FRAME)
    assert [path.name for path in folder.folder.iterdir()] == ["north.south.00000002"]
    folder.taken("north", "south", 0)
    folder.put("north", "south", 4, FRAME)
    assert len(list(folder.folder.iterdir())) == 1


def test_the_last_that_is_put_in_a_place_is_what_lies_there(folder):
    again = FRAME.replace(b'"7"', b'"again"')
    folder.put("north", "south", 3, FRAME)
    folder.put("north", "south", 3, again)
    assert folder.wait("south", {"north": 3}, 2000, 1) == ("north", again)


def test_a_held_frame_that_is_too_long_is_refused(folder):
    folder.put("north", "south", 3, FRAME)
    with pytest.raises(PeerError, match="where 10 is the most"):
        folder.wait("south", {"north": 3}, 10, 1)


@pytest.mark.parametrize("couple", ["", "north+west"])
def test_frames_of_a_leg_of_which_the_broker_sent_none_lie_in_the_folder(tmp_path, held, couple):
    """A broker that is killed then goes on in that leg, and nobody sends them again."""
    folder = FolderTransport(tmp_path, couple, held)
    first = 1_000_000
    folder.put("north", "south", first, FRAME)
    assert held.names() == []
    assert len(list(tmp_path.iterdir())) == 1
    folder.put("hub", "south", first, FRAME)
    folder.put("north", "south", first + 1, FRAME)
    assert len(held.names()) == 2
    assert len(list(tmp_path.iterdir())) == 1
