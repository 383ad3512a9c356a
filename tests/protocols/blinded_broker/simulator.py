"""Simulator: makes up what a unit sees, from that unit's own rows and result alone.

It plays everybody else against the real role, which must not notice: it draws every masked value at random
and knows no row of the other unit. What it cannot draw it computes from the role's own frames and the result.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from protocols import wire
from protocols.blinded_broker import Alice, Bob, Parameters
from protocols.blinded_broker.hits import joined
from protocols.blinded_broker.messages import (
    MESSAGES,
    AliceResult,
    AliceShare,
    Answer,
    BobOpening,
    BobShare,
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
from protocols.blinded_broker.sets import dealt, drawn, joined_words, mark, set_seed
from protocols.blinded_broker.sets import number as packed
from protocols.primitives.hashing import commit
from protocols.role import Frame

Hit = tuple[int, int, int, int, int]
"""Alice's row, Bob's row, common bits, both weights; no more than the three last are zeros without scores."""


class World:
    """Everybody but one unit."""

    def __init__(
        self,
        unit: Any,
        parameters: Parameters,
        others: int,
        hits: list[Hit],
        seed: int,
        told: np.ndarray | None = None,
        found: list[tuple[int, int, int, int]] | None = None,
    ) -> None:
        """unit: a class. others: how many rows the other unit has. hits: the unit's result. With paired blocks, what
        else it learns: told, the words of the other unit, and found: the place, Alice's and Bob's, of each opened hit,
        and their persons."""
        self.told, self.found = told, found or []
        self.unit, self.parameters, self.hits = unit, parameters, hits
        self.dice = np.random.default_rng(seed)
        self.me, self.peer = unit.NAME, unit.PEER
        self.others = others
        self.sent = {"dealer": 0, self.peer: 0}
        self.seen: list[tuple[str, bytes]] = []
        self.planes = parameters.rule.z_bits
        self.opened = parameters.circuit.opened
        self.corrections: np.ndarray | None = None

    def words(self, count: int) -> np.ndarray:
        return self.dice.integers(0, 1 << 64, count, dtype=np.uint64)

    def give(self, role: Any, sender: str, message: Any, *, note: bool = True) -> list[Frame]:
        envelope = role._envelope(sender, self.me, self.sent[sender])
        self.sent[sender] += 1
        frame = wire.encode(message, envelope)
        if note:
            self.seen.append((sender, frame[64:-16]))
        return role.receive(sender, frame)

    def read(self, frames: list[Frame], kind: int) -> list[Any]:
        """Messages of a kind among the role's frames, read as their recipient would."""
        found = []
        for frame in frames:
            layout, body = MESSAGES[kind].LAYOUT, frame.data[64:-16]
            if frame.data[46] == kind:
                start = 8 if layout[0][0] == "tile" else 0
                found.append((int.from_bytes(body[:8], "little"), np.frombuffer(body[start:], np.uint64)))
        return found

    def view(self, rows: np.ndarray, run: int, filling: Any = None) -> list[tuple[str, bytes]]:
        """What the unit receives, as sender and body. The real role takes it and gets its result."""
        seed = bytes(run.to_bytes(4, "big")) * 8
        role = self.unit(
            session=bytes(32), parameters=self.parameters, rows=rows, seed=seed, spent=set(), filling=filling
        )
        (hello, *_), p = role.begin(), self.parameters
        mine = (len(rows) // p.variants(self.me), hello.data[104:136], hello.data[136:168])
        told = (self.others, self.dice.bytes(32), self.dice.bytes(32))
        greeting = Hello(parameters=p.digest(), rows=told[0], commitment=told[1], nonce=told[2])
        frames = self.give(role, self.peer, greeting)
        assert mine == role._hellos[self.me]
        frames += self.give(role, "dealer", Seed(binding=role.bound, seed=self.dice.bytes(32)))
        if p.layout == "paired":
            frames += self.give(role, self.peer, Places(words=self.told))
        elif not p.proven:
            self.records(role, range(role.plan.all_blocks(self.peer)))
        for tile in range(role.plan.tiles):
            if p.proven:
                self.prove(role, tile)
            if p.by_tile:
                self.records(role, role.plan.blocks_of(self.peer, tile))
            frames += (self.tile_for_alice if self.unit is Alice else self.tile_for_bob)(role, tile)
        if p.layout == "paired":
            names = [hit[3 if self.me == "alice" else 2] for hit in self.found]
            words = np.array(names + [0] * (p.openings - len(names)), np.uint64)
            self.give(role, self.peer, Names(words=words))
        if p.scores:
            self.give(role, self.peer, Scores(words=self.scores(role)))
        assert role.finished
        self.result = role.result
        return self.seen

    def prove(self, role: Any, tile: int) -> None:
        """A dealer's sets of a tile, and the other unit's part in drawing one. The opened ones are right; of the drawn
        one nothing is known but our own seed, and Bob's corrections, which are drawn here."""
        nonces = {self.me: role.nonce(tile), self.peer: self.dice.bytes(32)}
        used = drawn(role.bound, tile, nonces, self.parameters.sets)
        seeds = [
            {
                self.me: set_seed(role.given, self.me, role.bound, tile, which),
                self.peer: self.dice.bytes(32),
            }
            for which in range(self.parameters.sets)
        ]
        marks = [
            each for which, both in enumerate(seeds) for each in self.marks(role, tile, which, used, both)
        ]
        theirs = joined_words([both[self.peer] for which, both in enumerate(seeds) if which != used])
        told = Sets(tile=tile, marks=joined_words(marks))
        if self.me == "alice":
            self.give(role, "dealer", told)
            answer = Answer(tile=tile, sets=role.told_sets(tile), nonce=nonces["bob"])
            self.give(role, "bob", answer)
            self.give(role, "bob", Opened(tile=tile, seeds=theirs))
            return
        self.give(role, "alice", Toss(tile=tile, commitment=commit(nonces["alice"], packed(tile))))
        self.give(role, "dealer", told)
        coin = Coin(tile=tile, sets=role.told_sets(tile), nonce=nonces["alice"], seeds=theirs)
        self.give(role, "alice", coin)

    def marks(self, role: Any, tile: int, which: int, used: int, both: dict[str, bytes]) -> list[bytes]:
        """Of a set."""
        found = [mark(both[name], tile, which) for name in ("alice", "bob")]
        if which != used:
            return [*found, mark(both["bob"], tile, which, dealt(role.plan, tile, both, role.bound))]
        if self.me == "alice":
            return [found[0], self.dice.bytes(32), self.dice.bytes(32)]
        self.corrections = self.words(self.dealt_words(role, tile))
        return [self.dice.bytes(32), found[1], mark(both["bob"], tile, which, self.corrections)]

    def dealt_words(self, role: Any, tile: int) -> int:
        """Of a tile's corrections."""
        size, p = self.size(role, tile), self.parameters
        planes = self.planes + len(p.circuit.digits) + len(p.circuit.merge)
        return planes * size + p.alike * size // p.pairings

    def records(self, role: Any, blocks: range) -> None:
        """The other unit's masked records."""
        p = self.parameters
        for block in blocks:
            size = p.rule.product_bits * p.bits * role.plan.block_width(self.peer, block) // 64
            self.give(role, self.peer, Records(block=block, planes=self.words(size)))

    def size(self, role: Any, tile: int) -> int:
        """Words of a plane of a tile."""
        return role.plan.words(tile)

    def hit_plane(self, role: Any, tile: int) -> np.ndarray:
        """The result of a tile, as a plane."""
        (height, width), side = role.plan.shape(tile), self.parameters.side
        tables = role.plan.tables(tile)
        paired = self.parameters.layout == "paired"
        count, (i, j) = len(tables) if paired else 1, tables[0]
        pieces = np.zeros((count * height, width // 16), np.uint16)
        for a, b, *_ in self.found if paired else self.hits:
            row, column = a - i * side, (b % side if paired else b - j * side)
            if 0 <= row < len(pieces) and 0 <= column < width:
                pieces[row, column % (width // 16)] |= np.uint16(1 << (column // (width // 16)))
        return pieces.reshape(-1).view(np.uint64)

    def tile_for_alice(self, role: Alice, tile: int) -> list[Frame]:
        size, reveal = self.size(role, tile), self.parameters.reveal
        frames = self.give(role, "bob", BobShare(tile=tile, planes=self.words(self.planes * size)))
        opening = self.words(self.opened * size)
        if self.parameters.pairings > 1:
            sent = self.give(role, "bob", BobOpening(tile=tile, planes=self.words((self.opened + 1) * size)))
            return frames + sent + self.misses(role, tile, range(2, len(self.parameters.levels) + 2, 2))
        if reveal != "bob":
            own = self._own_result(role, tile, opening)
            opening = np.concatenate((opening, own ^ self.hit_plane(role, tile)))
        return frames + self.give(role, "bob", BobOpening(tile=tile, planes=opening))

    def _own_result(self, role: Alice, tile: int, opening: np.ndarray) -> np.ndarray:
        """Alice's share of the result, which she knows as soon as she has the opening: from her own state."""
        from protocols.blinded_broker.compare import ONES, merge_digits

        kept = role._waiting[tile]
        opened = kept["values"] ^ opening.reshape(self.opened, -1)
        return merge_digits(opened, kept["m"], kept["merge"], ONES, kept["last"], kept["top"])

    def tile_for_bob(self, role: Bob, tile: int) -> list[Frame]:
        size, p = self.size(role, tile), self.parameters
        planes = self.corrections if p.proven else self.words(self.dealt_words(role, tile))
        frames = self.give(role, "dealer", Corrections(tile=tile, planes=planes))
        share = self.words((self.planes + self.opened) * size)
        sent = self.give(role, "alice", AliceShare(tile=tile, planes=share))
        if p.pairings > 1:
            return frames + sent + self.misses(role, tile, range(1, len(p.levels) + 2, 2))
        if p.reveal != "alice":
            own = role._waiting[tile]["own"]
            frames += self.give(
                role, "alice", AliceResult(tile=tile, planes=own ^ self.hit_plane(role, tile))
            )
        return frames + sent

    def misses(self, role: Any, tile: int, numbers: range) -> list[Frame]:
        """The peer's turns: masked misses are uniform; behind the last level comes ours ^ the hits."""
        p, frames = self.parameters, []
        counts = [0, *(level.values for level in p.levels), 0, 0]
        learns, last = p.reveal in ("both", self.me), len(p.levels)
        few = self.size(role, tile) // p.pairings
        for number in numbers:
            told = self.words((counts[number] + (counts[number + 1] if number <= last else 0)) * few)
            if number >= last:
                if not learns and number > last:
                    continue
                opening = role._openings[tile]
                if learns:
                    own = self.result_share(opening, told, number == last)
                    told = np.concatenate((told, own.reshape(-1) ^ self.hit_plane(role, tile)))
            frames += self.give(role, self.peer, Misses(tile=tile, number=number, planes=told))
        return frames

    @staticmethod
    def result_share(opening: Any, told: np.ndarray, due: bool) -> np.ndarray:
        """Our share of the result, which we know once the last level is open."""
        if not due:
            return opening.told
        ahead = copy(opening)
        ahead.open(told.reshape(-1, opening.told.shape[1]))
        return ahead.told

    def scores(self, role: Any) -> np.ndarray:
        words, rule = np.zeros(self.parameters.quota, np.uint64), self.parameters.rule
        found = joined(role._hits)
        scored = {hit[:2]: hit for hit in self.hits}
        for n, pair in enumerate(zip(found.alice.tolist(), found.bob.tolist(), strict=True)):
            _, _, common, *weights = scored[pair]
            costs = sum(
                int(rule.costs(np.array([w]), empty)[0]) for w, empty in zip(weights, (0, 1), strict=True)
            )
            r = (int(found.masked[n]) - (rule.scale * common - costs)) % (1 << rule.z_bits)
            theirs = weights[1] if self.me == "alice" else weights[0]
            words[n] = (r ^ int(found.own[n])) | theirs << 32
        return words
