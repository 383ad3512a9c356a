"""Bob: the unit that asks the dealer for each tile, and whose masks meet the other's masked records."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.blinded_broker.compare import NONE, compare_digits, merge_digits
from protocols.blinded_broker.messages import (
    AliceResult,
    AliceShare,
    Answer,
    Ask,
    BobOpening,
    BobShare,
    Choice,
    Coin,
    Corrections,
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
from protocols.blinded_broker.sets import drawn, mark, number
from protocols.blinded_broker.tiles import Tiles
from protocols.blinded_broker.unit import Unit
from protocols.primitives.hashing import commit
from protocols.primitives.planes import Planes, Shorts, add, spread
from protocols.primitives.product import COLUMNS, ROWS, multiply, panels
from protocols.role import Send, Table


class Bob(Proving):
    """Bob's role."""

    NAME = BOB
    PEER = ALICE

    def opening(self) -> list[Send]:
        """Step 1."""
        self._right: dict[int, Shorts] = {}
        self._left: dict[int, Shorts] = {}
        self._tosses: dict[int, bytes] = {}
        self._asked = self._next_toss = self._next_choice = self._next_tile
        self._next_share = self._next_result = self._next_tile
        return super().opening()

    def start(self) -> list[Send]:
        """Step 4, for as many tiles as the window holds."""
        if self.parameters.proven:
            return self._ask_tossed()
        if self.plan.paired:
            return []
        return [send for _ in range(self.parameters.window) for send in self._ask()]

    def due(self, block: int) -> bool:
        """Alice sends the records of one more tile after each share of hers; with sets, when they are opened."""
        if not self.plan.by_tile:
            return True
        tile = self.plan.tile_of(ALICE, block)
        ahead = self._next_share + self.parameters.window
        return tile < (self._next_coin if self.parameters.proven else ahead)

    def took(self, block: int) -> list[Send]:
        """Steps 3 and 4, or with sets 4f, where records are sent for each tile: with the last block of one."""
        tile = self.plan.tile_of(ALICE, block)
        if block != self.plan.blocks_of(ALICE, tile)[-1]:
            return []
        return self.masked(self.plan.blocks_of(BOB, tile)) + (
            self._choose(tile) if self.parameters.proven else self._ask()
        )

    def _choose(self, tile: int) -> list[Send]:
        self._next_choice += 1
        return [Send(DEALER, Choice(tile=tile, which=self._drawn[tile].which))]

    def on_toss(self, message: Toss) -> list[Send]:
        """Steps 4a and 4."""
        tile, ahead = message.tile, self._next_share + self.parameters.window
        fits = self.parameters.proven and tile < min(ahead, self.plan.tiles)
        if tile != self._next_toss or not fits:
            self.fail(ALICE, "4a", "C9", "a tile came twice, out of order or too early")
        self._next_toss += 1
        self._tosses[tile] = message.commitment
        return self._ask_tossed() if self.state == "tiles" else []

    def _ask_tossed(self) -> list[Send]:
        return [send for _ in range(self._asked, self._next_toss) for send in self._ask()]

    def wants_sets(self, tile: int) -> bool:
        """Of tiles that we asked for."""
        return tile < self._asked

    def took_sets(self, tile: int) -> list[Send]:
        """Step 4c: Alice is bound to her half of the coin, and the dealer to its sets."""
        return [Send(ALICE, Answer(tile=tile, sets=self.told_sets(tile), nonce=self.nonce(tile)))]

    def on_coin(self, message: Coin) -> list[Send]:
        """Steps 4d and 4e."""
        tile = message.tile
        if tile != self._next_coin or tile not in self._sets:
            self.fail(ALICE, "4d", "C9", "a tile came twice or out of order")
        self._next_coin += 1
        self.same_sets(tile, message.sets, "4d")
        if self._tosses.pop(tile) != commit(message.nonce, number(tile)):
            self.fail(ALICE, "4d", "C19", "half a coin is not the one that was committed to")
        nonces = {ALICE: message.nonce, BOB: self.nonce(tile)}
        which = drawn(self.bound, tile, nonces, self.parameters.sets)
        self.use(tile, which, message.seeds, "4d")
        return [Send(ALICE, Opened(tile=tile, seeds=self.opened(tile, which)))]

    def _ask(self) -> list[Send]:
        if self._asked == self.plan.tiles:
            return []
        self._asked += 1
        return [Send(DEALER, Ask(tile=self._asked - 1))]

    def on_corrections(self, message: Corrections) -> list[Send]:
        """Steps 5 and 6."""
        tile, rule, circuit = message.tile, self.parameters.rule, self.parameters.circuit
        due = self._next_choice if self.parameters.proven else self._asked
        if tile != self._next_tile or tile >= due:
            self.fail(DEALER, "5", "C10", "a tile that was not asked for, or came before")
        self._next_tile += 1
        counts = (rule.z_bits, len(circuit.digits), len(circuit.merge))
        extra = self.parameters.alike
        planes = self.checked_planes(message.planes, tile, sum(counts), "5", extra)
        if self.parameters.proven:
            self._check_marked(tile, message.planes)
        v, digits, merge = split(planes, *counts)
        alike = message.planes[planes.size :].reshape(extra, planes.shape[1] // self.parameters.pairings)
        masks = self.tile_masks(tile, planes.shape[1])
        share = add(self._summand(tile), v)
        kept = {**masks, "digits": digits, "merge": merge, "share": share, "all": alike}
        self.keep_tile(tile, kept, "5")
        return [Send(ALICE, BobShare(tile=tile, planes=share.reshape(-1)))]

    def _check_marked(self, tile: int, planes: Planes) -> None:
        """Check C22."""
        used = self._drawn[tile]
        if mark(used.seed, tile, used.which, planes) != used.corrections:
            self.fail(DEALER, "5", "C22", "corrections are not those that were marked")

    def _summand(self, tile: int) -> Planes:
        """- scale * <E, R> - cost(y), as planes."""
        height, width = self.plan.shape(tile)
        rule, nothing = self.parameters.rule, np.zeros(height, np.uint32)
        minus = (1 << rule.z_bits) - rule.scale
        tables = self.plan.tables(tile)

        def of(other: int, block: int) -> Planes:
            left, right = self._panels(other, block, len(tables))
            products = multiply(left, right, (height, self.parameters.bits, width))
            costs = np.ones(width, np.uint32)
            weights = self.part_weights(block)
            costs[: len(weights)] = rule.costs(weights, 1)
            return spread(products, minus, nothing, costs, rule.z_bits)

        found = self.for_tables(tile, of)
        self.forget(tile)
        return found

    def forget(self, tile: int) -> None:
        """The same of panels."""
        super().forget(tile)
        if self.plan.by_tile:
            self._left.clear()
            for block in self.plan.blocks_of(BOB, tile):
                self._right.pop(block, None)

    def _panels(self, other: int, block: int, most: int) -> tuple[Shorts, Shorts]:
        if self.plan.paired:
            return panels(self._blocks.pop(other), ROWS), self._right.pop(block)
        return self._left_panels(other, most), self._right[block]

    def _left_panels(self, block: int, most: int) -> Shorts:
        """Panels of Alice's masked records, kept for one row of tiles, and no more than so many."""
        if block not in self._left:
            if len(self._left) >= most:
                self._left.clear()
            self._left[block] = panels(self._blocks[block], ROWS)
        return self._left[block]

    def keep(self, block: int, masks: Shorts) -> None:
        """Panels of Bob's masks: needed in each row of tiles, or once where blocks are paired."""
        self._right[block] = panels(masks, COLUMNS)

    def on_share(self, message: AliceShare) -> list[Send]:
        """Steps 7 and 8."""
        tile, rule, circuit = message.tile, self.parameters.rule, self.parameters.circuit
        if tile != self._next_share or tile not in self._waiting:
            self.fail(ALICE, "7", "C9", "a tile came twice or out of order")
        self._next_share += 1
        kept = self._waiting[tile]
        planes = self.checked_planes(message.planes, tile, rule.z_bits + circuit.opened, "7")
        theirs, opening = split(planes, rule.z_bits, circuit.opened)
        total = add(kept.pop("share"), theirs)
        shown = np.empty((circuit.opened + 1, total.shape[1]), np.uint64)
        values = shown[:-1]
        last = compare_digits(total, kept["r"], kept.pop("digits"), NONE, circuit, values)
        values ^= kept["m"]
        own = merge_digits(values ^ opening, kept["m"], kept.pop("merge"), NONE, last, kept["r"][-1])
        kept.update(total=total, own=own)
        several = self.parameters.pairings > 1
        shown[-1] = self.miss(tile, own, kept, NONE).reshape(-1) if several else own
        told = values if self.parameters.reveal == BOB and not several else shown
        sends = [Send(ALICE, BobOpening(tile=tile, planes=told.reshape(-1)))]
        sends += [] if self.plan.by_tile else self._ask()
        if several or self.parameters.reveal == ALICE:
            del self._waiting[tile]
        return sends if several or self.parameters.reveal != ALICE else sends + self.finish(tile)

    def on_result(self, message: AliceResult) -> list[Send]:
        """Step 9."""
        tile = message.tile
        if tile != self._next_result or "own" not in self._waiting.get(tile, ()):
            self.fail(ALICE, "9", "C9", "a tile came twice or out of order")
        self._next_result += 1
        kept = self._waiting.pop(tile)
        (theirs,) = self.checked_planes(message.planes, tile, 1, "9")
        self.count(tile, kept["own"] ^ theirs, kept["total"], kept["r"], "9")
        return self.finish(tile)

    TABLE: ClassVar[Table] = {
        ("greeting", ALICE, Hello): Unit.on_hello,
        ("greeting", DEALER, Seed): Unit.on_seed,
        ("greeted", DEALER, Seed): Unit.on_seed,
        ("greeted", ALICE, Records): Unit.on_records,
        ("greeted", ALICE, Places): Unit.on_places,
        ("greeted", ALICE, Toss): on_toss,
        ("seeded", ALICE, Hello): Unit.on_hello,
        ("placing", ALICE, Places): Unit.on_places,
        ("sharing", ALICE, Records): Unit.on_records,
        ("tiles", ALICE, Records): Unit.on_records,
        ("tiles", ALICE, Toss): on_toss,
        ("tiles", DEALER, Sets): Proving.on_sets,
        ("tiles", ALICE, Coin): on_coin,
        ("tiles", DEALER, Corrections): on_corrections,
        ("tiles", ALICE, AliceShare): on_share,
        ("tiles", ALICE, AliceResult): on_result,
        ("tiles", ALICE, Misses): Tiles.on_misses,
        ("names", ALICE, Names): Unit.on_names,
        ("scores", ALICE, Scores): Unit.on_scores,
    }
