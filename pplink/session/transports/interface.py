"""Interface: what a session asks of a transport. A message's place is sender, recipient and number, from 0."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Protocol


class Transport(Protocol):
    """May lose, delay, change and repeat: what comes out of it is checked by whoever takes it."""

    most: int
    """Bytes of a message that it takes."""

    @property
    def keeps(self) -> bool:
        """Whether what was handed over stays there, whatever becomes of this process."""
        ...

    def claim(self, sender: str) -> None:
        """The first that a party does in a session. Raises UsageError if somebody did it in that party's name."""
        ...

    def put(self, sender: str, recipient: str, number: int, data: bytes) -> None:
        """Hand a message over, whole. Putting the same once more does no harm. Raises UnavailableError."""
        ...

    def wait(self, recipient: str, due: Mapping[str, int], limit: int, seconds: float) -> tuple[str, bytes]:
        """The first to arrive of the messages that are due, by sender, and who sent it.

        Raises PeerError, unread, for one of more than `limit` bytes; UnavailableError after so many seconds
        without any.
        """
        ...

    def taken(self, sender: str, recipient: str, number: int) -> None:
        """The recipient has that message and will never ask for it again."""
        ...

    def sweep(self, sender: str, recipient: str, below: int) -> None:
        """The recipient will ask for none of the sender's messages of lower numbers. As with `taken`, one that stays
        there takes room and does no harm."""
        ...


ANY = sys.maxsize
"""Bytes, where a transport takes messages of any length."""


def silence(due: Mapping[str, int], seconds: float) -> str:
    """What is said when nothing came."""
    return f"nothing came from {' or '.join(sorted(due))} for {seconds:,.0f} s"


def too_long(sender: str, size: int, limit: int) -> str:
    """What is said when too much came."""
    return f"{sender} sent a message of {size:,} bytes, where {limit:,} is the most"


GO_ON = "see whether the others run, with the same exchange; the same command goes on where this stopped"
"""The hint that goes with silence."""
