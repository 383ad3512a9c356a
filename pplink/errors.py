"""Every exception, sorted by whose fault it is; each class has its exit code."""

from __future__ import annotations


class PplinkError(Exception):
    """What went wrong, and a hint about what to do.

    Neither text ever carries a value from a person's record: rows, fields, digests and counts only.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PplinkError):
    """You asked for what cannot be."""

    exit_code = 2


class AgreementError(PplinkError):
    """Documents disagree, or lack a signature."""

    exit_code = 3


class DataError(PplinkError):
    """A record breaks the agreement; says row and field, never the value."""

    exit_code = 4


class IntegrityError(PplinkError):
    """A signature, digest or proof failed: never retried, never caught to go on."""

    exit_code = 5


class PeerError(PplinkError):
    """The other party broke the protocol; the transcript is kept."""

    exit_code = 6


class UnavailableError(PplinkError):
    """Network, disk or worker: trying again may help."""

    exit_code = 7


class RefusedError(PplinkError):
    """Policy said no; nobody's fault."""

    exit_code = 8
