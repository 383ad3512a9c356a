"""Bob: the unit that asks the dealer for each tile, and whose masks meet the other's masked records."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.blinded_broker.compare import NONE, compare_digits, merge_digits
from protocols.blinded_broker.messages import (
    AliceResult,
    AliceShare,
    Ask,
    BobOpening,
    BobShare,
    Corrections,
    Hello,
    Records,
    Scores,
    Seed,
)
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER
from protocols.blinded_broker.randomness import split
from protocols.blinded_broker.unit import Unit
from protocols.primitives.planes import Planes, Shorts, add, spread
from protocols.primitives.product import COLUMNS, ROWS, multiply, panels
from protocols.role import Send, Table


class Bob(Unit):
    """Bob's role."""

    NAME = BOB
    PEER = ALICE

    def start(self) -> list[Send]:
        """Step 4, for as many tiles as the window holds."""
        self._left: dict[int, Shorts] = {}
        self._right: dict[int, Shorts] = {}
        self._asked = self._next_tile
        self._next_share = self._next_result = self._next_tile
        self._waiting: dict[int, dict[str, Planes]] = {}
        return [send for _ in range(self.parameters.window) for send in self._ask()]

    def _ask(self) -> list[Send]:
        if self._asked == self.tiles():
            return []
        self._asked += 1
        return [Send(DEALER, Ask(tile=self._asked - 1))]

    def on_corrections(self, message: Corrections) -> list[Send]:
        """Steps 5 and 6."""
        tile, rule, circuit = message.tile, self.parameters.rule, self.parameters.circuit
        if tile != self._next_tile or tile >= self._asked:
            self.fail(DEALER, "5", "C10", "a tile that was not asked for, or came before")
        self._next_tile += 1
        counts = (rule.z_bits, len(circuit.digits), len(circuit.merge))
        planes = self.checked_planes(message.planes, tile, sum(counts), "5")
        v, digits, merge = split(planes, *counts)
        masks = self._random.tile_masks(tile, planes.shape[1])
        share = add(self._summand(tile), v)
        self._waiting[tile] = {**masks, "digits": digits, "merge": merge, "share": share}
        return [Send(ALICE, BobShare(tile=tile, planes=share.reshape(-1)))]

    def _summand(self, tile: int) -> Planes:
        """- scale * <E, R> - cost(y), as planes."""
        i, j, height, width = self.shape(tile)
        rule = self.parameters.rule
        if i not in self._left:
            self._left = {i: panels(self._blocks[i], ROWS)}
        if j not in self._right:
            self._right[j] = panels(self._random.record_masks(j, width), COLUMNS)
        products = multiply(self._left[i], self._right[j], (height, self.parameters.bits, width))
        costs = np.ones(width, np.uint32)
        start = j * self.parameters.side
        weights = self._weights[start : start + self.parameters.side]
        costs[: len(weights)] = rule.costs(weights, 1)
        minus = (1 << rule.z_bits) - rule.scale
        return spread(products, minus, np.zeros(height, np.uint32), costs, rule.z_bits)

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
        shown[-1] = own
        told = values if self.parameters.reveal == BOB else shown
        sends = [Send(ALICE, BobOpening(tile=tile, planes=told.reshape(-1))), *self._ask()]
        if self.parameters.reveal == ALICE:
            del self._waiting[tile]
            return sends + (self.close() if self._next_share == self.tiles() else [])
        return sends

    def on_result(self, message: AliceResult) -> list[Send]:
        """Step 9."""
        tile = message.tile
        if tile != self._next_result or tile >= self._next_share:
            self.fail(ALICE, "9", "C9", "a tile came twice or out of order")
        self._next_result += 1
        kept = self._waiting.pop(tile)
        (theirs,) = self.checked_planes(message.planes, tile, 1, "9")
        self.count(tile, kept["own"] ^ theirs, kept["total"], kept["r"], "9")
        return self.close() if self._next_result == self.tiles() else []

    TABLE: ClassVar[Table] = {
        ("greeting", ALICE, Hello): Unit.on_hello,
        ("greeting", DEALER, Seed): Unit.on_seed,
        ("greeted", DEALER, Seed): Unit.on_seed,
        ("greeted", ALICE, Records): Unit.on_records,
        ("seeded", ALICE, Hello): Unit.on_hello,
        ("sharing", ALICE, Records): Unit.on_records,
        ("tiles", DEALER, Corrections): on_corrections,
        ("tiles", ALICE, AliceShare): on_share,
        ("tiles", ALICE, AliceResult): on_result,
        ("scores", ALICE, Scores): Unit.on_scores,
    }
