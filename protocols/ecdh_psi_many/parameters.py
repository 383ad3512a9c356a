"""Parameters: what all parties know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from protocols import wire
from protocols.errors import require
from protocols.primitives.hashing import digest

PROTOCOL = "ecdh_psi_many/1"
BROKER = "broker"
UNITS = tuple(f"unit{number}" for number in range(1, 9))
PARTIES = (BROKER, *UNITS)
"""Units after the last one that takes part do nothing."""
PACKED = struct.Struct("<6Q")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One run. Raises MisuseError for what cannot be."""

    units: int
    """How many take part: 2 to 8, unit1 and so on."""
    size_only: bool = False
    """Whether units learn only the number of common items, and not which."""
    capacity: int = 1 << 20
    """Elements that a unit may send at most, dummies counted; a multiple of step."""
    step: int = 1 << 10
    """Each unit's elements are filled up to a multiple of it, and so hide how many items it has."""
    quota: int = 10_000
    """Common items at most; the broker stops beyond."""
    block: int = 4096
    """Elements in a message; a multiple of 64."""

    def __post_init__(self) -> None:
        checks = {
            "units must be from 2 to 8": 2 <= self.units <= len(UNITS),
            "step must be from 1 to capacity": 1 <= self.step <= self.capacity,
            "capacity must be a multiple of step, at most 2**28": self.step
            and self.capacity % self.step == 0
            and self.capacity <= 1 << 28,
            "quota must be from 1 to 2**32": 1 <= self.quota <= 1 << 32,
            "block must be a multiple of 64, at most 2**20": self.block % 64 == 0 < self.block <= 1 << 20,
        }
        require(checks)

    @property
    def names(self) -> tuple[str, ...]:
        """The units that take part."""
        return UNITS[: self.units]

    def digest(self) -> bytes:
        """32 bytes that all parties must arrive at."""
        numbers = (self.units, self.size_only, self.capacity, self.step, self.quota, self.block)
        return digest("ecdh_psi_many parameters", PACKED.pack(*numbers))

    def filled(self, items: int) -> int:
        """How many elements a unit sends that has so many different items."""
        return max(1, -(-items // self.step)) * self.step

    def fits(self, elements: int) -> bool:
        """Whether a unit may send so many."""
        return elements % self.step == 0 and self.step <= elements <= self.capacity

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        return 32 * min(self.block, self.capacity) + wire.SHORTEST + 1024
