"""Watchlist checks: does a holder's log show that it answered queries as agreed, each with a proof of purpose?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pplink.agreement.exact import Watchlist
from pplink.agreement.model import SIGNATURE
from pplink.audit.events import read_time
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.provenance import check_agreed, check_checkpoint, signer_of
from pplink.audit.watchlist_events import (
    ASKERS,
    KIND,
    Accepted,
    Asked,
    Ended,
    Opened,
    Published,
    Refused,
    WatchlistEvent,
    read_watchlist_event,
    session_of,
)
from pplink.canonical import digest
from pplink.keys.signing import Signed


@dataclass
class _Session:
    unit: str
    asked: int = 0
    refused: int = 0
    ended: bool = False


@dataclass
class _Story:
    """What the lines so far tell."""

    terms: Watchlist
    version: int = 0
    public_key: str = ""
    opened: dict[str, Signed] = field(default_factory=dict)
    """By digest: an opening that nobody accepted yet."""
    sessions: dict[str, _Session] = field(default_factory=dict)
    last: Asked | None = None
    """The query on the line before, if one is."""


def checkpoint(evidence: Evidence) -> str:
    """Signed by the list's holder."""
    return check_checkpoint(evidence, evidence.agreement.party(_terms(evidence).holder), "holder")


def signers(evidence: Evidence) -> str:
    """Each line is signed by the unit whose act it is."""
    entries, holder = evidence.log.entries(), _terms(evidence).holder
    for number, signed in enumerate(entries, start=1):
        party = signer_of(evidence, f"line {number}", signed)
        if party.role != "unit" or signed.kind not in (SIGNATURE, KIND):
            raise Wrong(f"line {number} is not one of a unit's that a list's log has")
        if signed.kind == KIND and isinstance(read_watchlist_event(signed), ASKERS) == (party.name == holder):
            raise Wrong(f"line {number} is signed by {party.name}, whose part it is not")
    evidence.entries = entries
    return f"{len(entries)} signatures"


def order(evidence: Evidence) -> str:
    """The agreement's signatures, then a list, then sessions, each from its opening to its end."""
    units = len(evidence.agreement.signatures)
    check_agreed(evidence, evidence.entries[:units])
    story = _Story(_terms(evidence))
    for number, signed in enumerate(evidence.entries[units:], start=units + 1):
        try:
            _take(story, signed, read_watchlist_event(signed))
        except Wrong as error:
            raise Wrong(f"line {number}: {error}") from None
    if not story.version:
        raise Wrong("no list was published")
    asked = sum(each.asked for each in story.sessions.values())
    refused = sum(each.refused for each in story.sessions.values())
    return f"{len(story.sessions)} sessions, {asked} queries answered or broken off, {refused} refused"


def quota(evidence: Evidence) -> str:
    """No unit was answered more queries a day than agreed."""
    answered: Counter[tuple[str, str]] = Counter()
    events = [(each, read_watchlist_event(each)) for each in evidence.entries if each.kind == KIND]
    for (signed, event), (_, after) in zip(events, [*events[1:], (None, None)], strict=True):
        if isinstance(event, Asked) and not isinstance(after, Refused):
            answered[signed.signer, event.at[:10]] += 1
    most = max(answered.values(), default=0)
    if most > _terms(evidence).daily:
        raise Wrong(f"{most} queries of one unit were answered in a day, and {_terms(evidence).daily} agreed")
    return f"at most {most} of {_terms(evidence).daily} a day"


def dates(evidence: Evidence) -> str:
    """All but the ends of sessions was done while the agreement was in force, by each party's own clock."""
    terms = evidence.agreement.terms
    for number, signed in enumerate(evidence.entries, start=1):
        if signed.kind != KIND:
            continue
        event = read_watchlist_event(signed)
        if (
            not isinstance(event, Ended)
            and not terms.valid_from <= read_time(event.at).date() <= terms.valid_until
        ):
            raise Wrong(f"line {number} is dated {event.at}, when the agreement was not in force")
    return f"{terms.valid_from} to {terms.valid_until}"


def _terms(evidence: Evidence) -> Watchlist:
    terms = evidence.agreement.terms.watchlist
    if not isinstance(terms, Watchlist):
        raise Wrong("the agreement has no watchlist")
    return terms


def _take(story: _Story, signed: Signed, event: WatchlistEvent) -> None:
    if not story.version and not isinstance(event, Published):
        raise Wrong("comes before any list")
    TAKES[type(event)](story, signed, event)
    story.last = event if isinstance(event, Asked) else None


def _published(story: _Story, _: Signed, event: Published) -> None:
    if story.version and (event.version <= story.version or event.previous):
        raise Wrong("a list is published out of order")
    if story.public_key not in ("", event.public_key):
        raise Wrong("a list is published with another key")
    if event.entries % story.terms.step or not story.terms.step <= event.entries <= story.terms.capacity:
        raise Wrong("a list has another size than agreed")
    story.version, story.public_key = event.version, event.public_key


def _opened(story: _Story, signed: Signed, _: Opened) -> None:
    story.opened[digest(signed.to_json())] = signed


def _accepted(story: _Story, signed: Signed, event: Accepted) -> None:
    if event.opened not in story.opened:
        raise Wrong("a session is accepted that nobody opened")
    if (event.version, event.public_key) != (story.version, story.public_key):
        raise Wrong("a session begins with another list than the one published last")
    opened = story.opened.pop(event.opened)
    story.sessions[session_of(opened, signed)] = _Session(opened.signer)


def _asked(story: _Story, signed: Signed, event: Asked) -> None:
    session = _session(story, event.session)
    if session.unit != signed.signer or event.number != session.asked + session.refused:
        raise Wrong("is a query of another unit than the session's, or out of order")
    session.asked += 1


def _ended(story: _Story, _: Signed, event: Ended) -> None:
    session = _session(story, event.session)
    if event.asked > session.asked:
        raise Wrong("more queries are said to be answered than were asked")
    session.ended = True


def _refused(story: _Story, _: Signed, event: Refused) -> None:
    session = None if story.last is None else story.sessions[story.last.session]
    if session is None or session.unit != event.unit:
        raise Wrong("refuses a query that is not on the line before")
    session.asked, session.refused = session.asked - 1, session.refused + 1


def _session(story: _Story, name: str) -> _Session:
    found = story.sessions.get(name)
    if found is None or found.ended:
        raise Wrong("is of a session that is not open")
    return found


TAKES: Mapping[type[WatchlistEvent], Callable[[_Story, Signed, Any], None]] = {
    Published: _published,
    Opened: _opened,
    Accepted: _accepted,
    Asked: _asked,
    Ended: _ended,
    Refused: _refused,
}
"""What each kind of line does to the story. Raises Wrong if it does not belong there."""

LIMITS = (
    "that the holder wrote down every query: who asked has a signed checkpoint for each answer, to compare",
    "that a case number is one, and a legal basis holds: who asked signed them",
    "what is on the list, about whom was asked, and whether there were hits: nobody but the parties can tell",
    "that everyone was shown this log: compare the checkpoint with those who asked and other auditors",
    "clocks: each time is what the party that signed it wrote",
)
"""What no check above can show, in words."""
