"""Held: messages on their way through a relay, kept in its memory in place of a file each.

A crash of the relay loses them, so only a session that goes on in another leg has them held (`legs`), and only the
frames of its protocol: joins, ends and records, which are of more than a leg, lie in the folder. So do frames of a leg
of which the broker has sent none: it then goes on in that same leg, where nothing may be missing.
"""

from __future__ import annotations

import re
import threading

from pplink.session.envelope import HEADER

ROOM = 256 << 20
"""Bytes held at most; what comes beyond is put into the folder."""
_FRAME = re.compile(rb'"step":"[0-9]')
"""In a message's own line: it is a frame of the protocol, whose steps have numbers."""
IN_LEG = 6
"""Digits that number a message in its leg; those before number the leg."""


class Held:
    """Messages by their places' names, shared by the threads of one process."""

    def __init__(self, broker: str, *reached: str) -> None:
        """broker: whose relay it is; reached: other parties in this process."""
        self._broker = broker
        self._begun: set[tuple[str, ...]] = set()
        self._messages: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._size = 0
        self.reached = {broker, *reached}
        """Who takes messages from this process: others may look into the folder themselves."""

    def put(self, name: str, recipient: str, data: bytes) -> bool:
        """Hold a message in a place, in place of what was held there; False if it is not to be held."""
        with self._lock:
            self._drop(name)
            fits = recipient in self.reached and self._size + len(data) <= ROOM
            if not _FRAME.search(data[:HEADER]) or not self._has_begun(name) or not fits:
                return False
            self._messages[name] = data
            self._size += len(data)
            return True

    def get(self, name: str) -> bytes | None:
        """What is held in a place."""
        return self._messages.get(name)

    def drop(self, name: str) -> None:
        """It was taken."""
        with self._lock:
            self._drop(name)

    def names(self) -> list[str]:
        """All places that hold something."""
        with self._lock:
            return list(self._messages)

    def _has_begun(self, name: str) -> bool:
        """Whether the broker has sent a frame, if only this one, in the leg of a place."""
        *couple, sender, _, number = name.split(".")
        leg = (*couple, number[:-IN_LEG])
        if sender == self._broker:
            self._begun.add(leg)
        return leg in self._begun

    def _drop(self, name: str) -> None:
        self._size -= len(self._messages.pop(name, b""))
