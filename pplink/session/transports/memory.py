"""Memory: parties in one process, for tests and for trying a protocol out."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from pplink.errors import PeerError, UnavailableError, UsageError
from pplink.session.transports.interface import ANY, GO_ON, silence, too_long


class MemoryTransport:
    """Messages in a table that threads share."""

    most = ANY
    keeps = True

    def __init__(self) -> None:
        self._messages: dict[tuple[str, str, int], bytes] = {}
        self._claimed: set[str] = set()
        self._changed = threading.Condition()

    def claim(self, sender: str) -> None:
        """See `Transport`."""
        with self._changed:
            if sender in self._claimed:
                raise UsageError(f"this exchange has a session of {sender} already", "use a new one")
            self._claimed.add(sender)

    def put(self, sender: str, recipient: str, number: int, data: bytes) -> None:
        """See `Transport`."""
        with self._changed:
            self._messages[sender, recipient, number] = data
            self._changed.notify_all()

    def wait(self, recipient: str, due: Mapping[str, int], limit: int, seconds: float) -> tuple[str, bytes]:
        """See `Transport`."""
        places = {(sender, recipient, number) for sender, number in due.items()}

        def arrived() -> set[tuple[str, str, int]]:
            return places & self._messages.keys()

        with self._changed:
            if not self._changed.wait_for(arrived, seconds):
                raise UnavailableError(silence(due, seconds), GO_ON)
            place = min(arrived())
            data = self._messages[place]
        if len(data) > limit:
            raise PeerError(too_long(place[0], len(data), limit))
        return place[0], data

    def taken(self, sender: str, recipient: str, number: int) -> None:
        """See `Transport`."""
        with self._changed:
            self._messages.pop((sender, recipient, number), None)

    def sweep(self, sender: str, recipient: str, below: int) -> None:
        """See `Transport`."""
        with self._changed:
            for place in [*self._messages]:
                if place[:2] == (sender, recipient) and place[2] < below:
                    del self._messages[place]
