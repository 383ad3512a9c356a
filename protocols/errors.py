"""What can go wrong in a protocol, by whose fault it is: ours, the peer's, nobody's."""

from __future__ import annotations

from collections.abc import Mapping


class ProtocolError(Exception):
    """The run is over. Neither text ever carries a value from a record or a secret."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class MisuseError(ProtocolError):
    """Our own side asked for what cannot be: parameters, rows, a call out of turn."""


class PeerError(ProtocolError):
    """A peer broke the protocol. Nothing that it sent since may be believed; the transcript is kept.

    step, check: numbers in the protocol's SPEC.md, or in FORMAT.md for checks that begin with W.
    """

    def __init__(self, sender: str, step: str, check: str, message: str) -> None:
        super().__init__(f"{sender} broke check {check} of step {step}: {message}")
        self.sender = sender
        self.step = step
        self.check = check


class RefusedError(ProtocolError):
    """Policy said no: a secret used twice, a quota used up."""


def require(checks: Mapping[str, object]) -> None:
    """Raise MisuseError with the first of these words, what must hold, whose value is false."""
    for words, holds in checks.items():
        if not holds:
            raise MisuseError(words)
