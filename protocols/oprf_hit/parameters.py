"""Parameters: what both parties know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from protocols import wire
from protocols.errors import require
from protocols.oprf_hit.filter import most_words
from protocols.primitives import ristretto
from protocols.primitives.hashing import digest

PROTOCOL = "oprf_hit/1"
ASKER, HOLDER = PARTIES = ("asker", "holder")
PACKED = struct.Struct("<7Q32s")
WIDEST = 62
"""Bits of a filter's numbers at most."""
CHANGES = 1 << 16
"""Numbers that an update may take away or add at most."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One session. Raises MisuseError for what cannot be."""

    public_key: bytes = b""
    """The holder's, 32 bytes, from the agreement: answers are proven against it. Empty: base mode, without proofs."""
    capacity: int = 1 << 20
    """Entries of the filter at most, dummies counted; a multiple of step."""
    false_bits: int = 40
    """A key that is not on the list is said to be with a chance of at most 2 to the minus this."""
    step: int = 1 << 16
    """The filter's entries are filled up to a multiple of it, and so hide how long the list is."""
    keys: int = 8
    """Elements in each query; a shorter one is filled up, so that nobody sees how many keys a person has."""
    quota: int = 1000
    """Queries in a session at most."""
    chunk: int = 1 << 16
    """Entries in a message of the filter."""

    def __post_init__(self) -> None:
        checks = {
            "public_key must be an element of ristretto255, or empty": not self.public_key
            or ristretto.holds(self.public_key),
            "step must be from 1 to capacity": 1 <= self.step <= self.capacity,
            "capacity must be a multiple of step, at most 2**26": self.step
            and self.capacity % self.step == 0
            and self.capacity <= 1 << 26,
            "false_bits must be from 1 to 62 less the bits of capacity": self.false_bits >= 1
            and self.bits <= WIDEST,
            "keys must be from 1 to 1024": 1 <= self.keys <= 1024,
            "quota must be from 1 to 2**32": 1 <= self.quota <= 1 << 32,
            "chunk must be from 1 to 2**20": 1 <= self.chunk <= 1 << 20,
        }
        require(checks)

    @property
    def verifiable(self) -> bool:
        """Whether answers are proven: VOPRF, else OPRF."""
        return bool(self.public_key)

    @property
    def bits(self) -> int:
        """Bits of a filter's numbers: with capacity numbers, one in 2**false_bits is hit by chance at most."""
        return self.false_bits + (self.capacity - 1).bit_length()

    def digest(self) -> bytes:
        """32 bytes that both parties must arrive at."""
        numbers = (
            self.verifiable,
            self.capacity,
            self.false_bits,
            self.step,
            self.keys,
            self.quota,
            self.chunk,
        )
        return digest("oprf_hit parameters", PACKED.pack(*numbers, self.public_key))

    def filled(self, entries: int) -> int:
        """Into how many numbers so many entries go."""
        return max(1, -(-entries // self.step)) * self.step

    def chunk_size(self, entries: int, number: int) -> int:
        """Numbers in a chunk; only the last may have fewer than chunk."""
        return min(self.chunk, entries - number * self.chunk)

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        part = most_words(self.bits, self.step, self.capacity, self.chunk)
        words = max(part, 4 * self.keys, 2 * CHANGES)
        return 8 * words + wire.SHORTEST + 512
