"""Alice: the unit whose rows meet the other's masked records as bits."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.blinded_broker.compare import ONES, compare_digits, merge_digits
from protocols.blinded_broker.messages import (
    AliceResult,
    AliceShare,
    BobOpening,
    BobShare,
    Hello,
    Misses,
    Names,
    Places,
    Records,
    Scores,
    Seed,
)
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER
from protocols.blinded_broker.randomness import split
from protocols.blinded_broker.tiles import Tiles
from protocols.blinded_broker.unit import Unit
from protocols.primitives.planes import Planes, add, spread
from protocols.primitives.product import multiply_bits
from protocols.role import Send, Table


class Alice(Tiles):
    """Alice's role."""

    NAME = ALICE
    PEER = BOB

    def start(self) -> list[Send]:
        """Bob speaks first."""
        self._next_opening = self._next_tile
        self._masked_tiles = self._next_tile
        return [send for _ in range(self.parameters.window) for send in self._next_masked()]

    def _next_masked(self) -> list[Send]:
        """Step 3, where blocks are paired: the records of one more tile."""
        if not self.plan.paired or self._masked_tiles == self.plan.tiles:
            return []
        self._masked_tiles += 1
        return self.masked(self.plan.blocks_of(self._masked_tiles - 1))

    def due(self, block: int) -> bool:
        """Bob answers tile by tile."""
        return not self.plan.paired or block // self.parameters.batch < self._masked_tiles

    def took(self, _: int) -> list[Send]:
        """Bob's share follows."""
        return []

    def on_share(self, message: BobShare) -> list[Send]:
        """Steps 6 and 7."""
        tile = message.tile
        if tile != self._next_tile or tile >= self.plan.tiles or not self._have(tile):
            self.fail(BOB, "6", "C9", "a tile came twice or out of order")
        self._next_tile += 1
        z_bits, circuit = self.parameters.rule.z_bits, self.parameters.circuit
        theirs = self.checked_planes(message.planes, tile, z_bits, "6")
        masks = self._random.tile_masks(tile, theirs.shape[1])
        planes = np.empty((z_bits + circuit.opened, theirs.shape[1]), np.uint64)
        share, values = split(planes, z_bits, circuit.opened)
        add(self._summand(tile), masks["u"], share)
        total = add(share, theirs)
        last = compare_digits(total, masks["r"], masks["digits"], ONES, circuit, values)
        values ^= masks["m"]
        top = ONES ^ total[-1] ^ masks["r"][-1]
        kept = {**masks, "total": total, "values": values, "last": last, "top": top}
        self.keep_tile(tile, kept, "6")
        return [Send(BOB, AliceShare(tile=tile, planes=planes.reshape(-1))), *self._next_masked()]

    def _have(self, tile: int) -> bool:
        """Whether Bob's records of a tile are here."""
        return all(block in self._blocks for _, block in self.plan.tables(tile))

    def _summand(self, tile: int) -> Planes:
        """scale * <x, F> - cost(x), as planes."""
        rule, nothing = self.parameters.rule, np.zeros(self.plan.shape(tile)[1], np.uint32)

        def of(block: int, other: int) -> Planes:
            theirs = self._blocks.pop(other) if self.plan.paired else self._blocks[other]
            products = multiply_bits(self.part(block), theirs)
            costs = rule.costs(self.part_weights(block), 0)
            return spread(products, rule.scale, costs, nothing, rule.z_bits)

        return self.for_tables(tile, of)

    def on_opening(self, message: BobOpening) -> list[Send]:
        """Steps 8 and 9."""
        tile = message.tile
        if tile != self._next_opening or tile not in self._waiting:
            self.fail(BOB, "8", "C9", "a tile came twice or out of order")
        self._next_opening += 1
        kept, circuit, reveal = self._waiting.pop(tile), self.parameters.circuit, self.parameters.reveal
        more = int(reveal != BOB or self.parameters.pairings > 1)
        theirs = self.checked_planes(message.planes, tile, circuit.opened + more, "8")
        opening, last = split(theirs, circuit.opened, more)
        opened = kept["values"] ^ opening
        own = merge_digits(opened, kept["m"], kept["merge"], ONES, kept["last"], kept["top"])
        if self.parameters.pairings > 1:
            self.miss(tile, own, kept, ONES)
            return self.answer(tile, 0, last[0], "8")
        if reveal != BOB:
            self.count(tile, own ^ last[0], kept["total"], kept["r"], "8")
        sends = [] if reveal == ALICE else [Send(BOB, AliceResult(tile=tile, planes=own))]
        return sends + self.finish(tile)

    TABLE: ClassVar[Table] = {
        ("greeting", BOB, Hello): Unit.on_hello,
        ("greeting", DEALER, Seed): Unit.on_seed,
        ("greeted", DEALER, Seed): Unit.on_seed,
        ("greeted", BOB, Records): Unit.on_records,
        ("greeted", BOB, Places): Unit.on_places,
        ("seeded", BOB, Hello): Unit.on_hello,
        ("placing", BOB, Places): Unit.on_places,
        ("sharing", BOB, Records): Unit.on_records,
        ("tiles", BOB, Records): Unit.on_records,
        ("tiles", BOB, BobShare): on_share,
        ("tiles", BOB, BobOpening): on_opening,
        ("tiles", BOB, Misses): Tiles.on_misses,
        ("names", BOB, Names): Unit.on_names,
        ("scores", BOB, Scores): Unit.on_scores,
    }
