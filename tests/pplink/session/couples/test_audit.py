"""What is found afterwards: a side done again, and the records of all couples together."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pplink import canonical
from pplink.audit.couples import is_of_couples, verify_couples
from pplink.audit.folder import CHECKPOINT, LOG
from pplink.audit.log import Log, log_of
from pplink.audit.session_events import KIND, session_id
from pplink.errors import IntegrityError, UsageError
from pplink.session import couples
from pplink.session.replay import kept, kept_couples, replay_couples

COUPLES = ["north+south", "north+west", "south+west"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> tuple[Path, dict[str, couples.Gathered]]:
    """Where the circle's folder is put by when it has run, and what each party then had."""
    return tmp_path_factory.mktemp("done") / "homes", {}


@pytest.fixture
def done(circle, shelf):
    """A circle that has run: once for all tests, and each has a copy."""
    place, results = shelf
    if not results:
        circle.run()
        assert not circle.result("hub").failed
        shutil.copytree(circle.folder, place)
        results |= {
            name: replace(each, record=each.record.relative_to(circle.folder))
            for name, each in circle.results.items()
        }
    else:
        shutil.copytree(place, circle.folder)
    circle.results = {
        name: replace(each, record=circle.folder / each.record) for name, each in results.items()
    }
    return circle


def again(circle, unit, inputs=None, told=lambda *_: None):
    gathering = kept_couples(circle.folder / unit, circle.rings[unit])
    return replay_couples(gathering, circle.inputs[unit] if inputs is None else inputs, told)


def files(place: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def test_done_again_a_side_sends_the_same_in_each_couple(done):
    before = files(done.folder / "north")
    found = again(done, "north")
    assert list(found) == ["north+south", "north+west"]
    assert all(each.rows == 40 and each.sent > 5 and each.received > 5 for each in found.values())
    assert files(done.folder / "north") == before


def test_other_people_than_these_are_found_out(done):
    other = replace(done.inputs["south"], rows=done.inputs["south"].rows ^ np.uint64(1))
    with pytest.raises(
        IntegrityError, match=r"couple north\+south: it was joined with a commitment to another list"
    ):
        again(done, "south", other)


def test_a_unit_that_brought_other_people_to_one_couple_is_found_out(circle, monkeypatch):
    link = couples.link

    def with_others(party, inputs):
        """It joins both couples with one commitment, and has the first person twice in one of them."""
        if party.ring.name == "south" and "west" in party.units:
            rows = inputs.rows.copy()
            rows[1] = rows[0]
            inputs = replace(inputs, rows=rows)
        return link(party, inputs)

    monkeypatch.setattr(couples, "link", with_others)
    circle.run()
    assert not circle.result("hub").failed
    monkeypatch.undo()
    with pytest.raises(UsageError, match=r"couple south\+west: the list is not the one") as caught:
        again(circle, "south")
    assert "the options and the build of pplink" in str(caught.value.hint)
    shown = circle.inputs["south"].towards(circle.rings["south"].couple_key(circle.agreement.id, "west"))[0]
    (circle.folder / "south" / "south+west" / "inputs").write_bytes(shown.digest.encode())
    with pytest.raises(
        IntegrityError, match=r"couple south\+west: done again, the session does not go as it went"
    ):
        again(circle, "south")


def test_a_couple_that_did_not_end_is_named(circle):
    circle.seconds = 2
    circle.run("north", "south", "hub")
    with pytest.raises((IntegrityError, UsageError), match=r"couple north\+west: "):
        again(circle, "north")


def without_a_record(folder):
    shutil.rmtree(folder / "record")


def without_a_join(folder):
    (folder / "join.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_a_record, "north+south"),
        (without_a_join, "has no session"),
        (shutil.rmtree, "has no session"),
    ],
)
def test_a_couple_that_failed_does_not_hide_those_after_it(done, spoil, says):
    spoil(done.folder / "north" / "north+south")
    told = []
    with pytest.raises((UsageError, IntegrityError), match=r"^couple north\+south: ") as caught:
        again(done, "north", told=lambda name, found: told.append((name, found.rows)))
    assert says in caught.value.message
    assert "north+west" not in caught.value.message
    assert told == [("north+west", 40)]


