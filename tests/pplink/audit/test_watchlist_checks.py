"""A holder's log with one thing wrong is refused by the check that is for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pplink import canonical
from pplink.agreement import text
from pplink.audit.events import write_time
from pplink.audit.folder import RunFiles, SealedFile
from pplink.audit.log import log_of
from pplink.audit.verification import verify_files
from pplink.audit.watchlist_events import (
    KIND,
    Accepted,
    Asked,
    Ended,
    Opened,
    Published,
    Refused,
    read_watchlist_event,
    session_of,
    sign_watchlist_event,
)
from pplink.canonical import MalformedError

KEY, ZERO = "ab" * 32, "00" * 32


class Told:
    """A log that verifies, to be spoiled: a list, two sessions, three queries, of which the last is refused."""

    def __init__(self, rings, agreement):
        self.rings, self.agreement = rings, agreement
        self.at = write_time(datetime.combine(agreement.terms.valid_from, datetime.min.time(), UTC))
        self.entries = list(agreement.signatures)
        self.say(
            "north", Published(at=self.at, version=1, entries=64, public_key=KEY, previous="", software="x 1")
        )
        self.south, self.west = self.open("south"), self.open("west")
        self.ask("south", self.south, 0)
        self.ask("south", self.south, 1)
        self.say(
            "north",
            Published(at=self.at, version=2, entries=128, public_key=KEY, previous="", software="x 1"),
        )
        self.ask("west", self.west, 0)
        self.say("north", Refused(at=self.at, unit="west", reason="too-fast"))
        self.say("north", Ended(at=self.at, session=self.south, asked=2, reason="closed"))

    def say(self, name, event, at=None):
        signed = sign_watchlist_event(event, self.rings[name])
        self.entries.insert(len(self.entries) if at is None else at, signed)
        return signed

    def open(self, unit, version=1):
        opened = self.say(unit, Opened(at=self.at, agreement=self.agreement.id, nonce=ZERO, software="x 1"))
        digest = canonical.digest(opened.to_json())
        accepted = Accepted(at=self.at, opened=digest, nonce=ZERO, version=version, public_key=KEY)
        return session_of(opened, self.say("north", accepted))

    def ask(self, unit, session, number, at=None):
        asked = Asked(at=self.at, session=session, number=number, case="2026/1", legal_basis="a", digest=ZERO)
        return self.say(unit, asked, at)

    def find(self, kind):
        return next(n for n, each in enumerate(self.entries) if each.body.get("type") == kind)

    def change(self, kind, signer=None, **body):
        place = self.find(kind)
        old = self.entries[place]
        self.entries[place] = self.rings[signer or old.signer].sign(KIND, old.body | body)

    def report(self, holder="north", run="run-1", **documents):
        log = log_of(self.entries)
        made = {
            "agreement.json": text.write(self.agreement),
            "log.jsonl": log.to_bytes(),
            "checkpoint": log.checkpoint(self.rings[holder], run),
        }
        return verify_files(
            RunFiles(documents=made | documents, sealed={}, strays=()), agreement_id=self.agreement.id
        )


@pytest.fixture
def told(rings, signed_agreement):
    terms = {"holder": "north", "step": 64, "capacity": 256, "daily": 2}
    return Told(rings, signed_agreement("watchlist", exact=terms))


def test_a_log_that_tells_of_a_list_and_of_queries_verifies(told):
    report = told.report()
    assert report.first_failure is None
    details = {check.name: check.detail for check in report.checks}
    assert details["order"] == "2 sessions, 2 queries answered or broken off, 1 refused"
    assert details["quota"] == "at most 2 of 2 a day"


SPOILS = {
    "the broker's checkpoint": (lambda told: told.report(holder="hub"), "checkpoint"),
    "a log cut": (lambda told: told.report(**{"log.jsonl": log_of(told.entries[:-1]).to_bytes()}), "log"),
    "a query by the holder": (lambda told: told.change("query", "north"), "signers"),
    "a list by an asker": (lambda told: told.change("list-published", "south"), "signers"),
    "a line by the broker": (lambda told: told.change("query", "hub"), "signers"),
    "a line by a stranger's kind": (
        lambda told: told.entries.append(told.rings["south"].sign("pplink/event/1", {})),
        "signers",
    ),
    "a signature under the agreement missing": (lambda told: told.entries.pop(0), "order"),
    "no list": (lambda told: told.entries.__delitem__(slice(3, None)), "order"),
    "a session before the list": (lambda told: told.entries.insert(3, told.entries.pop(4)), "order"),
    "another size of list than agreed": (lambda told: told.change("list-published", entries=65), "order"),
    "a list larger than agreed": (lambda told: told.change("list-published", entries=320), "order"),
    "another key": (lambda told: told.change("list-published", public_key=ZERO), "order"),
    "a version twice": (lambda told: told.entries.append(told.entries[told.find("list-published")]), "order"),
    "a session that nobody opened": (lambda told: told.entries.pop(told.find("session-opened")), "order"),
    "a session accepted twice": (
        lambda told: told.entries.insert(6, told.entries[told.find("session-accepted")]),
        "order",
    ),
    "a session on another version": (lambda told: told.open("south", version=1), "order"),
    "a query in a session of nobody": (lambda told: told.change("query", session=ZERO), "order"),
    "a query of another unit in a session": (lambda told: told.change("query", "west"), "order"),
    "a query out of order": (lambda told: told.change("query", number=1), "order"),
    "a query after the end": (lambda told: told.ask("south", told.south, 2), "order"),
    "a query left out": (lambda told: told.entries.pop(told.find("query")), "order"),
    "a refusal of nothing": (
        lambda told: told.say("north", Refused(at=told.at, unit="west", reason="too-fast")),
        "order",
    ),
    "a refusal of another unit": (lambda told: told.change("query-refused", unit="south"), "order"),
    "more answered than asked": (lambda told: told.change("session-ended", asked=3), "order"),
    "an end twice": (lambda told: told.entries.append(told.entries[-1]), "order"),
    "more queries than agreed": (
        lambda told: told.ask("south", told.south, 2, at=told.find("session-ended")),
        "quota",
    ),
    "a query after the agreement": (lambda told: told.change("query", at="2099-01-01T00:00:00Z"), "dates"),
}


@pytest.mark.parametrize(("spoil", "check"), SPOILS.values(), ids=list(SPOILS))
def test_a_log_with_one_thing_wrong_is_refused_by_name(told, spoil, check):
    report = spoil(told)
    report = report if hasattr(report, "first_failure") else told.report()
    assert report.first_failure is not None
    assert report.first_failure.name == check


def test_sealed_hits_do_not_belong_to_a_list(told):
    files = RunFiles(
        documents={
            "agreement.json": text.write(told.agreement),
            "log.jsonl": log_of(told.entries).to_bytes(),
            "checkpoint": log_of(told.entries).checkpoint(told.rings["north"], "run-1"),
        },
        sealed={"south": SealedFile(header=b"", size=1, sha256=ZERO)},
        strays=(),
    )
    assert verify_files(files).first_failure.name == "hits"


@pytest.mark.parametrize(
    "body",
    [
        {"case": ""}, {"case": "x" * 65}, {"case": "a\nb"}, {"legal_basis": "\u0007"}, {"number": -1},
        {"session": "ab"}, {"type": "dreamt"}, {"more": 1}, {"at": "today"},
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_does_not_read(told, body):
    signed = told.entries[told.find("query")]
    with pytest.raises(MalformedError):
        read_watchlist_event(told.rings["south"].sign(KIND, signed.body | body))
