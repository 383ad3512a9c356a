"""Parameters: what both units know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from protocols import wire
from protocols.errors import require
from protocols.primitives.hashing import digest

PROTOCOL = "ecdh_psi/1"
ALICE, BOB = PARTIES = ("alice", "bob")
REVEALS = ("both", ALICE, BOB)
PACKED = struct.Struct("<6Q")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One run. Raises MisuseError for what cannot be."""

    reveal: str = "both"
    """Who learns the result: "both", "alice" or "bob"."""
    size_only: bool = False
    """Whether only the number of common items is learned, and not which."""
    capacity: int = 1 << 20
    """Elements that a unit may send at most, dummies counted; a multiple of step."""
    step: int = 1 << 10
    """Each unit's elements are filled up to a multiple of it, and so hide how many items it has."""
    quota: int = 10_000
    """Common items at most; a unit that counts more stops."""
    block: int = 4096
    """Elements in a message."""

    def __post_init__(self) -> None:
        checks = {
            "reveal must be both, alice or bob": self.reveal in REVEALS,
            "step must be from 1 to capacity": 1 <= self.step <= self.capacity,
            "capacity must be a multiple of step, at most 2**28": self.step
            and self.capacity % self.step == 0
            and self.capacity <= 1 << 28,
            "quota must be from 1 to 2**32": 1 <= self.quota <= 1 << 32,
            "block must be from 1 to 2**20": 1 <= self.block <= 1 << 20,
        }
        require(checks)

    def learns(self, name: str) -> bool:
        """Whether a unit learns the result."""
        return self.reveal in ("both", name)

    def digest(self) -> bytes:
        """32 bytes that both units must arrive at."""
        reveal = REVEALS.index(self.reveal)
        numbers = (reveal, self.size_only, self.capacity, self.step, self.quota, self.block)
        return digest("ecdh_psi parameters", PACKED.pack(*numbers))

    def filled(self, items: int) -> int:
        """How many elements a unit sends that has so many different items."""
        return max(1, -(-items // self.step)) * self.step

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        return 32 * min(self.block, self.capacity) + wire.SHORTEST + 256
