"""Session events: what the parties of a session say of themselves, each signed by its own party."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import Annotated, TypeAlias

import msgspec

from pplink import canonical
from pplink.agreement.exact import Exact
from pplink.agreement.extensions import extension
from pplink.agreement.model import Terms
from pplink.agreement.protocols import PROTOCOLS as BUILT_IN
from pplink.audit.events import Count, Digest, Name, Software, Time, read_typed
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed

KIND = "pplink/session-event/1"
PROTOCOLS: Mapping[str, str] = {
    "blinded_broker": "blinded_broker/2",
    "ecdh_psi": "ecdh_psi/1",
    "paillier_stats": "paillier_stats/1",
}
"""By the agreement's word: the protocols that units run with each other, with the version that two of them run."""
MANY: Mapping[str, str] = {"ecdh_psi": "ecdh_psi_many/1", "paillier_stats": "paillier_stats/1"}
"""The same for three units and more in one session, where that can be."""
TWO_BY_TWO = frozenset({"blinded_broker"})
"""Those that three units and more run in couples, each couple in a session of its own."""
MOST = 8
"""Units in a session."""

Protocol = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_]{0,31}/[1-9][0-9]{0,3}\Z")]
Confirmation = Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]


class Joined(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type",
             tag="session-joined"):  # fmt: skip
    """A party is ready. All joins together name the session."""

    at: Time
    """By the party's own clock: RFC 3339, UTC, whole seconds."""
    agreement: Digest
    """The agreement's id."""
    protocol: Protocol
    """Name and version."""
    units: Annotated[tuple[Name, ...], msgspec.Meta(min_length=2, max_length=MOST)]
    """All units of the session, in order of names: the first is the protocol's first unit."""
    nonce: Digest
    """32 random bytes of this session only, in hex, so that no old message can be of it."""
    rows: Count
    """Records that a unit brings, or in `ecdh_psi` elements, filled up as agreed; 0 for the broker."""
    confirmation: Confirmation
    """A unit's key confirmation, in hex; empty for the broker. Units with different secrets are told."""
    software: Software
    among: Annotated[tuple[Name, ...], msgspec.Meta(min_length=3, max_length=MOST)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    """Of a couple: all units who meet two by two, in order of names. Absent in a session that stands by itself."""
    commitment: Digest | msgspec.UnsetType = msgspec.UNSET
    """Of a unit, where sessions go on in legs: to the list that it brings, the same in each of its couples and legs.
    Absent in both joins of two units whose builds did not have it yet."""
    follows: Digest | msgspec.UnsetType = msgspec.UNSET
    """Of a leg but the first: the name of the leg before, which was broken off."""
    tiles: Count | msgspec.UnsetType = msgspec.UNSET
    """Of a unit in such a leg: tiles whose hits it has; the least of them is where the leg begins."""


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What went one way between two parties."""

    sender: Name
    recipient: Name
    digests: tuple[Digest, ...]
    """Of each message in order. Salted: whoever guesses a message cannot check the guess."""


class Finished(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type",
               tag="session-finished"):  # fmt: skip
    """A party has its result, and tells what it sent and received."""

    at: Time
    session: Digest
    """See `session_id`."""
    rows: Count
    """As it joined with."""
    commitment: Confirmation
    """A unit's commitment to them, in hex; empty for the broker."""
    links: tuple[Link, ...]
    """Of this party, by sender, then recipient."""
    hits: Count | msgspec.UnsetType = msgspec.UNSET
    """How many hits a unit has; there where the agreement wants them counted and the unit learns them, else absent."""


class Broken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type",
             tag="session-broken"):  # fmt: skip
    """A party tells what it sent and received in a leg that was broken off, before it goes on in another."""

    at: Time
    session: Digest
    """The leg's name."""
    links: tuple[Link, ...]
    """Of this party, by sender, then recipient. What was under way then is in its sender's alone."""


SessionEvent: TypeAlias = Joined | Finished | Broken
TYPES: Mapping[str, type[SessionEvent]] = {
    "session-joined": Joined, "session-finished": Finished, "session-broken": Broken
}  # fmt: skip


def sign_session_event(event: SessionEvent, ring: KeyRing) -> Signed:
    """The event as an envelope of the party that holds `ring`. Raises MalformedError as `read_session_event`."""
    signed = ring.sign(KIND, msgspec.to_builtins(event))
    read_session_event(signed)
    return signed


def read_session_event(signed: Signed) -> SessionEvent:
    """The event in an envelope whose signature was verified elsewhere. Raises MalformedError, naming the path."""
    return read_typed(signed, TYPES, KIND)


SUMS = "ecdh_psi_sum/1"
"""What two units run under `ecdh_psi` where sums are revealed."""


def version_of(terms: Terms, units: int) -> str | None:
    """Name and version of what so many units run in one session under these terms; None if they cannot."""
    protocol = terms.protocol
    if isinstance(terms.exact, Exact) and terms.exact.reveal == "sums":
        return SUMS if units == 2 else None
    if protocol not in BUILT_IN:
        return extension(protocol).version if units == 2 else None
    return (PROTOCOLS if units == 2 else MANY).get(protocol)


def list_of(joined: Joined) -> tuple[object, ...]:
    """What a unit in a couple says of its list: the same in all of its couples."""
    return joined.commitment, joined.rows, joined.confirmation


def couples_of(units: Iterable[str], told: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Each two of the units of which one is to be told hits, in order of names."""
    return tuple(each for each in combinations(sorted(units), 2) if set(each) & set(told))


def couple_name(units: Iterable[str]) -> str:
    """What a couple is called, in exchanges and records: `north+south`."""
    return "+".join(sorted(units))


def session_id(joins: Iterable[Signed]) -> str:
    """64 hex digits: SHA-256 of the RFC 8785 form of all joins, by signer.

    Each has a nonce of its party, so a session has a new name as long as one party is honest.
    """
    return canonical.digest([each.to_json() for each in sorted(joins, key=lambda each: each.signer)])
