"""Every exception, sorted by whose fault it is; each class has its exit code."""

from __future__ import annotations


class PplinkError(Exception):
    """What went wrong, and a hint about what to do.

    Neither text ever carries a value from a person's record: rows, fields, digests and counts only.
    """

    exit_code = 1
    usual = "please report it"
    """The hint of one that has none of its own."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PplinkError):
    """You asked for what cannot be."""

    exit_code = 2
    usual = "`--help` after the command says what it takes"


class AgreementError(PplinkError):
    """Documents disagree, or lack a signature."""

    exit_code = 3
    usual = "ask the unit that proposed the agreement"


class DataError(PplinkError):
    """A record breaks the agreement; says row and field, never the value."""

    exit_code = 4
    usual = "correct the list, then run again"


class IntegrityError(PplinkError):
    """A signature, digest or proof failed: never retried, never caught to go on."""

    exit_code = 5
    usual = "get it again from whoever sent it; if it fails again, ask them, and go no further"


class PeerError(PplinkError):
    """The other party broke the protocol; the transcript is kept."""

    exit_code = 6
    usual = "ask that party what it ran; what it sent is kept"


class UnavailableError(PplinkError):
    """Network, disk or worker: trying again may help."""

    exit_code = 7
    usual = "look at disk and network, then run again"


class RefusedError(PplinkError):
    """Policy said no; nobody's fault."""

    exit_code = 8
    usual = "ask whoever may change that"
