"""Parameters: what all three parties know and agree on beforehand; all of it is public."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from fractions import Fraction

from protocols import wire
from protocols.blinded_broker.circuit import Circuit, Level, circuit, levels
from protocols.blinded_broker.rule import SHARES, Rule, rule
from protocols.errors import require
from protocols.primitives.hashing import digest

PART = 3 << 20
"""Words of names, or of scores, in one message (24 MiB): more go in several, each but the last of so many."""

PROTOCOL = "blinded_broker/2"
ALICE, BOB, DEALER = PARTIES = ("alice", "bob", "dealer")
REVEALS = ("both", ALICE, BOB)
LAYOUTS = ALL, PAIRED = ("all", "paired")
PACKED = struct.Struct("<19Q")
MOST_WORDS = 1023
"""64-bit words of a row at most, so that a product of rows fits 16 bits."""
WIDEST_SIDE = 4096
MOST_PAIRINGS = 1 << 10
"""Pairs of variants of two persons at most."""
MOST_SETS = 16
"""Sets that the dealer deals for a tile, at most."""
MOST_IN_TILE = 1 << 24
"""Pairs of rows in a tile at most, where blocks are not paired: they take up to 9 bytes of a message."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """One run. Raises MisuseError for what cannot be."""

    bits: int
    """Bits of a row; a multiple of 64."""
    threshold: Fraction
    """Pairs at or above it are hits."""
    measure: str = "dice"
    """"dice" or "jaccard"."""
    heaviest: int = 0
    """Bits set in a row at most; 0 means all. Below all of them, some thresholds cost a bit less a pair."""
    most_rows: int = 1 << 20
    """Rows that a unit may bring at most."""
    side: int = 1024
    """Rows in a block, and so a tile's height and width; a multiple of 64."""
    reveal: str = "both"
    """Who learns the hits: "both", "alice" or "bob"."""
    scores: bool = False
    """Whether the two units then learn the score of each hit; only where both learn the hits."""
    quota: int = 10_000
    """Hits at most; a unit that counts more stops."""
    first_tile: int = 0
    """Where a run goes on that takes up an aborted one, with new seeds; 0 otherwise."""
    window: int = 2
    """Tiles that Bob asks for before he needs them."""
    alice_variants: int = 1
    """Rows a person of Alice's, of which one suffices for a hit; filled up with empty rows."""
    bob_variants: int = 1
    """The same for Bob."""
    layout: str = ALL
    """Which blocks meet: "all" with all, or "paired": only block n of both units, as a filling puts rows into them."""
    batch: int = 1
    """With "paired", pairs of blocks a tile."""
    pairs: int = 0
    """With "paired", pairs of blocks: what the dealer sees, whatever the rows; else 0."""
    told: int = 0
    """With "paired", words that units tell each other of how full their blocks are; else 0."""
    openings: int = 0
    """With "paired", hits at most before those of a pair of persons found several times are counted once; else 0."""
    sets: int = 1
    """Sets that the dealer deals for each tile, of which one is used and the others are opened, so that both units see
    that they were dealt right; 1: none is opened."""
    rule: Rule = field(init=False)
    circuit: Circuit = field(init=False)

    def __post_init__(self) -> None:
        checks = {
            "bits must be a multiple of 64, at most 65472": self.bits % 64
            == 0
            < self.bits
            <= 64 * MOST_WORDS,
            "side must be a multiple of 64, at most 4096": self.side % 64 == 0 < self.side <= WIDEST_SIDE,
            "heaviest must be from 1 to bits": 0 <= self.heaviest <= self.bits,
            "most_rows must be from 1 to 2**32": 1 <= self.most_rows <= 1 << 32,
            "reveal must be both, alice or bob": self.reveal in REVEALS,
            "scores are opened only where both units learn the hits": not self.scores
            or self.reveal == "both",
            "quota must be from 1 to 2**24": 1 <= self.quota <= 1 << 24,
            "first_tile must be from 0 to 2**48": 0 <= self.first_tile < 1 << 48,
            "window must be from 1 to 16": 1 <= self.window <= 16,
            "variants must be 1 or more, and 1,024 pairs of them at most": self.alice_variants >= 1
            and self.bob_variants >= 1
            and self.alice_variants * self.bob_variants <= MOST_PAIRINGS,
            "a tile must have at most 2**24 pairs of rows: choose a lesser side": self.side**2 * self.pairings
            <= MOST_IN_TILE,
            "layout must be all or paired": self.layout in LAYOUTS,
            "batch must be from 1 to 4096": 1 <= self.batch <= 1 << 12,
            "pairs, told and openings are of paired blocks": self.layout == PAIRED
            or self.pairs == self.told == self.openings == 0,
            "pairs must be from 1 to 2**24": self.layout == ALL or 1 <= self.pairs <= 1 << 24,
            "told must be from 0 to 2**24": 0 <= self.told <= 1 << 24,
            "openings must be from quota to 2**27": self.layout == ALL
            or self.quota <= self.openings <= 1 << 27,
            "hits of paired blocks are opened to both": self.layout == ALL or self.reveal == "both",
            "scores are opened only for persons of one variant": not self.scores
            or self.alice_variants * self.bob_variants == 1,
            "sets must be from 1 to 16": 1 <= self.sets <= MOST_SETS,
            "the threshold must fit 32 bits": self.threshold.denominator < 1 << 32,
        }
        require(checks)
        object.__setattr__(self, "heaviest", self.heaviest or self.bits)
        object.__setattr__(self, "rule", rule(self.measure, self.threshold, self.bits, self.heaviest))
        object.__setattr__(self, "circuit", circuit(self.rule.z_bits))

    def digest(self) -> bytes:
        """32 bytes that all parties must arrive at."""
        values = (
            self.bits,
            self.threshold.numerator,
            self.threshold.denominator,
            sorted(SHARES).index(self.measure),
            self.heaviest,
            self.most_rows,
            self.side,
            REVEALS.index(self.reveal),
            self.scores,
            self.quota,
            self.first_tile,
            self.window,
            self.alice_variants,
            self.bob_variants,
            LAYOUTS.index(self.layout),
            self.batch,
            self.pairs,
            self.told,
            self.openings,
        )
        more = self.sets.to_bytes(8, "little") if self.proven else b""
        return digest("blinded_broker parameters", PACKED.pack(*values) + more)

    @property
    def proven(self) -> bool:
        """Whether the dealer proves that it deals right."""
        return self.sets > 1

    @property
    def by_tile(self) -> bool:
        """Whether records are sent for each tile, under masks of that tile alone."""
        return self.layout == PAIRED or self.proven

    def blocks_a_tile(self, name: str) -> int:
        """A unit's blocks in a tile; where blocks are paired, the last tile may have fewer."""
        return self.batch if self.layout == PAIRED else self.variants(name)

    @property
    def pairings(self) -> int:
        """Pairs of variants of two persons, in a tile; where blocks are paired they are in any tiles, or none."""
        return self.alice_variants * self.bob_variants if self.layout == ALL else 1

    @property
    def levels(self) -> tuple[Level, ...]:
        """How the misses of two persons' pairs of variants become one."""
        return levels(self.pairings)

    @property
    def any(self) -> int:
        """Masks of misses, of all levels, a pair of persons."""
        return sum(level.values for level in self.levels)

    @property
    def alike(self) -> int:
        """Products of those that the dealer deals."""
        return sum(level.dealt for level in self.levels)

    @property
    def unended(self) -> int:
        """Tiles at most that are begun and not ended, as a window is what Bob asks for."""
        return self.window * (2 + len(self.levels) // 2)

    def variants(self, name: str) -> int:
        """Rows a person of that unit."""
        return self.alice_variants if name == ALICE else self.bob_variants

    def blocks(self, rows: int) -> int:
        """Into how many blocks so many rows (of one variant) go."""
        return self.pairs if self.layout == PAIRED else -(-rows // self.side)

    def height(self, rows: int, block: int) -> int:
        """Rows in a block; only the last may have fewer than side, and none where blocks are paired."""
        return self.side if self.layout == PAIRED else min(self.side, rows - block * self.side)

    def width(self, rows: int, block: int) -> int:
        """The same, filled up to a multiple of 64."""
        height = self.height(rows, block)
        return height + -height % 64

    def longest_frame(self) -> int:
        """Bytes; what a peer can make us take in at once."""
        block = self.side * self.bits * self.rule.product_bits
        dealt = self.rule.z_bits + len(self.circuit.digits) + len(self.circuit.merge)
        planes = max(dealt, self.rule.z_bits + self.circuit.opened + 1)
        tables = self.batch if self.layout == PAIRED else self.pairings
        tile = self.side**2 * (planes * tables + self.alike)
        words = max(min(max(self.quota, self.openings), PART), self.told)
        return max(block // 8, tile // 8, 8 * words) + wire.SHORTEST + 256
