"""Parameters: what both units know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from protocols import wire
from protocols.errors import require
from protocols.primitives import paillier
from protocols.primitives.hashing import digest

PROTOCOL = "ecdh_psi_sum/1"
ALICE, BOB = PARTIES = ("alice", "bob")
REVEALS = ("bob", "both")
PACKED = struct.Struct("<8Q")
ELEMENT = 4
"""Words."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One run. Raises MisuseError for what cannot be."""

    modulus: int
    """Bob's public key, from the agreement: 3,072 bits or more."""
    reveal: str = "bob"
    """Who learns the sums: "bob", or "both"."""
    sums: int = 1
    """Numbers that Bob has to each item."""
    bits: int = 32
    """Each is below 2**bits."""
    least: int = 10
    """Fewer common items are too few: then nothing is added up."""
    capacity: int = 1 << 16
    """Elements that a unit may send at most, dummies counted; a multiple of step."""
    step: int = 1 << 8
    """Each unit's elements are filled up to a multiple of it, and so hide how many items it has."""
    quota: int = 10_000
    """Common items at most; Alice stops if she counts more."""
    block: int = 256
    """Elements in a message."""

    def __post_init__(self) -> None:
        checks = {
            "a key has 3,072 to 8,192 bits, and is odd": paillier.fits(self.modulus),
            "reveal must be bob or both": self.reveal in REVEALS,
            "step must be from 1 to capacity": 1 <= self.step <= self.capacity,
            "capacity must be a multiple of step, at most 2**24": self.step
            and self.capacity % self.step == 0
            and self.capacity <= 1 << 24,
            "least must be from 1 to quota, quota at most 2**24": 1 <= self.least <= self.quota <= 1 << 24,
            "block must be from 1 to 2**12": 1 <= self.block <= 1 << 12,
            "bits must be from 1 to 48": 1 <= self.bits <= 48,
            "sums must be from 1 to what a cipher text holds": self.sums >= 1
            and self.sums * self.slot < self.modulus.bit_length(),
        }
        require(checks)

    @property
    def slot(self) -> int:
        """Bits that a sum has in a cipher text: as many as capacity numbers can make."""
        return self.bits + self.capacity.bit_length()

    @property
    def width(self) -> int:
        """Words of a cipher text on its way."""
        return paillier.width(self.modulus)

    def most(self, size: int) -> int:
        """What so many items' numbers add up to at most."""
        return size * ((1 << self.bits) - 1)

    def digest(self) -> bytes:
        """32 bytes that both units must arrive at."""
        numbers = (
            REVEALS.index(self.reveal),
            self.sums,
            self.bits,
            self.least,
            self.capacity,
            self.step,
            self.quota,
            self.block,
        )
        modulus = self.modulus.to_bytes(paillier.MOST_BITS // 8, "little")
        return digest("ecdh_psi_sum parameters", PACKED.pack(*numbers), modulus)

    def filled(self, items: int) -> int:
        """How many elements a unit sends that has so many different items."""
        return max(1, -(-items // self.step)) * self.step

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        rows = 8 * (ELEMENT + self.width) * min(self.block, self.capacity)
        return rows + 16 * self.sums + wire.SHORTEST + 256
