"""Watchlist checks: does a holder's log show that it answered queries as agreed, each with a proof of purpose?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pplink.agreement.exact import Watchlist
from pplink.agreement.model import SIGNATURE
from pplink.audit import folder
from pplink.audit.checkpoint import origin_of, verify_checkpoint
from pplink.audit.events import read_time
from pplink.audit.evidence import Evidence, Wrong
from pplink.audit.provenance import run_of
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
from pplink.errors import AgreementError, IntegrityError
from pplink.keys.signing import Signed, verify


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
    opened: dict[str, tuple[Signed, str]] = field(default_factory=dict)
    """By digest: an opening that nobody accepted yet, and whose it is."""
    sessions: dict[str, _Session] = field(default_factory=dict)
    last: tuple[Signed, Asked] | None = None
    """The query on the line before, if one is."""


def checkpoint(evidence: Evidence) -> str:
    """Signed by the list's holder."""
    holder = evidence.agreement.party(_terms(evidence).holder)
    found = verify_checkpoint(evidence.document(folder.CHECKPOINT), holder.signing_key)
    if found.origin != origin_of(holder.name, run_of(found.origin)):
        raise Wrong(f"the checkpoint is of {found.origin}, which is not a log of holder {holder.name}")
    evidence.checkpoint = found
    return f"{found.origin}, {found.size} lines"


def signers(evidence: Evidence) -> str:
    """Each line is signed by the unit whose act it is."""
    entries, holder = evidence.log.entries(), _terms(evidence).holder
    for number, signed in enumerate(entries, start=1):
        try:
            party = evidence.agreement.party(signed.signer)
            verify(signed, party.signing_key, signed.kind)
        except (AgreementError, IntegrityError) as error:
            raise Wrong(f"line {number}: {error}") from None
        if party.role != "unit" or signed.kind not in (SIGNATURE, KIND):
            raise Wrong(f"line {number} is not one of a unit's that a list's log has")
        if signed.kind == KIND and isinstance(read_watchlist_event(signed), ASKERS) == (party.name == holder):
            raise Wrong(f"line {number} is signed by {party.name}, whose part it is not")
    evidence.entries = entries
    return f"{len(entries)} signatures"


def order(evidence: Evidence) -> str:
    """The agreement's signatures, then a list, then sessions, each from its opening to its end."""
    units = evidence.agreement.signatures
    head, rest = evidence.entries[: len(units)], evidence.entries[len(units) :]
    if [each.to_json() for each in head] != [each.to_json() for each in units]:
        raise Wrong("the signatures in the log are not those that stand under the agreement")
    story = _Story(_terms(evidence))
    for number, signed in enumerate(rest, start=len(units) + 1):
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
    before, story.last = story.last, None
    if isinstance(event, Published):
        _published(story, event)
    elif isinstance(event, Opened):
        story.opened[digest(signed.to_json())] = signed, signed.signer
    elif isinstance(event, Accepted):
        _accepted(story, signed, event)
    elif isinstance(event, Asked):
        session = _session(story, event.session)
        if session.unit != signed.signer or event.number != session.asked + session.refused:
            raise Wrong("is a query of another unit than the session's, or out of order")
        session.asked += 1
        story.last = signed, event
    elif isinstance(event, Ended):
        session = _session(story, event.session)
        if event.asked > session.asked:
            raise Wrong("more queries are said to be answered than were asked")
        session.ended = True
    else:
        if before is None or before[0].signer != event.unit:
            raise Wrong("refuses a query that is not on the line before")
        session = story.sessions[before[1].session]
        session.asked, session.refused = session.asked - 1, session.refused + 1


def _published(story: _Story, event: Published) -> None:
    if story.version and (event.version <= story.version or event.previous):
        raise Wrong("a list is published out of order")
    if story.public_key not in ("", event.public_key):
        raise Wrong("a list is published with another key")
    if event.entries % story.terms.step or not story.terms.step <= event.entries <= story.terms.capacity:
        raise Wrong("a list has another size than agreed")
    story.version, story.public_key = event.version, event.public_key


def _accepted(story: _Story, signed: Signed, event: Accepted) -> None:
    if event.opened not in story.opened:
        raise Wrong("a session is accepted that nobody opened")
    if (event.version, event.public_key) != (story.version, story.public_key):
        raise Wrong("a session begins with another list than the one published last")
    opened, unit = story.opened.pop(event.opened)
    story.sessions[session_of(opened, signed)] = _Session(unit)


def _session(story: _Story, name: str) -> _Session:
    found = story.sessions.get(name)
    if found is None or found.ended:
        raise Wrong("is of a session that is not open")
    return found


LIMITS = (
    "that the holder wrote down every query: who asked has a signed checkpoint for each answer, to compare",
    "that a case number is one, and a legal basis holds: who asked signed them",
    "what is on the list, about whom was asked, and whether there were hits: nobody but the parties can tell",
    "that everyone was shown this log: compare the checkpoint with those who asked and other auditors",
    "clocks: each time is what the party that signed it wrote",
)
"""What no check above can show, in words."""
