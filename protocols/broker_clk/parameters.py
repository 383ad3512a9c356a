"""Parameters: what all parties know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from protocols import wire
from protocols.errors import require
from protocols.primitives.hashing import digest

PROTOCOL = "broker_clk/1"
BROKER = "broker"
UNITS = tuple(f"unit{number}" for number in range(1, 9))
PARTIES = (BROKER, *UNITS)
"""Units after the last one that takes part do nothing."""
PACKED = struct.Struct("<8Q")
HIT = 3
"""Words of a hit on its way."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One run. Raises MisuseError for what cannot be."""

    bits: int
    """Of an encoding; a multiple of 64."""
    threshold: Fraction
    """Rows that score at least this are a hit."""
    units: int = 2
    """How many take part: 2 to 8, unit1 and so on."""
    scores: bool = False
    """Whether hits carry their scores."""
    capacity: int = 1 << 20
    """Rows of a unit at most."""
    quota: int = 10_000
    """Hits of two units at most; the broker stops beyond, and sends none."""
    block: int = 4096
    """Rows in a message."""

    def __post_init__(self) -> None:
        checks = {
            "bits must be a multiple of 64, at most 8192": self.bits % 64 == 0 < self.bits <= 8192,
            "threshold must be above 0, at most 1, of at most 32 bits": 0 < self.threshold <= 1
            and self.threshold.denominator < 1 << 32,
            "units must be from 2 to 8": 2 <= self.units <= len(UNITS),
            "capacity must be from 1 to 2**26": 1 <= self.capacity <= 1 << 26,
            "quota must be from 1 to 2**20": 1 <= self.quota <= 1 << 20,
            "block must be from 1 to 2**16": 1 <= self.block <= 1 << 16,
        }
        require(checks)

    @property
    def names(self) -> tuple[str, ...]:
        """The units that take part."""
        return UNITS[: self.units]

    @property
    def words(self) -> int:
        """Of an encoding."""
        return self.bits // 64

    def rows_of(self, total: int, block: int) -> int:
        """Rows in a block; only the last may have fewer than block."""
        return min(self.block, total - block * self.block)

    def digest(self) -> bytes:
        """32 bytes that all parties must arrive at."""
        at = self.threshold
        numbers = (self.bits, at.numerator, at.denominator, self.units, self.scores)
        return digest("broker_clk parameters", PACKED.pack(*numbers, self.capacity, self.quota, self.block))

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        return 8 * max(self.words * self.block, HIT * self.quota) + wire.SHORTEST + 1024
