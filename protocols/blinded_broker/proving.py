"""Proving: what Alice's and Bob's roles share where the dealer proves that it deals right: most of the sets that it
dealt for a tile are opened and done again, and the one that is left is used (SPEC.md, "The dealer's proof")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.blinded_broker.messages import Sets
from protocols.blinded_broker.parameters import BOB, DEALER
from protocols.blinded_broker.randomness import UnitRandomness
from protocols.blinded_broker.sets import (
    CORRECTIONS,
    PLACES,
    WORDS_OF_MARKS,
    WORDS_OF_SEED,
    Words,
    dealt,
    joined_words,
    mark,
    marks_of,
    number,
    randomness,
    set_seed,
    sets_digest,
    split_words,
)
from protocols.blinded_broker.tiles import Tiles
from protocols.primitives.hashing import derive
from protocols.primitives.planes import Planes
from protocols.role import Send


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The set that a tile uses."""

    which: int
    seed: bytes
    """Ours. Secret, as all masks of the tile grow from it."""
    random: UnitRandomness
    corrections: bytes
    """The mark of the corrections."""

    def __repr__(self) -> str:
        return f"Drawn({self.which})"


class Proving(Tiles):
    """A unit's role, but for what Alice and Bob do otherwise."""

    def __init__(self, **given: Any) -> None:
        """As `Unit`."""
        super().__init__(**given)
        self._next_sets = self._next_coin = self.parameters.first_tile
        self._sets: dict[int, Sets] = {}
        self._drawn: dict[int, Drawn] = {}

    def wants_sets(self, tile: int) -> bool:
        """Whether the dealer may tell of a tile's sets now."""
        raise NotImplementedError

    def took_sets(self, tile: int) -> list[Send]:
        """What is sent when it did."""
        raise NotImplementedError

    def on_sets(self, message: Sets) -> list[Send]:
        """Step 4b."""
        tile = message.tile
        if tile != self._next_sets or not self.wants_sets(tile):
            self.fail(DEALER, "4b", "C10", "sets of a tile that was not asked for, or came before")
        if len(message.marks) != WORDS_OF_MARKS * self.parameters.sets:
            self.fail(DEALER, "4b", "C17", "marks of another number of sets than agreed")
        self._next_sets += 1
        for which, marks in enumerate(marks_of(message.marks)):
            if marks[PLACES[self.NAME]] != mark(self._seed_of(tile, which), tile, which):
                self.fail(DEALER, "4b", "C17", "a set's mark is not of the seed that we were given")
        self._sets[tile] = message
        return self.took_sets(tile)

    def _seed_of(self, tile: int, which: int) -> bytes:
        """Our own seed of a set."""
        return set_seed(self.given, self.NAME, self.bound, tile, which)

    def told_sets(self, tile: int) -> bytes:
        """The digest of what the dealer told us of a tile's sets."""
        return sets_digest(tile, self._sets[tile].marks)

    def nonce(self, tile: int) -> bytes:
        """Our half of a tile's coin; secret until it is told."""
        return derive(self._seed, f"blinded_broker {self.NAME} coin", self.bound + number(tile))

    def same_sets(self, tile: int, told: bytes, step: str) -> None:
        """Check C18."""
        if told != self.told_sets(tile):
            self.fail(self.PEER, step, "C18", "the dealer told it of other sets than us, or so it says")

    def opened(self, tile: int, which: int) -> Words:
        """Our seeds of all sets but the one that is used: (WORDS_OF_SEED * (sets - 1),)."""
        return joined_words([self._seed_of(tile, other) for other in self._others(which)])

    def _others(self, which: int) -> list[int]:
        return [other for other in range(self.parameters.sets) if other != which]

    def use(self, tile: int, which: int, seeds: Words, step: str) -> None:
        """Do the opened sets of a tile again, and keep the drawn one. seeds: the peer's of the opened ones."""
        if len(seeds) != WORDS_OF_SEED * (self.parameters.sets - 1):
            self.fail(self.PEER, step, "C20", "seeds of another number of sets")
        marks = marks_of(self._sets.pop(tile).marks)
        for other, theirs in zip(self._others(which), split_words(seeds, WORDS_OF_SEED), strict=True):
            if mark(theirs, tile, other) != marks[other][PLACES[self.PEER]]:
                self.fail(self.PEER, step, "C20", "a seed is not the one that the dealer marked")
            both = {self.NAME: self._seed_of(tile, other), self.PEER: theirs}
            planes = dealt(self.plan, tile, both, self.bound)
            if mark(both[BOB], tile, other, planes) != marks[other][CORRECTIONS]:
                self.fail(DEALER, "4b", "C21", f"set {other} of tile {tile} was dealt wrong")
        seed = self._seed_of(tile, which)
        self._drawn[tile] = Drawn(
            which=which,
            seed=seed,
            random=randomness(self.plan, self.NAME, seed, self.bound),
            corrections=marks[which][CORRECTIONS],
        )

    def random_of(self, tile: int) -> UnitRandomness:
        """What masks a tile: with sets, what grows from the drawn one."""
        return self._drawn[tile].random if self.parameters.proven else super().random_of(tile)

    def tile_masks(self, tile: int, words: int) -> dict[str, Planes]:
        """A tile's masks, once; then its set is forgotten."""
        masks = self.random_of(tile).tile_masks(tile, words)
        self._drawn.pop(tile, None)
        return masks
