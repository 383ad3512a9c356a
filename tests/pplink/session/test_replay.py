"""A side done again is the same; one that was run with other people is found out."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from msgspec import UNSET

from pplink import canonical
from pplink.errors import IntegrityError, UsageError
from pplink.session import party
from pplink.session.joining import joined_of
from pplink.session.replay import kept, replay
from pplink.session.signed import signed_of


@pytest.fixture
def done(table):
    table.run()
    assert table.result("north").session == table.result("south").session
    return table


def again(table, unit, inputs=None):
    return replay(kept(table.home(unit), table.rings[unit]), table.inputs[unit] if inputs is None else inputs)


def files(table, unit):
    return {path: path.read_bytes() for path in sorted(table.home(unit).rglob("*")) if path.is_file()}


@pytest.mark.parametrize("unit", ["north", "south"])
def test_done_again_a_side_sends_the_same(done, unit):
    before = files(done, unit)
    found = again(done, unit)
    assert (found.session, found.rows) == (done.result(unit).session, len(done.inputs[unit]))
    assert found.sent > 5
    assert found.received > 5
    assert files(done, unit) == before


def test_another_list_is_told_by_its_digest(done, make_inputs, people):
    with pytest.raises(UsageError, match="not the one with which this session began"):
        again(done, "north", make_inputs(done.agreement, "north", people["north"].iloc[1:]))


def test_a_unit_that_shows_other_people_than_it_used_is_found_out(done, make_inputs, people):
    """It can forge its own note of the digest, and not the messages that the others have signed for."""
    shown = make_inputs(done.agreement, "north", people["north"].assign(place="Varna"))
    (done.home("north") / "inputs").write_bytes(shown.digest.encode())
    with pytest.raises(IntegrityError, match=r"message 1 to hub \(step 1\) is not the one that was sent"):
        again(done, "north", shown)


def test_a_unit_that_forges_all_of_its_own_notes_is_found_out(done, make_inputs, people):
    shown = make_inputs(done.agreement, "north", people["north"].assign(place="Varna"))
    home = done.home("north")
    (home / "inputs").write_bytes(shown.digest.encode())
    for _ in range(20):  # it corrects line after line of what it says it sent
        try:
            again(done, "north", shown)
        except IntegrityError as error:
            told = error.message
            if "is not the one that was sent before" not in told:
                break
            forge(done, shown, home)
    assert "done again" in told or "another end" in told


def forge(table, shown, home):
    """Take the digest that the false list gives into the first line that differs."""
    from pplink.session import post

    lines = (home / "sent").read_bytes().split(b"\n")
    real, seen = post.Post._check, []
    post.Post._check = lambda self, line: (seen.append(line), real(self, line))[1]
    try:
        again(table, "north", shown)
    except IntegrityError:
        place, value = len(seen) - 1, canonical.exactly(lines[len(seen) - 1])
        value["digest"] = seen[-1].digest
        lines[place] = canonical.to_bytes(value)
        (home / "sent").write_bytes(b"\n".join(lines))
    finally:
        post.Post._check = real


@pytest.mark.parametrize("name", ["record/log.jsonl", "record/checkpoint", "received", "secret"])
def test_whatever_is_changed_in_a_kept_session_is_found(done, name):
    path = done.home("south") / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        again(done, "south")


@pytest.mark.parametrize("damage", [b"", b"\xff", b"{}"], ids=["empty", "no text", "another"])
@pytest.mark.parametrize("name", ["join.json", "ended"])
def test_a_kept_document_that_is_damaged_is_said_to_be(done, name, damage):
    (done.home("south") / name).write_bytes(damage)
    with pytest.raises(IntegrityError, match="what was kept of the session is damaged"):
        again(done, "south")


def test_a_kept_join_with_another_key_is_said_to_be_damaged(done):
    path = done.home("south") / "join.json"
    path.write_bytes(path.read_bytes().replace(b'"at":', b'"au":', 1))
    with pytest.raises(IntegrityError, match="the join of south"):
        again(done, "south")


@pytest.mark.parametrize("name", ["join.json", "ended", "record"])
def test_a_session_that_did_not_get_so_far_is_a_usage_error(done, name):
    path = done.home("south") / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(UsageError):
        again(done, "south")


def test_a_message_that_is_missing_in_the_transcript_is_named(done):
    path = done.home("south") / "received"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(IntegrityError, match="is due and was not received"):
        again(done, "south")


def test_fewer_bits_than_were_used_are_found(done):
    rows = done.inputs["north"].rows.copy()
    rows[3] &= rows[3] - np.uint64(1)
    shown = replace(done.inputs["north"], rows=rows)
    (done.home("north") / "inputs").write_bytes(shown.digest.encode())
    with pytest.raises(IntegrityError, match="step 1"):
        again(done, "north", shown)


def test_a_commitment_to_another_list_than_was_used_is_found(table, monkeypatch):
    """All messages are those of the list that is shown; only what the unit had bound itself to is not."""
    monkeypatch.setattr(party, "commitment_of", lambda salt, _: "11" * 32)
    table.run()
    assert joined(table, "north").commitment == "11" * 32
    with pytest.raises(IntegrityError, match="joined with a commitment to another list than this"):
        again(table, "north")


def test_a_session_that_was_begun_without_a_commitment_is_done_again(table, monkeypatch):
    monkeypatch.setattr(party, "_committed", lambda *_: "")
    table.run()
    monkeypatch.undo()
    assert joined(table, "north").commitment is UNSET
    again(table, "north")


def test_two_sessions_of_one_list_have_commitments_that_nobody_can_link(make_table):
    found = []
    for number in range(2):
        table = make_table()
        table.folder = table.folder.with_name(f"session{number}")
        table.folder.mkdir()
        table.run()
        found.append(joined(table, "north").commitment)
    assert len(set(found)) == 2


def joined(table, unit):
    return joined_of(signed_of((table.home(unit) / "join.json").read_bytes()))