def test_what_is_found_out_is_told_before_a_couple_that_never_began(done):
    without_a_join(done.folder / "north" / "north+south")
    shown = replace(done.inputs["north"], rows=done.inputs["north"].rows ^ np.uint64(1))
    with pytest.raises(IntegrityError) as caught:
        again(done, "north", shown)
    first, other = caught.value.message.split("; ")
    assert first == "couple north+west: it was joined with a commitment to another list than this"
    assert other.startswith("couple north+south: ")
    assert other.endswith(" has no session")


def test_one_couple_is_not_audited_as_a_session_that_stands_by_itself(done):
    assert kept_couples(done.folder / "north" / "north+west", done.rings["north"]) is None
    with pytest.raises(UsageError, match="of one of several couples"):
        kept(done.folder / "north" / "north+west", done.rings["north"])


def test_all_records_together_verify(done):
    report = verify_couples(done.result("hub").record, agreement_id=done.agreement.id)
    assert report.first_failure is None
    assert [each.name for each in report.checks] == ["files", *COUPLES, "couples", "lists"]
    assert report.checks[-2].detail == "3 of 3 couples of north, south, west"
    assert report.checks[-1].detail == "north 40, south 30, west 28"


def test_a_unit_s_records_verify_and_say_what_they_lack(done):
    report = verify_couples(done.result("west").record, agreement_id=done.agreement.id)
    assert report.first_failure is None
    assert report.checks[-2].detail == "2 of 3 couples of north, south, west"
    assert report.limits[0].startswith("couple north+south, which is not in this record")


@pytest.fixture
def record(done) -> Path:
    place = done.folder / "shown"
    shutil.copytree(done.result("hub").record, place)
    assert is_of_couples(place)
    return place


def failure(place: Path) -> tuple[str, str]:
    found = verify_couples(place).first_failure
    assert found is not None
    return found.name, found.detail


def rewritten(done, place: Path, change, **said) -> None:
    """A couple's record with joins said anew and all signed anew: change(body, signer) -> body. said: by units, in
    their ends."""
    entries = list(Log.from_bytes((place / LOG).read_bytes()).entries())
    for at, each in enumerate(entries):
        if each.body.get("type") == "session-joined":
            body = canonical.from_bytes(canonical.to_bytes(each.body))
            entries[at] = done.rings[each.signer].sign(KIND, change(body, each.signer))
    name = session_id([each for each in entries if each.body.get("type") == "session-joined"])
    for at, each in enumerate(entries):
        if each.body.get("type") == "session-finished":
            more = said if each.signer != "hub" else {}
            entries[at] = done.rings[each.signer].sign(KIND, each.body | {"session": name} | more)
    log = log_of(entries)
    (place / LOG).write_bytes(log.to_bytes())
    (place / CHECKPOINT).write_bytes(log.checkpoint(done.rings["hub"], name))


def test_records_signed_anew_without_a_change_verify(done, record):
    rewritten(done, record / "north+west", lambda body, _: body)
    assert verify_couples(record).first_failure is None


@pytest.mark.parametrize(("couple", "smaller"), [("north+south", 30), ("north+west", 28)])
def test_what_a_couple_tells_of_hits_is_compared_with_the_quota_of_its_own_lists(
    make_circle, couple, smaller
):
    circle = make_circle(count=True)
    circle.run()
    record = circle.result("hub").record
    assert verify_couples(record).first_failure is None
    quota = 2 * smaller + 1000
    rewritten(circle, record / couple, lambda body, _: body, hits=quota)
    assert verify_couples(record).first_failure is None
    rewritten(circle, record / couple, lambda body, _: body, hits=quota + 1)
    assert failure(record) == (
        couple,
        f"counts: the units tell of more hits than {quota:,}, with which a session was to stop",
    )


def heads(*records: Path) -> list[bytes]:
    return [path.read_bytes() for record in records for path in sorted(record.rglob(CHECKPOINT))]


