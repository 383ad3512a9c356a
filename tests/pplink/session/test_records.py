"""What an auditor finds in the record of a session in which somebody cheated, and had it signed all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pplink.audit.folder import AGREEMENT
from pplink.audit.session_events import KIND
from pplink.audit.verification import SESSION_CHECKS
from tests.pplink.session.records import Record


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the record is put by when the session has run."""
    return tmp_path_factory.mktemp("done") / "record"


@pytest.fixture
def record(table, shelf: Path, tmp_path: Path) -> Record:
    """Of a session that has run: once for all tests, and each has a copy."""
    if not shelf.exists():
        table.run()
        shutil.copytree(table.results["hub"], shelf)
    shutil.copytree(shelf, tmp_path / "record")
    return Record(table, tmp_path / "record")


def test_an_honest_one_verifies_also_when_it_is_signed_anew(record):
    assert record.write() is None
    record.named()
    assert record.write() is None


def test_a_record_of_a_build_in_which_nobody_committed_verifies(record):
    for unit in ("north", "south"):
        record.without("joined", unit, "commitment")
    record.named()
    assert record.write() is None


def other_digest(links):
    links[0]["digests"][0] = "00" * 32
    return links


def no_last(links):
    links[1]["digests"].pop()
    return links


CHEATS = {
    "a message is told of otherwise": (lambda r: r.links("north", other_digest), "messages"),
    "a message is left out": (lambda r: r.links("hub", no_last), "messages"),
    "a link is left out": (lambda r: r.links("south", lambda links: links[1:]), "messages"),
    "a link is told of twice": (lambda r: r.links("south", lambda links: [*links, links[0]]), "messages"),
    "a link of others": (
        lambda r: r.links(
            "hub", lambda links: [*links, {"sender": "north", "recipient": "south", "digests": []}]
        ),
        "messages",
    ),
    "another session": (lambda r: r.say("finished", "north", session="00" * 32), "parties"),
    "other rows at the end": (lambda r: r.say("finished", "south", rows=3), "parties"),
    "a join said anew": (lambda r: r.say("joined", "south", nonce="11" * 32), "parties"),
    "one nonce for two": (
        lambda r: (
            r.say("joined", "south", nonce=r.entries[r.find("joined", "north")].body["nonce"]),
            r.named(),
        ),
        "parties",
    ),
    "another protocol": (lambda r: (r.say("joined", "hub", protocol="other/1"), r.named()), "parties"),
    "another agreement": (lambda r: (r.say("joined", "hub", agreement="00" * 32), r.named()), "parties"),
    "another couple": (lambda r: (r.say("joined", "hub", units=["north", "west"]), r.named()), "parties"),
    "another secret": (lambda r: (r.say("joined", "south", confirmation="00" * 32), r.named()), "parties"),
    "a unit without rows": (
        lambda r: (r.say("joined", "south", rows=0), r.say("finished", "south", rows=0), r.named()),
        "parties",
    ),
    "rows at the broker": (lambda r: (r.say("joined", "hub", rows=1), r.named()), "parties"),
    "a commitment of one unit alone": (
        lambda r: (r.without("joined", "south", "commitment"), r.named()),
        "parties",
    ),
    "a commitment of the broker": (
        lambda r: (r.say("joined", "hub", commitment="11" * 32), r.named()),
        "parties",
    ),
    "a join missing": (lambda r: r.entries.pop(r.find("joined", "hub")), "order"),
    "an end missing": (lambda r: r.entries.pop(r.find("finished", "north")), "order"),
    "an end twice": (lambda r: r.entries.append(r.entries[-1]), "order"),
    "ends in another order": (lambda r: r.entries.insert(5, r.entries.pop()), "order"),
    "ends before joins": (lambda r: r.entries.insert(2, r.entries.pop(r.find("finished", "hub"))), "order"),
    "a signature under the agreement missing": (lambda r: r.entries.pop(0), "order"),
    "an unknown event": (lambda r: r.say("joined", "hub", type="session-dreamt"), "order"),
    "a line by a stranger": (lambda r: r.entries.append(r.rings["west"].sign(KIND, {})), "signers"),
    "a line by the auditor": (
        lambda r: r.entries.append(r.rings["officer"].sign(KIND, r.entries[-1].body)),
        "signers",
    ),
    "a line of a run": (lambda r: r.entries.append(r.rings["hub"].sign("pplink/event/1", {})), "signers"),
    "hits told where none were agreed": (lambda r: r.say("finished", "north", hits=3), "counts"),
    "an end after the agreement": (lambda r: r.say("finished", "hub", at="2099-01-01T00:00:00Z"), "dates"),
    "an end before the join": (
        lambda r: (
            r.say("joined", "hub", at=r.entries[-1].body["at"][:11] + "23:59:59Z"),
            r.named(),
            r.say("finished", "hub", at=r.entries[-1].body["at"][:11] + "00:00:00Z"),
        ),
        "dates",
    ),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_found_and_named(record, cheat):
    edit, check = CHEATS[cheat]
    edit(record)
    assert record.write() == check


@pytest.mark.parametrize(("agreed", "quota"), [({"quota": 40}, 40), ({}, 2 * 30 + 1000)], ids=str)
@pytest.mark.parametrize("told", [("north",), ("south",), ("north", "south")], ids=str)
def test_units_that_tell_of_more_hits_than_the_quota_are_found(make_table, agreed, quota, told):
    table = make_table(count=True, hits_to=told, score="none", assignment="many-to-many", **agreed)
    table.run()
    record = Record(table, table.results["hub"])
    for hits, check in ((quota, None), (quota + 1, "counts")):
        for unit in told:
            record.say("finished", unit, hits=hits)
        assert record.write() == check


def test_a_line_in_another_s_name_is_found(record):
    at = record.find("finished", "north")
    forged = record.rings["hub"].sign(KIND, record.entries[at].body)
    record.entries[at] = type(forged)(
        kind=KIND, signer="north", body=record.entries[at].body, signature=forged.signature
    )
    record.entries[at].body["rows"] = 1
    assert record.write() == "signers"


def test_a_checkpoint_that_a_unit_signed_is_refused(record):
    assert record.write("north") == "checkpoint"


def test_sealed_hits_and_strays_do_not_belong(record):
    (record.place / "hits").mkdir()
    (record.place / "hits" / "north.sealed").write_bytes(b"x")
    assert record.write() == "hits"
    (record.place / "more").touch()
    assert record.write() == "files"


def test_under_an_agreement_on_the_other_protocol_it_is_no_run(record, signed_agreement):
    from pplink.agreement import text

    other = signed_agreement(parties=("north", "south", "hub", "officer"))
    (record.place / AGREEMENT).write_bytes(text.write(other))
    assert record.write() == "signers"


def test_every_check_has_a_cheat_or_a_file_that_breaks_it():
    broken = {check for _, check in CHEATS.values()} | {"files", "hits", "checkpoint"}
    assert {name for name, _, _ in SESSION_CHECKS} - broken == {"agreement", "signatures", "log"}
