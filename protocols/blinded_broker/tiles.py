"""Tiles: what a unit keeps of tiles that are under way, and how pairs of variants become persons (SPEC.md, step 11)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from protocols.blinded_broker.circuit import levels
from protocols.blinded_broker.compare import multiply_groups
from protocols.blinded_broker.messages import Misses
from protocols.blinded_broker.parameters import ALICE
from protocols.blinded_broker.randomness import split
from protocols.blinded_broker.unit import NO_PLANES, Unit
from protocols.primitives.planes import Planes
from protocols.role import Send


class Opening:
    """A unit's shares of a tile's misses, multiplied level by level; each level is opened behind masks."""

    def __init__(self, misses: Planes, masks: Planes, dealt: Planes, one: np.uint64, due: int) -> None:
        """misses: (g, words), our shares, a plane a pair of variants. masks: ours, of all levels' values; dealt: our
        shares of the products of both units' masks, of all levels. due: number of the peer's first message."""
        self.levels = levels(len(misses))
        self.due = due
        self._masks = split(masks, *(level.values for level in self.levels))
        self._dealt = split(dealt, *(level.dealt for level in self.levels))
        self._values = misses
        self._one = one
        self._at = 0

    @property
    def told(self) -> Planes:
        """What the peer gets of the level that is due: our masked shares; behind the last, our share of the result."""
        behind = self._at == len(self.levels)
        return self._values ^ (self._one if behind else self._masks[self._at])

    def open(self, theirs: Planes) -> None:
        """Go a level on. theirs: what the peer told of the one that is due."""
        masks, dealt = self._masks[self._at], self._dealt[self._at]
        self._values = multiply_groups(self.levels[self._at], self.told ^ theirs, masks, dealt, self._one)
        self._at += 1


class Tiles(Unit):
    """A unit's role, but for the comparison itself."""

    def __init__(self, **given: Any) -> None:
        """As `Unit`."""
        super().__init__(**given)
        self._waiting: dict[int, dict[str, Planes]] = {}
        self._openings: dict[int, Opening] = {}
        self._following = Counter[int]()

    def keep_tile(self, tile: int, kept: dict[str, Planes], step: str) -> None:
        """Until the peer's next message of it. A peer that ends no tiles cannot make us keep more and more of them."""
        if len(self._waiting) + len(self._openings) >= self.parameters.unended:
            self.fail(self.PEER, step, "C9", "a tile is begun, and too many before it are not ended")
        self._waiting[tile] = kept

    def miss(self, tile: int, result: Planes, kept: dict[str, Planes], one: np.uint64) -> Planes:
        """Step 8: what the peer gets of the tile's first level. result: our shares of the results of pairs of variants.

        kept: masks of all levels (`any`) and shares of their products (`all`).
        """
        misses = (result ^ one).reshape(self.parameters.pairings, -1)
        self._openings[tile] = Opening(misses, kept["any"], kept["all"], one, int(self.NAME != ALICE))
        return self._openings[tile].told

    def on_misses(self, message: Misses) -> list[Send]:
        """Step 11."""
        tile, number = message.tile, message.number
        if tile not in self._openings or number != self._openings[tile].due:
            self.fail(self.PEER, "11", "C9", "a level came twice or out of order")
        return self.answer(tile, number, message.planes, "11")

    def answer(self, tile: int, number: int, planes: Planes, step: str) -> list[Send]:
        """What follows from the peer's message `number` of a tile: it tells of the levels `number` and `number + 1`."""
        if tile != self.parameters.first_tile + self._following[number]:
            self.fail(self.PEER, step, "C9", "a tile came twice or out of order")
        self._following[number] += 1
        opening = self._openings[tile]
        opening.due += 2
        counts = [self._planes_for(self.NAME, level) for level in (number, number + 1)]
        here, behind = split(self.of_persons(planes, tile, sum(counts), step), *counts)
        last = len(opening.levels)
        if 0 < number <= last:
            opening.open(here)
        if number < last:
            return self._tell(tile, number + 1, behind)
        if counts[1] or number > last:
            self.count(tile, opening.told ^ (here if number > last else behind), NO_PLANES, NO_PLANES, step)
        del self._openings[tile]
        more = number == last and self._planes_for(self.PEER, number + 1)
        sends = [self._misses(tile, number + 1, opening.told)] if more else []
        return sends + self.finish(tile)

    def _tell(self, tile: int, number: int, theirs: Planes) -> list[Send]:
        """Our message `number` of a tile that has more levels. theirs: what the peer told of that one."""
        opening = self._openings[tile]
        mine = opening.told
        opening.open(theirs)
        after = opening.told[: self._planes_for(self.PEER, number + 1)]
        sends = [self._misses(tile, number, np.concatenate((mine, after)))]
        if number < len(opening.levels) or self._planes_for(self.NAME, number + 1):
            return sends
        del self._openings[tile]
        return sends + self.finish(tile)

    def _planes_for(self, reader: str, level: int) -> int:
        """Planes of persons that a unit is told of a level: a value each; behind the last, one if it learns hits."""
        count = len(self.parameters.levels)
        if 0 < level <= count:
            return self.parameters.levels[level - 1].values
        return int(level == count + 1 and self.parameters.reveal in ("both", reader))

    def _misses(self, tile: int, number: int, planes: Planes) -> Send:
        return Send(self.PEER, Misses(tile=tile, number=number, planes=planes.reshape(-1)))