def test_a_couple_s_log_that_others_were_shown_otherwise_is_found(done, record):
    held = heads(*(done.result(unit).record for unit in ("north", "west")))
    report = verify_couples(record, held=held)
    assert report.first_failure is None
    assert (report.checks[-1].name, report.checks[-1].detail) == ("seen", "4 heads")
    log = Log.from_bytes((record / "north+west" / LOG).read_bytes())
    entries = list(log.entries())
    end = next(at for at, each in enumerate(entries) if each.body.get("type") == "session-finished")
    entries[end] = done.rings[entries[end].signer].sign(
        KIND, entries[end].body | {"at": "2026-01-02T03:04:05Z"}
    )
    other = log_of(entries).checkpoint(done.rings["hub"], session_of(record / "north+west"))
    found = verify_couples(record, held=[*held, other]).first_failure
    assert found is not None
    assert (found.name, found.detail.partition(":")[0]) == ("seen", "others were shown another log")


def session_of(record: Path) -> str:
    entries = Log.from_bytes((record / LOG).read_bytes()).entries()
    return session_id([each for each in entries if each.body.get("type") == "session-joined"])


def test_heads_of_no_couple_here_are_no_proof(done, record):
    for name in ("north+south", "north+west"):
        shutil.rmtree(record / name)
    shutil.copytree(done.result("west").record / "north+west", record / "north+west")
    found = verify_couples(record, held=heads(done.result("south").record / "north+south")).first_failure
    assert found is not None
    assert found.detail == "none of the heads that others hold is of this log"


def test_a_unit_that_brought_two_lists_is_named(done, record):
    rewritten(
        done,
        record / "north+west",
        lambda body, signer: body | ({"commitment": "11" * 32} if signer == "west" else {}),
    )
    assert failure(record) == ("lists", "west joined south+west with another list than north+west")


def test_a_damaged_couple_is_named(record):
    (record / "north+west" / LOG).write_bytes(b"")
    name, detail = failure(record)
    assert name == "north+west"
    assert detail.startswith("log: ")
    assert verify_couples(record).not_reached == ("south+west", "couples", "lists")


def test_a_missing_couple_is_named(done, record):
    shutil.rmtree(record / "north+south")
    report = verify_couples(record)
    assert report.first_failure is None  # west's part
    assert "north+south" in report.limits[0]
    for unit in ("north", "south"):
        assert is_of_couples(done.result(unit).record)
    shutil.rmtree(record / "north+west")
    assert failure(record) == ("couples", "there is no record of north+south, north+west")


def test_a_couple_under_another_s_name_is_found(record):
    shutil.rmtree(record / "north+south")
    shutil.copytree(record / "north+west", record / "north+south")
    assert failure(record) == ("couples", "the record called north+south is of north+west")


def test_what_does_not_belong_is_named(record):
    (record / "hits.csv").write_text("x")
    assert failure(record) == ("files", "what does not belong: 'hits.csv'")


def test_a_session_that_stood_by_itself_is_no_couple_of_several(done, record):
    def alone(body, _):
        return {key: value for key, value in body.items() if key not in ("among", "commitment")}

    for each in COUPLES:
        rewritten(done, record / each, alone)
    assert failure(record)[0] == "couples"


@pytest.mark.parametrize(
    "change",
    [
        lambda body, signer: body | ({"among": ["north", "south", "east"]} if signer == "north" else {}),
        lambda body, _: body | {"among": ["north", "south", "east"]},
        lambda body, _: body | {"among": ["west", "south", "north"]},
        lambda body, _: {key: value for key, value in body.items() if key != "commitment"},
        lambda body, _: body | {"commitment": "11" * 32},
    ],
    ids=["one names others", "strangers", "out of order", "no commitment", "the broker commits"],
)
def test_joins_that_do_not_fit_are_found(done, record, change):
    rewritten(done, record / "north+west", change)
    name, detail = failure(record)
    assert name == "north+west"
    assert detail.startswith("parties: ")
