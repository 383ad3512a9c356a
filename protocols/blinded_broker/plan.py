"""Plan: which blocks of rows meet in which tile (SPEC.md, "Blocks and tiles")."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

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
        """All that it sends: times its variants where each has blocks of its own, and for each tile anew where tiles
        have their own masks."""
        if self.paired:
            return self.parameters.pairs
        return (self.tiles if self.by_tile else self.blocks(name)) * self.parameters.variants(name)

    @property
    def paired(self) -> bool:
        """Whether a filling says which rows are in which block."""
        return self.parameters.layout == PAIRED

    @property
    def by_tile(self) -> bool:
        """Whether records are sent for each tile: then block n is not the n-th of a unit's persons."""
        return self.parameters.by_tile

    def blocks_of(self, name: str, tile: int) -> range:
        """Where records are sent for each tile: a unit's blocks of one."""
        each = self.parameters.blocks_a_tile(name)
        blocks = range(tile * each, (tile + 1) * each)
        return blocks[: max(0, self.parameters.pairs - blocks.start)] if self.paired else blocks

    def tile_of(self, name: str, block: int) -> int:
        """Where records are sent for each tile: a block's."""
        return block // self.parameters.blocks_a_tile(name)

    def place(self, name: str, block: int) -> tuple[int, int]:
        """Which variant a block of a unit is of, and of its persons' blocks which; not where blocks are paired."""
        if not self.by_tile:
            return divmod(block, self.blocks(name))
        tile, variant = divmod(block, self.parameters.variants(name))
        return variant, self._cell(tile)[name == BOB]

    def block_width(self, name: str, block: int) -> int:
        """Columns of a block: its rows, filled up to a multiple of 64."""
        which = 0 if self.paired else self.place(name, block)[1]
        return self.parameters.width(self.persons[name], which)

    @property
    def tiles(self) -> int:
        """Tiles of the whole run."""
        if self.paired:
            return -(-self.parameters.pairs // self.parameters.batch)
        return self.blocks(ALICE) * self.blocks(BOB)

    def tables(self, tile: int) -> list[tuple[int, int]]:
        """The blocks, Alice's and Bob's, whose tables lie one below the other in a tile."""
        if self.paired:
            return [(block, block) for block in self.blocks_of(ALICE, tile)]
        if self.by_tile:
            return list(product(self.blocks_of(ALICE, tile), self.blocks_of(BOB, tile)))
        i, j = self._cell(tile)
        return [
            (a * self.blocks(ALICE) + i, b * self.blocks(BOB) + j)
            for a in range(self.parameters.alice_variants)
            for b in range(self.parameters.bob_variants)
        ]

    def _cell(self, tile: int) -> tuple[int, int]:
        """Alice's and Bob's block of persons that meet in a tile, where blocks are not paired."""
        i, j = divmod(tile, self.blocks(BOB))
        return i, j

    def count(self, tile: int) -> int:
        """How many tables a tile has."""
        return len(self.blocks_of(ALICE, tile)) if self.paired else self.parameters.pairings

    def first(self, tile: int) -> tuple[int, int]:
        """Alice's and Bob's block of persons in its first table; where blocks are paired, their number."""
        if self.paired:
            return tile * self.parameters.batch, tile * self.parameters.batch
        return self._cell(tile)

    def shape(self, tile: int) -> tuple[int, int]:
        """Height and width of each of the tile's tables."""
        i, j = self.first(tile)
        return self.parameters.height(self.persons[ALICE], i), self.block_width(BOB, j)

    def words(self, tile: int) -> int:
        """Words of a plane of the tile."""
        height, width = self.shape(tile)
        return self.count(tile) * height * width // 64

    def persons_at(self, tile: int, rows: Ints, columns: Ints) -> tuple[Ints, Ints]:
        """Alice's and Bob's persons, (n,) each, at places of the tile's result; where blocks are paired, their places
        in all blocks, one after the other. rows, columns: (n,)."""
        side = self.parameters.side
        i, j = self.first(tile)
        if self.paired:
            return i * side + rows, (i + rows // side) * side + columns
        return i * side + rows, j * side + columns
