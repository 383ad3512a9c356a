"""Watchlist events: what a holder and those who ask it say, each signed by whoever says it. No person is in any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec

from pplink import canonical
from pplink.audit.events import Count, Digest, Name, Software, Time, read_typed
from pplink.canonical import MalformedError
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed

KIND = "pplink/watchlist-event/1"
Key = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Root = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
Reason = Literal["closed", "replaced", "broken", "stopped"]
Refusal = Literal["daily-quota", "too-fast", "basis"]


class _Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    at: Time
    """By the clock of whoever signs: RFC 3339, UTC, whole seconds."""


class Published(_Event, frozen=True, kw_only=True, tag="list-published"):
    """By the holder: queries are answered from this version of the list from now on."""

    version: Count
    """From 1, rising by one with each change."""
    entries: Count
    """Keys on it, filled up as agreed."""
    public_key: Key
    """Against which answers are proven; the same as long as the list is."""
    previous: Root
    """The first line of a log that follows another: the other's root. Else empty."""
    software: Software


class Opened(_Event, frozen=True, kw_only=True, tag="session-opened"):
    """By who asks: it begins a session."""

    agreement: Digest
    nonce: Digest
    """32 random bytes, in hex."""
    software: Software


class Accepted(_Event, frozen=True, kw_only=True, tag="session-accepted"):
    """By the holder: the two together name the session."""

    opened: Digest
    """SHA-256 of the RFC 8785 form of the envelope that opened it."""
    nonce: Digest
    version: Count
    """Of the list that the session begins with."""
    public_key: Key


class Asked(_Event, frozen=True, kw_only=True, tag="query"):
    """By who asks: the proof of purpose, one for each query, answered or not."""

    session: Digest
    number: Count
    """From 0."""
    case: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    legal_basis: Annotated[str, msgspec.Meta(min_length=1, max_length=192)]
    digest: Digest
    """Of the query's message, salted: it ties the purpose to that query and tells nothing of it."""


class Ended(_Event, frozen=True, kw_only=True, tag="session-ended"):
    """By the holder."""

    session: Digest
    asked: Count
    """Queries that were answered."""
    reason: Reason
    """closed: by who asked; replaced: by newer sessions of the same unit; broken: a check failed; stopped: the holder
    ended its service."""


class Refused(_Event, frozen=True, kw_only=True, tag="query-refused"):
    """By the holder: the query on the line before was not answered."""

    unit: Name
    reason: Refusal


WatchlistEvent: TypeAlias = Published | Opened | Accepted | Asked | Ended | Refused
TYPES: Mapping[str, type[WatchlistEvent]] = {
    "list-published": Published,
    "session-opened": Opened,
    "session-accepted": Accepted,
    "query": Asked,
    "session-ended": Ended,
    "query-refused": Refused,
}
ASKERS = (Opened, Asked)
"""What those who ask sign; all else the holder does."""


def sign_watchlist_event(event: WatchlistEvent, ring: KeyRing) -> Signed:
    """The event as an envelope of the party that holds `ring`. Raises MalformedError as `read_watchlist_event`."""
    signed = ring.sign(KIND, msgspec.to_builtins(event))
    read_watchlist_event(signed)
    return signed


def read_watchlist_event(signed: Signed) -> WatchlistEvent:
    """The event in an envelope whose signature was verified elsewhere. Raises MalformedError, naming the path."""
    event = read_typed(signed, TYPES, KIND)
    if isinstance(event, Asked) and not (event.case.isprintable() and event.legal_basis.isprintable()):
        raise MalformedError("$.body: a case or legal basis that is not printable")
    return event


def session_of(opened: Signed, accepted: Signed) -> str:
    """A session's name: 64 hex digits. New as long as one of the two is honest: each gives a nonce."""
    return canonical.digest([opened.to_json(), accepted.to_json()])
