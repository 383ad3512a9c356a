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
    Records,
    Scores,
    Seed,
)
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER
from protocols.blinded_broker.randomness import split
from protocols.blinded_broker.unit import Unit
from protocols.primitives.planes import Planes, add, spread
from protocols.primitives.product import multiply_bits
from protocols.role import Send, Table


class Alice(Unit):
    """Alice's role."""

    NAME = ALICE
    PEER = BOB

    def start(self) -> list[Send]:
        """Bob speaks first."""
        self._waiting: dict[int, dict[str, Planes]] = {}
        self._next_opening = self._next_tile
        return []

    def on_share(self, message: BobShare) -> list[Send]:
        """Steps 6 and 7."""
        tile = message.tile
        if tile != self._next_tile or tile >= self.tiles():
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
        self._waiting[tile] = {**masks, "total": total, "values": values, "last": last, "top": top}
        return [Send(BOB, AliceShare(tile=tile, planes=planes.reshape(-1)))]

    def _summand(self, tile: int) -> Planes:
        """scale * <x, F> - cost(x), as planes."""
        i, j, height, width = self.shape(tile)
        start = i * self.parameters.side
        own = slice(start, start + height)
        rule = self.parameters.rule
        products = multiply_bits(self._data[own], self._blocks[j])
        nothing = np.zeros(width, np.uint32)
        return spread(products, rule.scale, rule.costs(self._weights[own], 0), nothing, rule.z_bits)

    def on_opening(self, message: BobOpening) -> list[Send]:
        """Steps 8 and 9."""
        tile = message.tile
        if tile != self._next_opening or tile not in self._waiting:
            self.fail(BOB, "8", "C9", "a tile came twice or out of order")
        self._next_opening += 1
        kept, circuit, reveal = self._waiting.pop(tile), self.parameters.circuit, self.parameters.reveal
        learn = int(reveal != BOB)
        theirs = self.checked_planes(message.planes, tile, circuit.opened + learn, "8")
        opening, result = split(theirs, circuit.opened, learn)
        opened = kept["values"] ^ opening
        own = merge_digits(opened, kept["m"], kept["merge"], ONES, kept["last"], kept["top"])
        if learn:
            self.count(tile, own ^ result[0], kept["total"], kept["r"], "8")
        sends = [] if reveal == ALICE else [Send(BOB, AliceResult(tile=tile, planes=own))]
        return sends + (self.close() if self._next_opening == self.tiles() else [])

    TABLE: ClassVar[Table] = {
        ("greeting", BOB, Hello): Unit.on_hello,
        ("greeting", DEALER, Seed): Unit.on_seed,
        ("greeted", DEALER, Seed): Unit.on_seed,
        ("greeted", BOB, Records): Unit.on_records,
        ("seeded", BOB, Hello): Unit.on_hello,
        ("sharing", BOB, Records): Unit.on_records,
        ("tiles", BOB, BobShare): on_share,
        ("tiles", BOB, BobOpening): on_opening,
        ("scores", BOB, Scores): Unit.on_scores,
    }
