"""Asker: who asks: one session with a holder, from its opening through any number of queries."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.audit.checkpoint import Checkpoint, verify_checkpoint
from pplink.audit.events import software, write_time
from pplink.audit.watchlist_events import (
    KIND,
    Accepted,
    Asked,
    Opened,
    read_watchlist_event,
    session_of,
    sign_watchlist_event,
)
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError, PeerError, UsageError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed
from pplink.session.driver import step_of, translated
from pplink.session.envelope import ROOM, Place, digest_of, unwrap, wrap
from pplink.session.signed import read_signed
from pplink.session.watchlist.channel import Channel
from pplink.session.watchlist.parts import joined, split
from pplink.session.watchlist.terms import check_fresh, check_part, parameters_of
from protocols.errors import MisuseError
from protocols.oprf_hit import Asker, Kept, Parameters, Purpose, Query
from protocols.role import Frame

HOLDER, QUERY = "holder", "3"
PARTS = 1 << 12
"""Letters in a reply at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """A session between two queries, to be taken up by a later process, once."""

    session: str
    public_key: bytes
    secret: bytes
    """32 bytes of this session."""
    head: int
    """Lines of the holder's log, as it last signed for."""
    kept: Kept


class Session:
    """An asker's session. Any error ends it for good."""

    def __init__(
        self,
        agreement: Agreement,
        ring: KeyRing,
        channel: Channel,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[int], bytes] = os.urandom,
        keep: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """keep: is given each head of the holder's log, before its answer is told of. Then `begin` or
        `go_on`. Raises AgreementError unless this unit may ask and the agreement is in force."""
        self._terms = check_part(agreement, ring, now(), holds=False)
        self._agreement, self._ring, self._channel = agreement, ring, channel
        self._now, self._random, self._keep = now, random, keep
        self._card = agreement.party(self._terms.holder)
        self._sent, self._received, self._head = 0, 0, 0
        self.name, self.public_key = "", b""
        self.checkpoint = b""
        """What the holder signed last of its log: shows, with the log, that it wrote a query down."""
        self._secret, self._over = b"", False
        self._role: Asker
        self._limit = 0
        """Bytes of a reply, at most."""

    @property
    def asked(self) -> int:
        """Queries in this session."""
        return len(self._role.answers)

    def begin(self, pinned: bytes | None) -> None:
        """Open a session and take the filter in. pinned: the list's public key as known from earlier ones.

        Raises IntegrityError if it is another now: a holder with a key for each asker could tell who asks for whom.
        """
        opened = sign_watchlist_event(
            Opened(
                at=write_time(self._now()),
                agreement=self._agreement.id,
                nonce=self._random(32).hex(),
                software=software(),
            ),
            self._ring,
        )
        data = self._channel.post(None, canonical.to_bytes(opened.to_json()), 1 << 16)
        accepted, event = self._accepted(data, opened)
        self.public_key = bytes.fromhex(event.public_key)
        if pinned is not None and pinned != self.public_key:
            raise IntegrityError(
                f"unit {self._card.name} answers with another key than before",
                "ask why; if its list was built anew, `--new-key` takes the new one",
            )
        self._start(session_of(opened, accepted), self._random(32))
        self._exchange(self._frames(self._role.begin), None)

    def go_on(self, memory: Memory) -> None:
        """Take a session up where an earlier process left it. What that kept must be gone by now: it serves once."""
        self.public_key, self._head = memory.public_key, memory.head
        self._start(memory.session, memory.secret)
        self._sent, self._received = memory.kept.sent, memory.kept.received
        self._role.go_on(memory.kept)

    def ask(self, keys: tuple[bytes, ...], case: str, basis: str) -> tuple[bool, ...]:
        """Of each key of one person, whether it is on the list. Raises PeerError, IntegrityError, RefusedError,
        UnavailableError, UsageError; after any of them the session is over."""
        number = self.asked
        with translated():
            query = Query(keys=keys, purpose=Purpose(case=case, basis=basis))
        if self._over:
            raise UsageError("this session is over", "begin another")
        self._over = True  # unless all goes well
        self._exchange(self._frames(lambda: self._role.ask(query)), (case, basis))
        if self.asked != number + 1:
            raise PeerError(f"{self._card.name} did not answer", "the session is over; ask again")
        self._over = False
        return self._role.answers[-1]

    def memory(self) -> Memory | None:
        """What a later process may go on with; None if the session cannot go on."""
        try:
            kept = self._role.kept()
        except MisuseError:
            return None
        return Memory(
            session=self.name, public_key=self.public_key, secret=self._secret, head=self._head, kept=kept
        )

    def _start(self, session: str, secret: bytes) -> None:
        self.name, self._secret = session, secret
        parameters = parameters_of(self._terms, self.public_key)
        self._limit = longest(parameters)
        self._role = Asker(
            session=bytes.fromhex(session),
            parameters=parameters,
            stay=True,
            seed=derive(secret, Label.ROLE_SEED, context=session),
            spent=set(),
        )

    def _accepted(self, data: bytes, opened: Signed) -> tuple[Signed, Accepted]:
        what = f"the acceptance of {self._card.name}"
        signed = read_signed(data, self._card, KIND, what)
        try:
            event = read_watchlist_event(signed)
        except MalformedError as error:
            raise IntegrityError(f"{what} {error}") from None
        if not isinstance(event, Accepted) or event.opened != canonical.digest(opened.to_json()):
            raise IntegrityError(f"{what} is of another session")
        check_fresh(event.at, self._now(), self._card.name)
        return signed, event

    def _frames(self, act: Callable[[], list[Frame]]) -> list[Frame]:
        with translated():
            return act()

    def _exchange(self, frames: list[Frame], purpose: tuple[str, str] | None) -> None:
        """Send what the role says, and feed it what comes back."""
        for frame in frames:
            limit = self._limit
            reply = split(
                self._channel.post(self.name, self._request(frame, purpose), limit), self._card.name, PARTS
            )
            if not reply:
                raise PeerError(f"{self._card.name} sent nothing")
            for part in reply[1:]:
                self._take(part)
            if purpose is not None:
                self._check_head(reply[0])

    def _request(self, frame: Frame, purpose: tuple[str, str] | None) -> bytes:
        self._sent += 1
        place = Place(
            session=self.name, sender=self._ring.name, recipient=self._card.name, sequence=self._sent
        )
        salt = derive(self._secret, Label.MESSAGE_SALT, context=f"{self.name} {self._card.name} {self._sent}")
        letter = wrap(frame.data, place, step_of(self._role, frame.data), salt, self._ring, self._card)
        if purpose is None:
            return joined([letter])
        stated = Asked(
            at=write_time(self._now()),
            session=self.name,
            number=self.asked,
            case=purpose[0],
            legal_basis=purpose[1],
            digest=digest_of(salt, frame.data),
        )
        proof = sign_watchlist_event(stated, self._ring)
        return joined([canonical.to_bytes(proof.to_json()), letter])

    def _take(self, part: bytes) -> None:
        self._received += 1
        place = Place(
            session=self.name, sender=self._card.name, recipient=self._ring.name, sequence=self._received
        )
        letter = unwrap(part, place, self._ring, self._card)
        if letter.step != step_of(self._role, letter.content):
            raise IntegrityError(
                f"{letter.sender} signed a message of step {letter.step}, and something else is in it"
            )
        more = self._frames(lambda: self._role.receive(HOLDER, letter.content))
        if more:
            raise PeerError(f"{letter.sender} sent something that is not due")

    def _check_head(self, data: bytes) -> None:
        head: Checkpoint = verify_checkpoint(data, self._card.signing_key)
        if not head.origin.startswith(f"pplink/{self._card.name}/{self._agreement.id[:16]}-"):
            raise IntegrityError(f"{self._card.name} signed the head of another log", "ask why")
        if head.size <= self._head:
            raise IntegrityError(f"the log of {self._card.name} did not grow by this query", "ask why")
        self._head, self.checkpoint = head.size, data
        self._keep(data)


def longest(parameters: Parameters) -> int:
    """Bytes of a reply, at most: a whole filter, or an answer and the updates before it."""
    chunks = -(-parameters.capacity // parameters.chunk) + 64
    return min(chunks * (parameters.longest_frame() + ROOM), 1 << 31)
