"""Parameters: what all parties know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

from protocols import wire
from protocols.errors import require
from protocols.primitives import paillier
from protocols.primitives.hashing import digest

PROTOCOL = "paillier_stats/1"
BROKER, KEEPER = "broker", "keeper"
UNITS = tuple(f"unit{number}" for number in range(1, 9))
PARTIES = (BROKER, KEEPER, *UNITS)
"""Units after the last one that takes part do nothing."""
PACKED = struct.Struct("<11Q")
HIDING = 64
"""Bits by which a mask is longer than what it hides, which it then shows with a chance of 2**-64 at most."""
MOST_NUMBERS = 1 << 16
MOST_ELEMENTS = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One run. Raises MisuseError for what cannot be."""

    modulus: int
    """The keeper's public key, from the agreement: 3,072 bits or more."""
    units: int = 2
    """How many bring tables: 2 to 8, unit1 and so on."""
    cells: int = 64
    """Of each table; a cross-table's are numbered through."""
    sums: int = 0
    """Sums in each cell, beside its count."""
    bits: int = 32
    """A unit's number is below 2**bits."""
    threshold: int = 10
    """A cell with a smaller count is not released: nobody ever sees its numbers."""
    each: bool = True
    """Whether it is the count of the others that must not be smaller, for each unit, which then cannot subtract its
    own and find a few persons of the others; else the count of all."""
    epsilon: Fraction | None = None
    """What a run costs each person of differential privacy; None: no noise."""
    touches: int = 1
    """Cells that a person is counted in at most: with noise, units see to it before they tabulate."""
    largest: int = 1
    """What a person adds to a sum at most, likewise."""
    most_noise: int = 0
    """Noise on a count lies between this and its negative, on a sum `largest` times as far: what is drawn beyond is
    cut off. At what cost, SPEC.md says under "Noise"."""

    def __post_init__(self) -> None:
        checks = {
            "a key has 3,072 to 8,192 bits, and is odd": paillier.fits(self.modulus),
            "units must be from 2 to 8": 2 <= self.units <= len(UNITS),
            "cells must be from 1 to 65,536, and as many numbers at most": self.cells >= 1
            and self.sums >= 0
            and self.numbers <= MOST_NUMBERS,
            "bits must be from 1 to 48": 1 <= self.bits <= 48,
            "threshold must be from 1 to 1,024": 1 <= self.threshold <= 1024,
            "noise goes with an epsilon above 0, at most 2**32 parts": self._noise_fits(),
            "touches must be from 1 to cells, largest from 1 below 2**bits": 1 <= self.touches <= self.cells
            and 1 <= self.largest < 1 << self.bits,
            "too many cells to compare: fewer cells, a lower threshold, or less noise": self.elements
            <= MOST_ELEMENTS,
        }
        require(checks)

    def _noise_fits(self) -> bool:
        if self.epsilon is None:
            return self.most_noise == 0
        return (
            self.epsilon > 0
            and max(self.epsilon.numerator, self.epsilon.denominator) <= 1 << 32
            and self.most_noise >= 1
            and self.most_noise * self.largest <= 1 << 48
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The units that take part."""
        return UNITS[: self.units]

    @property
    def members(self) -> tuple[str, ...]:
        """All that say hello to the broker."""
        return (KEEPER, *self.names)

    @property
    def measures(self) -> int:
        """Numbers in a cell: its count, its sums."""
        return 1 + self.sums

    @property
    def numbers(self) -> int:
        """Of a table: all counts, then all first sums, and so on."""
        return self.cells * self.measures

    def shift(self, measure: int) -> int:
        """The most noise on a number of a measure; what is added to each, which is so never below zero."""
        return self.most_noise * (self.largest if measure else 1)

    @property
    def most(self) -> int:
        """The largest number that a unit sends."""
        return (1 << self.bits) - 1 + 2 * self.shift(self.sums)

    @property
    def mask_bits(self) -> int:
        """Of a mask on a number."""
        return (self.units * self.most).bit_length() + HIDING

    @property
    def slots(self) -> int:
        """Numbers in a cipher text: each with its mask, and a bit for the carry."""
        return (self.modulus.bit_length() - 1) // (self.mask_bits + 1)

    @property
    def ciphers(self) -> int:
        """Cipher texts of a table."""
        return -(-self.numbers // self.slots)

    @property
    def count_ciphers(self) -> int:
        """The first ones, in which all counts are."""
        return -(-self.cells // self.slots)

    @property
    def views(self) -> int:
        """Sums of tables that the counts are compared in: without each unit, or of all."""
        return self.units if self.each else 1

    @property
    def limit(self) -> int:
        """Masked counts from 0 below this are small."""
        return self.threshold + (self.units - self.each) * self.most_noise

    @property
    def elements(self) -> int:
        """Group elements that say which masked counts are small."""
        return self.views * self.cells * self.limit

    def digest(self) -> bytes:
        """32 bytes that all parties must arrive at."""
        epsilon = self.epsilon or Fraction(0)
        numbers = (
            self.units,
            self.cells,
            self.sums,
            self.bits,
            self.threshold,
            self.each,
            epsilon.numerator,
            epsilon.denominator,
            self.touches,
            self.largest,
            self.most_noise,
        )
        modulus = self.modulus.to_bytes(paillier.MOST_BITS // 8, "little")
        return digest("paillier_stats parameters", PACKED.pack(*numbers), modulus)

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        ciphers = (self.ciphers + self.units * self.count_ciphers) * 8 * paillier.width(self.modulus)
        parts = self.cells // 8 + 16 * self.numbers
        return max(ciphers, 32 * self.elements, parts) + wire.SHORTEST + 1024
