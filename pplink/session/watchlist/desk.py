"""Desk: the holder's side of all sessions on one list: takes bodies of requests, gives those of replies, keeps the log.

It does no network and trusts none: who opened a session, and who asks in it, is told by signatures.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from pplink import canonical
from pplink.audit.events import software, write_time
from pplink.audit.watchlist_events import (
    KIND,
    Accepted,
    Asked,
    Ended,
    Opened,
    Published,
    Reason,
    Refused,
    read_watchlist_event,
    session_of,
    sign_watchlist_event,
)
from pplink.canonical import MalformedError
from pplink.errors import AgreementError, IntegrityError, PplinkError, RefusedError, UsageError
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed
from pplink.session.signed import read_signed
from pplink.session.watchlist.clerk import Clerk
from pplink.session.watchlist.limits import REASONS, Limits
from pplink.session.watchlist.lists import Stored
from pplink.session.watchlist.register import Register
from pplink.session.watchlist.terms import check_fresh, check_part

LIVE = 4
"""Sessions of one unit at a time; a newer one takes the place of the oldest."""
GONE = "there is no such session: it ended, or the service was begun anew"
OPENING = 1 << 16
"""Bytes of an opening, at most."""


class Desk:
    """Serves one list to the units of one agreement."""

    def __init__(
        self,
        stored: Stored,
        register: Register,
        ring: KeyRing,
        limits: Limits,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Raises AgreementError unless the ring is the holder's and the agreement in force."""
        check_part(stored.agreement, ring, now(), holds=True)
        self.register, self._ring, self._limits = register, ring, limits
        self._now, self._random = now, random
        self._lock = threading.Lock()
        """Over sessions and the log."""
        self._clerks: dict[str, Clerk] = {}
        """Sessions, by name, the oldest first."""
        self._opened: dict[str, bytes] = {}
        """By an opening's name, the reply that it had; empty where none could be given."""
        self._stored = stored
        self._publish()

    @property
    def longest(self) -> int:
        """Bytes of a request's body, at most."""
        return max(OPENING, 3 * 32 * self._stored.parameters.keys + (1 << 14))

    def open(self, body: bytes) -> bytes:
        """A new session; of an opening that comes again, as its answer was lost, the reply that it had. body: the
        asker's opening. Raises IntegrityError, AgreementError, RefusedError."""
        signed, moment = self._opening(body), self._now()
        check_part(self._stored.agreement, self._ring, moment, holds=True)
        with self._lock:
            name = canonical.digest(signed.to_json())
            if self._opened.get(name):
                return self._opened[name]
            if name in self._opened:
                raise IntegrityError(f"{signed.signer} opened this session before")
            self._opened[name] = b""
            self._opened[name] = canonical.to_bytes(self._accept(signed, name, moment).to_json())
            return self._opened[name]

    def take(self, session: str, body: bytes) -> bytes:
        """What a session answers. Raises UsageError if there is none of that name; PeerError, IntegrityError (a check
        was broken), RefusedError (a query that is not answered): it is over then, if its unit signed what came."""
        with self._lock:
            clerk = self._clerks.get(session)
        if clerk is None:
            raise UsageError(GONE)
        try:
            reply, over = clerk.take(body)
        except PplinkError:
            if clerk.spoiled:  # what nobody of the session signed harms nobody in it
                self._end(session, "broken")
            raise
        if over:
            self._end(session, "closed")
        return reply

    def exchange(self, stored: Stored) -> None:
        """Answer from this version of the list. Sessions that cannot follow end, and their units begin anew."""
        with self._lock:
            self._stored, clerks = stored, dict(self._clerks)
            self._publish()
        for name, clerk in clerks.items():
            if not clerk.exchange(stored):
                self._end(name, "replaced")

    def _accept(self, signed: Signed, name: str, moment: datetime) -> Signed:
        """Begin a session by this opening, and sign that."""
        stored = self._stored
        accepted = sign_watchlist_event(
            Accepted(
                at=write_time(moment),
                opened=name,
                nonce=self._random(32).hex(),
                version=stored.version,
                public_key=stored.watchlist.public_key.hex(),
            ),
            self._ring,
        )
        self._make_room(signed.signer)
        self.register.add(signed, accepted)
        session = session_of(signed, accepted)
        self._clerks[session] = Clerk(
            session=session, unit=signed.signer, stored=stored, ring=self._ring, secret=self._random(32),
            admit=self._admit, now=self._now,
        )  # fmt: skip
        return accepted

    def _admit(self, signed: Signed, event: Asked) -> bytes:
        """Write a query's proof of purpose down, and the log's new head. Raises RefusedError beyond the limits."""
        with self._lock:
            if event.session not in self._clerks:
                raise UsageError(GONE)
            if self._now().date() > self._stored.agreement.terms.valid_until:
                raise AgreementError("the agreement is not in force any more")
            head = self.register.add(signed)
            reason = self._limits.refusal(signed.signer, event, self.register, self._now())
            if reason is None:
                return head
            told = Refused(at=write_time(self._now()), unit=signed.signer, reason=reason)
            self.register.add(sign_watchlist_event(told, self._ring))
        raise RefusedError(f"unit {self._ring.name} does not answer: {REASONS[reason]}")

    def _make_room(self, unit: str) -> None:
        """Before a session: end the oldest of a unit that has LIVE, and begin another log if it is time."""
        own = [name for name, clerk in self._clerks.items() if clerk.unit == unit]
        ending = own[: max(0, len(own) - LIVE + 1)]
        for name in list(self._clerks) if self.register.full else ending:
            self._end_now(name, "replaced")
        if self.register.full:
            self.register.turn()
            self._publish()

    def _end(self, name: str, reason: Reason) -> None:
        with self._lock:
            self._end_now(name, reason)

    def _end_now(self, name: str, reason: Reason) -> None:
        clerk = self._clerks.pop(name, None)
        if clerk is not None:
            told = Ended(at=write_time(self._now()), session=name, asked=clerk.answered, reason=reason)
            self.register.add(sign_watchlist_event(told, self._ring))

    def close(self) -> None:
        """End all sessions."""
        for name in list(self._clerks):
            self._end(name, "stopped")

    def _opening(self, body: bytes) -> Signed:
        agreement = self._stored.agreement
        try:
            unit = str(canonical.exactly(body[:OPENING])["signer"])
            card = agreement.party(unit)
            signed = read_signed(body, card, KIND, f"the opening of {unit}")
            event = read_watchlist_event(signed)
        except (MalformedError, KeyError, TypeError, AgreementError):
            raise IntegrityError("this is no opening by a party of the agreement") from None
        if card.role != "unit" or unit == self._ring.name or not isinstance(event, Opened):
            raise IntegrityError(f"{unit} may not open a session")
        if event.agreement != agreement.id:
            raise AgreementError(f"{unit} opened a session under another agreement")
        check_fresh(event.at, self._now(), unit)
        return signed

    def _publish(self) -> None:
        if self.register.version == self._stored.version:
            return
        told = Published(
            at=write_time(self._now()),
            version=self._stored.version,
            entries=self._stored.entries,
            public_key=self._stored.watchlist.public_key.hex(),
            previous="" if self.register.version else self.register.previous,
            software=software(),
        )
        self.register.add(sign_watchlist_event(told, self._ring))
