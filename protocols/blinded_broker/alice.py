"""Alice: the unit whose rows meet the other's masked records as bits."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.blinded_broker.compare import ONES, compare_digits, merge_digits
from protocols.blinded_broker.messages import (
    AliceResult,
    AliceShare,
    Answer,
    BobOpening,
    BobShare,
    Coin,
    Hello,
    Misses,
    Names,
    Opened,
    Places,
    Records,
    Scores,
    Seed,
    Sets,
    Toss,
)
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER
from protocols.blinded_broker.proving import Proving
from protocols.blinded_broker.randomness import split
from protocols.blinded_broker.sets import drawn, number
from protocols.blinded_broker.tiles import Tiles
from protocols.blinded_broker.unit import Unit
from protocols.primitives.hashing import commit
from protocols.primitives.planes import Planes, add, spread
from protocols.primitives.product import multiply_bits
from protocols.role import Send, Table


class Alice(Proving):
    """Alice's role."""

    NAME = ALICE
    PEER = BOB

    def start(self) -> list[Send]:
        """Bob speaks first."""
        self._next_opening = self._next_answer = self._next_tile
        self._masked_tiles = self._tossed = self._next_tile
        self._answers: dict[int, Answer] = {}
        return [send for _ in range(self.parameters.window) for send in self._next_begun()]

    def _next_begun(self) -> list[Send]:
        """What begins one more tile where records are sent for each: step 4a with sets, else step 3."""
        if self.parameters.proven:
            return self._toss()
        return self._next_masked() if self.plan.paired else []

    def _toss(self) -> list[Send]:
        tile = self._tossed
        if tile == self.plan.tiles:
            return []
        self._tossed += 1
        return [Send(BOB, Toss(tile=tile, commitment=commit(self.nonce(tile), number(tile))))]

    def _next_masked(self) -> list[Send]:
        """Step 3, where records are sent for each tile: those of one more."""
        if self._masked_tiles == self.plan.tiles:
            return []
        self._masked_tiles += 1
        return self.masked(self.plan.blocks_of(ALICE, self._masked_tiles - 1))

    def due(self, block: int) -> bool:
        """Bob answers tile by tile."""
        return not self.plan.by_tile or self.plan.tile_of(BOB, block) < self._masked_tiles

    def wants_sets(self, tile: int) -> bool:
        """Of tiles whose coins we committed to."""
        return tile < self._tossed

    def took_sets(self, tile: int) -> list[Send]:
        """Bob may have had his sooner, and answered."""
        return self._coin(tile) if tile in self._answers else []

    def on_answer(self, message: Answer) -> list[Send]:
        """Step 4c."""
        tile = message.tile
        if tile != self._next_answer or tile >= self._tossed:
            self.fail(BOB, "4c", "C9", "a tile came twice or out of order")
        self._next_answer += 1
        self._answers[tile] = message
        return self._coin(tile) if tile in self._sets else []

    def _coin(self, tile: int) -> list[Send]:
        """Step 4d."""
        answer, told = self._answers[tile], self.told_sets(tile)
        self.same_sets(tile, answer.sets, "4c")
        seeds = self.opened(tile, self._draw(tile))
        return [Send(BOB, Coin(tile=tile, sets=told, nonce=self.nonce(tile), seeds=seeds))]

    def _draw(self, tile: int) -> int:
        nonces = {ALICE: self.nonce(tile), BOB: self._answers[tile].nonce}
        return drawn(self.bound, tile, nonces, self.parameters.sets)

    def on_opened(self, message: Opened) -> list[Send]:
        """Step 4e, and step 3 of that tile."""
        tile = message.tile
        if tile != self._next_coin or tile not in self._answers or tile not in self._sets:
            self.fail(BOB, "4e", "C9", "a tile came twice or out of order")
        self._next_coin += 1
        which = self._draw(tile)
        del self._answers[tile]
        self.use(tile, which, message.seeds, "4e")
        return self._next_masked()

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
        masks = self.tile_masks(tile, theirs.shape[1])
        planes = np.empty((z_bits + circuit.opened, theirs.shape[1]), np.uint64)
        share, values = split(planes, z_bits, circuit.opened)
        add(self._summand(tile), masks["u"], share)
        total = add(share, theirs)
        last = compare_digits(total, masks["r"], masks["digits"], ONES, circuit, values)
        values ^= masks["m"]
        top = ONES ^ total[-1] ^ masks["r"][-1]
        kept = {**masks, "total": total, "values": values, "last": last, "top": top}
        self.keep_tile(tile, kept, "6")
        return [Send(BOB, AliceShare(tile=tile, planes=planes.reshape(-1))), *self._next_begun()]

    def _have(self, tile: int) -> bool:
        """Whether Bob's records of a tile are here."""
        return all(block in self._blocks for _, block in self.plan.tables(tile))

    def _summand(self, tile: int) -> Planes:
        """scale * <x, F> - cost(x), as planes."""
        rule, nothing = self.parameters.rule, np.zeros(self.plan.shape(tile)[1], np.uint32)

        def of(block: int, other: int) -> Planes:
            products = multiply_bits(self.part(block), self._blocks[other])
            costs = rule.costs(self.part_weights(block), 0)
            return spread(products, rule.scale, costs, nothing, rule.z_bits)

        found = self.for_tables(tile, of)
        self.forget(tile)
        return found

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
        ("tiles", DEALER, Sets): Proving.on_sets,
        ("tiles", BOB, Answer): on_answer,
        ("tiles", BOB, Opened): on_opened,
        ("tiles", BOB, BobShare): on_share,
        ("tiles", BOB, BobOpening): on_opening,
        ("tiles", BOB, Misses): Tiles.on_misses,
        ("names", BOB, Names): Unit.on_names,
        ("scores", BOB, Scores): Unit.on_scores,
    }
