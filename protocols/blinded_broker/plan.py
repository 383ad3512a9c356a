"""Plan: which blocks of rows meet in which tile (SPEC.md, "Blocks and tiles")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.parameters import ALICE, BOB, PAIRED, Parameters

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run's tiles, from its parameters and both units' numbers of persons."""

    parameters: Parameters
    persons: dict[str, int]

    def blocks(self, name: str) -> int:
        """Into how many blocks a unit's persons go."""
        return self.parameters.blocks(self.persons[name])

    def all_blocks(self, name: str) -> int:
        """The same, times its variants where each has blocks of its own."""
        return self.blocks(name) * (1 if self.paired else self.parameters.variants(name))

    @property
    def paired(self) -> bool:
        """Whether a filling says which rows are in which block."""
        return self.parameters.layout == PAIRED

    def blocks_of(self, tile: int) -> range:
        """Where blocks are paired: those of a tile."""
        p = self.parameters
        return range(tile * p.batch, min((tile + 1) * p.batch, p.pairs))

    def block_width(self, name: str, block: int) -> int:
        """Columns of a block: its rows, filled up to a multiple of 64."""
        return self.parameters.width(self.persons[name], block % self.blocks(name))

    @property
    def tiles(self) -> int:
        """Tiles of the whole run."""
        if self.paired:
            return -(-self.parameters.pairs // self.parameters.batch)
        return self.blocks(ALICE) * self.blocks(BOB)

    def tables(self, tile: int) -> list[tuple[int, int]]:
        """The blocks, Alice's and Bob's, whose tables lie one below the other in a tile."""
        p = self.parameters
        if self.paired:
            return [(block, block) for block in self.blocks_of(tile)]
        blocks = self.blocks(ALICE), self.blocks(BOB)
        i, j = divmod(tile, blocks[1])
        return [
            (a * blocks[0] + i, b * blocks[1] + j)
            for a in range(p.alice_variants)
            for b in range(p.bob_variants)
        ]

    def count(self, tile: int) -> int:
        """How many tables a tile has."""
        return len(self.blocks_of(tile)) if self.paired else self.parameters.pairings

    def first(self, tile: int) -> tuple[int, int]:
        """The blocks of its first table."""
        if self.paired:
            return tile * self.parameters.batch, tile * self.parameters.batch
        i, j = divmod(tile, self.blocks(BOB))
        return i, j

    def shape(self, tile: int) -> tuple[int, int]:
        """Height and width of each of the tile's tables."""
        i, j = self.first(tile)
        return self.parameters.height(self.persons[ALICE], i), self.block_width(BOB, j)

    def words(self, tile: int) -> int:
        """Words of a plane of the tile."""
        height, width = self.shape(tile)
        return self.count(tile) * height * width // 64

    def persons_at(self, tile: int, rows: Ints, columns: Ints) -> tuple[Ints, Ints]:
        """Alice's and Bob's persons at places of the tile's result; where blocks are paired, their places in all
        blocks, one after the other."""
        side = self.parameters.side
        i, j = self.first(tile)
        if self.paired:
            return i * side + rows, (i + rows // side) * side + columns
        return i * side + rows, j * side + columns
