"""Post: one party's letters in one session: numbered, sealed, signed, kept; the same ones again when it goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from pplink.agreement.model import Agreement
from pplink.errors import IntegrityError, PeerError, RefusedError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.memory import Budget
from pplink.session.envelope import ROOM, Letter, Place, digest_of, unwrap, wrap
from pplink.session.transcript import Sent, Transcript
from pplink.session.transports.interface import Transport

STOP = "stop"
"""The step of a message that says that its sender has ended the session for good."""
AGAIN = "again"
"""The step of a message that says that its sender was broken off and goes on in another leg."""
NUMBERS = 1_000_000
"""A leg's messages have numbers from this times the leg's on."""
UNDER_WAY = 64
"""Messages of a way that may lie unfetched when a leg is broken off: more than any protocol's window."""
SECONDS = 600.0
"""How long a party waits for a message, unless told otherwise."""


class AgainError(Exception):
    """This leg is over, and the session goes on in another."""


@dataclass(kw_only=True)
class Post:
    """What a party sends and takes in, from its join on."""

    ring: KeyRing
    agreement: Agreement
    others: Sequence[str]
    """All other parties."""
    transcript: Transcript
    transport: Transport
    seconds: float = SECONDS
    session: str = ""
    """Its name, once all have joined."""
    secret: bytes = b""
    """This party's, of this session."""
    limit: int = 0
    """Bytes of a message's content, at most."""
    told: Callable[[Letter], None] = lambda _: None
    """Called with each letter taken in."""
    leg: int = 0
    """Its number."""
    over: bool = False
    """Whether the leg was broken off, and is done again as far as it went."""
    budget: Budget = field(default_factory=Budget)
    """Of memory, for all sessions of this party that run at the same time."""

    def __post_init__(self) -> None:
        self._kept: Iterator[tuple[str, bytes]] = self.transcript.received()
        self._sent = 0
        self._numbers = dict.fromkeys(self.others, 0)
        self._due = dict.fromkeys(self.others, 0)
        self.links: dict[tuple[str, str], list[str]] = {
            link: [] for other in self.others for link in ((self.name, other), (other, self.name))
        }
        """By sender and recipient: the digest of each letter so far."""

    @property
    def name(self) -> str:
        """Whose post it is."""
        return self.ring.name

    def put_open(self, data: bytes) -> None:
        """Message 0 to all others, as it is; not once more if anything was sent after it."""
        for other in self.others:
            number = self._number(other)
            if not self.transcript.sent:
                self._put(other, number, data)

    def send(self, recipient: str, step: str, content: bytes) -> None:
        """Seal, sign, keep and hand over. When going on, only what was perhaps not handed over is so again.

        Raises RefusedError, with nothing handed over, if something else was sent in its place before, and AgainError if
        the leg was broken off here.
        """
        number = self._number(recipient)
        place = Place(session=self.session, sender=self.name, recipient=recipient, sequence=number)
        salt = derive(self.secret, Label.MESSAGE_SALT, context=f"{self.session} {recipient} {number}")
        digest = digest_of(salt, content)
        line = Sent(to=recipient, sequence=number, step=step, digest=digest)
        self._check(line)
        self.links[self.name, recipient].append(digest)
        if self._sent <= len(self.transcript.sent) - 1:
            return
        if self.over and self._sent > len(self.transcript.sent):
            raise AgainError
        data = wrap(content, place, step, salt, self.ring, self.agreement.party(recipient), digest)
        if self._sent > len(self.transcript.sent):
            self.transcript.add_sent(line)
        self._put(recipient, number, data)

    def again(self) -> None:
        """Tell all others that this leg, of which nothing was done since this process began, is over.

        The message that was sent last may never have been handed over: its place is taken too; and those of messages
        that were, if they are lost with the process that handed them over.
        """
        last = self.transcript.sent[-1]
        for other in self.others:
            number = 1 + sum(line.to == other for line in self.transcript.sent)
            lost = int(last.to == other) if self.transport.keeps else min(UNDER_WAY, number - 1)
            for sequence in range(number - lost, number + 1):
                place = Place(session=self.session, sender=self.name, recipient=other, sequence=sequence)
                salt = derive(
                    self.secret, Label.MESSAGE_SALT, context=f"{self.session} {other} {sequence} {AGAIN}"
                )
                self._put(
                    other, sequence, wrap(b"", place, AGAIN, salt, self.ring, self.agreement.party(other))
                )

    def sweep(self) -> None:
        """Remove what others sent in legs before this one: all have joined this one, and nobody will take it."""
        for other in self.others:
            self.transport.sweep(other, self.name, self.leg * NUMBERS)

    def _put(self, recipient: str, number: int, data: bytes) -> None:
        self.transport.put(self.name, recipient, self.leg * NUMBERS + number, data)

    def take_open(self) -> tuple[str, bytes]:
        """The next message 0, and who sent it."""
        due = {other: 0 for other in self.others if self._due[other] == 0}
        return self._next(due)

    def receive(self, among: Collection[str] | None = None) -> Letter:
        """The next letter from anyone, or from anyone of these. Raises IntegrityError, UnavailableError, PeerError, and
        AgainError if its sender, or this party, was broken off here."""
        sender, data = self._next({n: due for n, due in self._due.items() if among is None or n in among})
        sequence = self._due[sender] - 1
        place = Place(session=self.session, sender=sender, recipient=self.name, sequence=sequence)
        letter = unwrap(data, place, self.ring, self.agreement.party(sender))
        if letter.step == AGAIN:
            raise AgainError
        self.links[sender, self.name].append(letter.digest)
        if letter.step == STOP:
            raise PeerError(f"{sender} stopped the session", "ask them why; then begin another")
        self.told(letter)
        return letter

    def _next(self, due: dict[str, int]) -> tuple[str, bytes]:
        kept = next(self._kept, None)
        if kept is None and self.over:
            raise AgainError
        if kept is None:
            places = {name: self.leg * NUMBERS + number for name, number in due.items()}
            sender, data = self.transport.wait(self.name, places, self.limit + ROOM, self.seconds)
            self.transcript.add_received(sender, data)
            self._kept = iter(())
        else:
            sender, data = kept
        if sender not in due:
            raise IntegrityError(f"the transcript has a message of {sender[:32]!a} out of place")
        self.transport.taken(sender, self.name, self.leg * NUMBERS + due[sender])
        self._due[sender] += 1
        return sender, data

    @property
    def whole(self) -> bool:
        """Whether all that was sent before was sent again."""
        return self._sent >= len(self.transcript.sent)

    def _number(self, recipient: str) -> int:
        self._numbers[recipient] += 1
        return self._numbers[recipient] - 1

    def _check(self, line: Sent) -> None:
        """What is sent in a place stays the same: a mask that hides two things hides neither."""
        self._sent += 1
        known = self.transcript.sent
        if self._sent <= len(known) and known[self._sent - 1] != line:
            raise RefusedError(
                f"message {line.sequence} to {line.to} (step {line.step}) is not the one that was sent before",
                "the list, the key ring or the program is another than when this session began",
            )
