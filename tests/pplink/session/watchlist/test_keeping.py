"""Keeping a list: its log goes on from file to file, through crashes, and is its holder's alone."""

from __future__ import annotations

import resource
from dataclasses import replace

import pytest

from pplink import canonical
from pplink.audit.log import Log
from pplink.audit.verification import verify
from pplink.errors import (
    AgreementError,
    DataError,
    IntegrityError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from pplink.session.watchlist import lists
from pplink.session.watchlist.channel import NoSessionError
from pplink.session.watchlist.memory import Shelf
from pplink.session.watchlist.register import opened

ANNA = ("ab 1234", None, None, None)


def test_a_unit_has_no_more_than_a_few_sessions(failure, scene):
    sessions = [scene.session() for _ in range(5)]
    with pytest.raises(NoSessionError):
        scene.ask(sessions[0], *ANNA)
    assert scene.ask(sessions[1], *ANNA) == ["document"]
    assert failure(scene) is None


def test_a_full_log_is_followed_by_another_that_names_it(scene, monkeypatch):
    from pplink.session.watchlist import register

    scene.ask(scene.session(), *ANNA)
    monkeypatch.setattr(register, "FULL", 10)
    session = scene.session("west")
    monkeypatch.setattr(register, "FULL", 1 << 20)
    scene.ask(session, *ANNA)
    for place in (scene.folder / "record-1", scene.record):
        assert verify(place, agreement_id=scene.agreement.id).first_failure is None
    old = Log.from_bytes((scene.folder / "record-1" / "log.jsonl").read_bytes())
    assert old.root.hex().encode() in (scene.record / "log.jsonl").read_bytes()


def test_a_quota_outlives_a_new_log_and_a_restart(failure, make_scene, monkeypatch):
    from pplink.session.watchlist import register

    scene = make_scene({"daily": 1})
    scene.ask(scene.session(), *ANNA)
    monkeypatch.setattr(register, "FULL", 10)
    scene.session("west")
    monkeypatch.setattr(register, "FULL", 1 << 20)
    scene.stack.pop_all().close()
    scene.serve()
    with pytest.raises(RefusedError, match="agreed for a day"):
        scene.ask(scene.session(), *ANNA)
    assert failure(scene) is None


def test_a_crash_costs_half_a_line_at_most_and_a_changed_log_is_not_gone_on_with(failure, scene, rings):
    scene.ask(scene.session(), *ANNA)
    scene.stack.pop_all().close()
    path = scene.record / "log.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    scene.serve()
    assert failure(scene) is None
    scene.stack.pop_all().close()
    path.write_bytes(whole.replace(b"2026/1", b"2026/2"))
    with (
        pytest.raises(IntegrityError, match="is not the log that its checkpoint fixes"),
        opened(scene.folder, scene.agreement, rings["north"]),
    ):
        pass


def test_one_process_at_a_time_serves_a_list(scene, rings):
    with (
        pytest.raises(RefusedError, match="another process serves"),
        opened(scene.folder, scene.agreement, rings["north"]),
    ):
        pass


def test_a_list_is_its_holder_s_alone(scene, rings, agreed, tmp_path):
    with pytest.raises(AgreementError, match="is not one that has the list"):
        lists.build(
            tmp_path / "other", scene.frame(*scene.people), scene.agreement, rings["south"], now=scene.at
        )
    with pytest.raises(UsageError, match="exists"):
        lists.build(scene.folder, scene.frame(*scene.people), scene.agreement, rings["north"], now=scene.at)
    with pytest.raises(DataError, match="are not on the list"):
        lists.update(scene.folder, rings["north"], remove=["n9"], now=scene.at)
    with pytest.raises(DataError, match="nobody would be left"):
        lists.update(scene.folder, rings["north"], remove=["n1", "n2", "n3"], now=scene.at)
    many = [[f"m{n}", f"DOC{n:05}", None, None, None] for n in range(1, 66)]
    with pytest.raises(DataError, match="more than the 64 keys"):
        lists.build(tmp_path / "many", scene.frame(*many), scene.agreement, rings["north"], now=scene.at)
    scene.folder.chmod(0o755)
    with pytest.raises(RefusedError):
        lists.load(scene.folder)


def test_a_damaged_list_is_not_served(scene):
    path = next(scene.folder.glob("rows.*"))
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="is damaged"):
        lists.load(scene.folder)


def test_a_handle_and_an_output_are_all_that_a_list_holds(scene):
    data = b"".join(path.read_bytes() for path in scene.folder.glob("rows.*"))
    assert not any(text in data for text in (b"Anna", b"1234", b"berg", b"1980"))
    stored = lists.load(scene.folder)
    assert repr(stored) == "Stored(version 1, 3 records)"
    assert replace(stored, version=2).records == 3
    assert canonical.exactly((scene.folder / "list.json").read_bytes())["rows"] == len(stored.rows)


def test_no_part_of_a_head_is_kept_where_the_disk_is_full(tmp_path):
    """Heads behind it could not be read: it looked as if the holder had signed something else."""
    shelf, file = Shelf(tmp_path), tmp_path / "checkpoints"
    shelf.add_head(b"one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, before[1]))
    try:
        with pytest.raises(UnavailableError, match="cannot write"):
            shelf.add_head(b"two")
        with pytest.raises(UnavailableError, match="cannot write"):
            shelf.add_head(b"twice")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.read_bytes() == b"one"
    shelf.add_head(b"two")
    assert file.read_bytes() == b"onetwo"
