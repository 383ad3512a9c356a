"""A role is one party's side of a protocol: it takes frames, returns frames, and does nothing else.

No clock, no dice, no network: a role is given its randomness as a seed, so that the same inputs and frames
give the same frames byte for byte. What it does when is a table, the last thing in its class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from protocols import wire
from protocols.errors import MisuseError, PeerError, RefusedError
from protocols.primitives.hashing import digest

DONE = "done"
FAILED = "failed"


@dataclass(frozen=True)
class Send:
    """A message for a party."""

    recipient: str
    message: wire.Message


@dataclass(frozen=True)
class Frame:
    """Bytes on their way. A transport that carries them must not let others read them: see FORMAT.md."""

    sender: str
    recipient: str
    data: bytes


Handler = Callable[[Any, Any], list[Send]]
Table = Mapping[tuple[str, str, type], Handler]
"""(state, sender, message) to what is done then; whatever is not in it breaks check W10."""


class Role:
    """The part that every role shares: frames, their order, the table, and never going on after an error."""

    PROTOCOL: ClassVar[str]
    """Name and version."""
    PARTIES: ClassVar[tuple[str, ...]]
    MESSAGES: ClassVar[Mapping[int, type[Any]]]
    TABLE: ClassVar[Table]

    def __init__(self, name: str, session: bytes, limit: int) -> None:
        """session: 32 bytes that no other run has. limit: bytes of the longest frame."""
        if len(session) != 32:
            raise MisuseError(f"a session's id has 32 bytes, not {len(session)}")
        self.name = name
        self.session = session
        self.limit = limit
        self.state = "new"
        self.bound = b""
        self._sent = dict.fromkeys(self.PARTIES, 0)
        self._received = dict.fromkeys(self.PARTIES, 0)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.state})"

    @property
    def finished(self) -> bool:
        """Whether the role has its result and waits for nothing."""
        return self.state == DONE

    def begin(self) -> list[Frame]:
        """The first frames. Raises MisuseError when called again, RefusedError when policy says no."""
        if self.state != "new":
            raise MisuseError("a role begins once", "make a new one, with a new seed")
        return self._step(self.opening)

    def opening(self) -> list[Send]:
        """What a role sends unasked, and the state it goes into."""
        raise NotImplementedError

    def receive(self, sender: str, data: bytes | memoryview) -> list[Frame]:
        """What a frame from sender (as the transport knows it) makes us send. Raises PeerError, RefusedError.

        After any error the role has failed, for good: it answers nothing and has no result. Only one that
        had finished keeps its result, whatever comes then.
        """
        if self.state in (FAILED, "new"):
            raise MisuseError(f"a role that is {self.state} takes no frames")
        return self._step(lambda: self._handle(sender, data))

    def fail(self, sender: str, step: str, check: str, message: str) -> NoReturn:
        """The peer broke a check."""
        raise PeerError(sender, step, check, message)

    def _handle(self, sender: str, data: bytes | memoryview) -> list[Send]:
        if sender == self.name or sender not in self.PARTIES:
            raise PeerError("a stranger", "?", "W4", "no such party sends to us")
        expected = self._envelope(sender, self.name, self._received[sender])
        message = wire.decode(data, self.MESSAGES, expected, sender, self.limit)
        handler = self.TABLE.get((self.state, sender, type(message)))
        if handler is None:
            self.fail(
                sender, message.STEP, "W10", f"{type(message).__name__} does not come now ({self.state})"
            )
        self._received[sender] += 1
        return handler(self, message)

    def _step(self, act: Callable[[], list[Send]]) -> list[Frame]:
        try:
            return [self._framed(send) for send in act()]
        except BaseException:
            if self.state != DONE:
                self.state = FAILED
            raise

    def _framed(self, send: Send) -> Frame:
        envelope = self._envelope(self.name, send.recipient, self._sent[send.recipient])
        self._sent[send.recipient] += 1
        return Frame(self.name, send.recipient, wire.encode(send.message, envelope))

    def _envelope(self, sender: str, recipient: str, sequence: int) -> wire.Envelope:
        return wire.Envelope(
            protocol=self.PROTOCOL,
            session=self.session,
            sender=self.PARTIES.index(sender),
            recipient=self.PARTIES.index(recipient),
            sequence=sequence,
            bound=self.bound,
        )


def from_each(
    senders: tuple[str, ...], state: str, kind: type, act: Callable[[Any, str, Any], list[Send]]
) -> dict[tuple[str, str, type], Handler]:
    """Rows of a table in which any of the senders may send such a message; act is told which."""

    def handler(sender: str) -> Handler:
        return lambda role, message: act(role, sender, message)

    return {(state, name, kind): handler(name) for name in senders}


def spend(seed: bytes, spent: set[bytes]) -> None:
    """Note that a seed is used; spent outlives the run. Raises RefusedError if it was used before."""
    if len(seed) != 32:
        raise MisuseError(f"a seed has 32 bytes, not {len(seed)}")
    mark = digest("spent seed", seed)
    if mark in spent:
        raise RefusedError("this seed was used before", "a seed serves one run; after an abort, draw another")
    spent.add(mark)
