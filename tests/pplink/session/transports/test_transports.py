"""Every transport: messages arrive whole, in their place; silence and floods end in a clear error."""

from __future__ import annotations

import os
import threading
import time

import pytest

from pplink.errors import PeerError, UnavailableError, UsageError
from pplink.session.transports.folder import FolderTransport
from pplink.session.transports.memory import MemoryTransport


@pytest.fixture(params=["memory", "folder"])
def transport(request, tmp_path):
    return MemoryTransport() if request.param == "memory" else FolderTransport(tmp_path)


def test_a_message_arrives_in_its_place(transport):
    transport.put("north", "hub", 0, b"one")
    transport.put("south", "hub", 4, b"two")
    assert transport.wait("hub", {"north": 0, "south": 0}, 10, 1) == ("north", b"one")
    assert transport.wait("hub", {"north": 1, "south": 4}, 10, 1) == ("south", b"two")


def test_it_is_there_till_it_is_taken(transport):
    transport.put("north", "hub", 0, b"one")
    for _ in range(2):
        assert transport.wait("hub", {"north": 0}, 10, 1) == ("north", b"one")
    transport.taken("north", "hub", 0)
    transport.taken("north", "hub", 0)
    with pytest.raises(UnavailableError):
        transport.wait("hub", {"north": 0}, 10, 0.01)


def test_what_lies_before_is_swept_and_of_that_way_alone(transport):
    places = [("north", "hub", 0), ("north", "hub", 7_000), ("north", "hub", 1_000_000), ("north", "south", 3),
              ("south", "hub", 3)]  # fmt: skip
    for place in places:
        transport.put(*place, b"x")
    transport.sweep("north", "hub", 1_000_000)
    transport.sweep("north", "hub", 1_000_000)
    for sender, recipient, number in places[:2]:
        with pytest.raises(UnavailableError):
            transport.wait(recipient, {sender: number}, 10, 0.01)
    for sender, recipient, number in places[2:]:
        assert transport.wait(recipient, {sender: number}, 10, 1) == (sender, b"x")


def test_a_folder_is_swept_of_one_couple_s_messages(tmp_path):
    one, other = (FolderTransport(tmp_path, couple) for couple in ("north+south", "north+west"))
    for way in (one, other, FolderTransport(tmp_path)):
        way.put("north", "hub", 5, b"x")
    one.claim("north")
    one.sweep("north", "hub", 6)
    assert {path.name for path in tmp_path.iterdir()} == {
        "north+west.north.hub.00000005", "north.hub.00000005", "north+south.north.claim"
    }  # fmt: skip


def test_who_waits_gets_what_comes_later(transport):
    timer = threading.Timer(0.1, transport.put, ("north", "hub", 0, b"late"))
    timer.start()
    assert transport.wait("hub", {"north": 0}, 10, 30) == ("north", b"late")


def test_silence_is_told_with_what_to_do(transport):
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="nothing came from north or south") as caught:
        transport.wait("hub", {"south": 0, "north": 0}, 10, 0.05)
    assert time.monotonic() - start < 5
    assert "same command goes on" in caught.value.hint


def test_a_message_that_is_too_long_is_refused(transport):
    transport.put("north", "hub", 0, b"x" * 11)
    with pytest.raises(PeerError, match="11 bytes, where 10 is the most"):
        transport.wait("hub", {"north": 0}, 10, 1)
    assert transport.wait("hub", {"north": 0}, 11, 1) == ("north", b"x" * 11)


def test_a_party_begins_once(transport):
    transport.claim("north")
    transport.claim("south")
    with pytest.raises(UsageError, match="has a session of north already"):
        transport.claim("north")


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        FolderTransport(tmp_path / "nowhere")


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path):
    seen: list[int] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for path in tmp_path.glob("north.hub.*"):
                seen.append(path.stat().st_size)

    watcher = threading.Thread(target=look)
    watcher.start()
    for number in range(20):
        FolderTransport(tmp_path).put("north", "hub", number, bytes(1 << 20))
    done.set()
    watcher.join()
    assert set(seen) == {1 << 20}


def test_a_link_in_a_message_s_place_is_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "north.hub.00000000").symlink_to(tmp_path / "secret")
    with pytest.raises(UnavailableError):
        FolderTransport(tmp_path).wait("hub", {"north": 0}, 10, 1)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_in_a_message_s_place_neither_hangs_us_nor_is_read(tmp_path, make):
    make(tmp_path / "north.south.00000000")
    with pytest.raises(UnavailableError, match="no file"):
        FolderTransport(tmp_path).wait("south", {"north": 0}, 10, 5)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    folder = FolderTransport(tmp_path)
    tmp_path.rename(tmp_path.with_name("gone"))
    with pytest.raises((UnavailableError, UsageError)):
        folder.put("north", "hub", 0, b"")
    with pytest.raises(UnavailableError):
        folder.claim("north")
