"""Clerk: the holder's side of one session: letters of one unit in, letters of answers out."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime

from pplink.audit.watchlist_events import KIND, Asked, read_watchlist_event
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, PeerError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed
from pplink.session.driver import step_of, translated
from pplink.session.envelope import Letter, Place, unwrap, wrap
from pplink.session.signed import read_signed
from pplink.session.watchlist.lists import Stored
from pplink.session.watchlist.parts import joined, split
from pplink.session.watchlist.terms import check_fresh
from protocols.errors import MisuseError
from protocols.oprf_hit import Holder, Purpose
from protocols.role import Frame

ASKER, QUERY = "asker", "3"
"""The peer's role, and the step of a query."""
Admit = Callable[[Signed, Asked], bytes]


class Clerk:
    """One session. Any error ends it for good."""

    def __init__(
        self,
        *,
        session: str,
        unit: str,
        stored: Stored,
        ring: KeyRing,
        secret: bytes,
        admit: Admit,
        now: Callable[[], datetime],
    ) -> None:
        """unit: who opened it. secret: 32 random bytes of this session. admit: writes a query down beforehand."""
        self.unit, self.answered = unit, 0
        self._session, self._ring, self._secret = session, ring, secret
        self._card = stored.agreement.party(unit)
        self._admit, self._now = admit, now
        self._lock = threading.Lock()
        self._received, self._sent = 0, 0
        self._done: tuple[bytes, bytes] = b"", b""
        """Digest of the last request, and its reply: one that comes again, as the reply was lost, does nothing more."""
        self.spoiled = False
        """Whether the unit itself sent something that was not answered: then the session is over."""
        self._stated: Asked | None = None
        self._role = Holder(
            session=bytes.fromhex(session),
            parameters=stored.parameters,
            watchlist=stored.watchlist,
            seed=derive(secret, Label.ROLE_SEED, context=session),
            spent=set(),
            permits=self._permits,
        )
        self._waiting: list[Frame] = []

    def take(self, body: bytes) -> tuple[bytes, bool]:
        """The reply, and whether the session is over. Raises PeerError, IntegrityError, RefusedError."""
        with self._lock:
            mark = hashlib.sha256(body).digest()
            if mark != self._done[0]:
                self._done = mark, self._reply(split(body, self.unit, 2))
            return self._done[1], self._role.finished

    def exchange(self, stored: Stored) -> bool:
        """Answer from another version of the list; False if this session cannot."""
        with self._lock:
            try:
                self._waiting += self._role.exchange(stored.watchlist)
            except MisuseError:  # not begun, or too much changed at once
                return False
            return True

    def _reply(self, parts: list[bytes]) -> bytes:
        if not parts:
            raise PeerError(f"{self.unit} sent nothing")
        place = Place(
            session=self._session, sender=self.unit, recipient=self._ring.name, sequence=self._received + 1
        )
        letter = unwrap(parts[-1], place, self._ring, self._card)
        self._received, self.spoiled = self._received + 1, True
        if letter.step != step_of(self._role, letter.content):
            raise IntegrityError(
                f"{self.unit} signed a message of step {letter.step}, and something else is in it"
            )
        if (letter.step == QUERY) != (len(parts) == 2):
            raise PeerError(
                f"{self.unit} sent a query without a proof of purpose, or a proof without a query"
            )
        head = self._purpose(parts[0], letter) if letter.step == QUERY else b""
        with translated():
            frames = self._role.begin() if self._role.state == "new" else []
            answers = self._role.receive(ASKER, letter.content)
        self.answered += letter.step == QUERY
        frames += [*self._waiting, *answers]
        self._waiting, self.spoiled = [], False
        return joined([head, *map(self._letter, frames)])

    def _purpose(self, data: bytes, letter: Letter) -> bytes:
        """Check a query's proof of purpose, and have it written down: the log's new head."""
        signed = read_signed(data, self._card, KIND, f"the purpose of {self.unit}")
        try:
            event = read_watchlist_event(signed)
        except MalformedError as error:
            raise IntegrityError(f"the purpose of {self.unit} {error}") from None
        due = (self._session, self.answered, letter.digest)
        if not isinstance(event, Asked) or (event.session, event.number, event.digest) != due:
            raise IntegrityError(f"{self.unit} stated a purpose for another query")
        check_fresh(event.at, self._now(), self.unit)
        self._stated = event
        return self._admit(signed, event)

    def _permits(self, purpose: Purpose) -> bool:
        """What is in the query is what was signed."""
        stated = self._stated
        return stated is not None and (purpose.case, purpose.basis) == (stated.case, stated.legal_basis)

    def _letter(self, frame: Frame) -> bytes:
        self._sent += 1
        place = Place(session=self._session, sender=self._ring.name, recipient=self.unit, sequence=self._sent)
        salt = derive(self._secret, Label.MESSAGE_SALT, context=f"{self._session} {self.unit} {self._sent}")
        return wrap(frame.data, place, step_of(self._role, frame.data), salt, self._ring, self._card)
