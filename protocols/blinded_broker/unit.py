"""Unit: what Alice's and Bob's roles share: greeting, masks, masked records, counting hits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.compare import Plane, multiply_all
from protocols.blinded_broker.hits import Hits, Ints, TileHits, joined, opened, score_words, tile_hits
from protocols.blinded_broker.messages import MESSAGES, Hello, Records, Scores, Seed
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER, PAIRED, PARTIES, PROTOCOL, Parameters
from protocols.blinded_broker.plan import Plan
from protocols.blinded_broker.progress import Progress
from protocols.blinded_broker.randomness import UnitRandomness, binding
from protocols.errors import MisuseError, RefusedError
from protocols.primitives.hashing import commit, derive
from protocols.primitives.planes import Planes, Shorts, add_bits, pack, unpack
from protocols.role import DONE, Role, Send, spend

Rows = npt.NDArray[np.uint64]
NO_PLANES: Planes = np.zeros((0, 0), np.uint64)


class Unit(Role):
    """A unit's role up to the first tile."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES
    NAME: ClassVar[str]
    PEER: ClassVar[str]

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        rows: Rows,
        seed: bytes,
        spent: set[bytes],
        earlier: Progress | None = None,
    ) -> None:
        """rows: (n, bits / 64) uint64, bit b of word w is bit 64 * w + b of the row; with v variants, row v * p + a
        is variant a of person p.

        seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good. earlier: what
        a run that was broken off had, cut to first_tile; without it, the result lacks the hits of earlier tiles.
        Raises MisuseError if rows or progress do not fit the parameters.
        """
        super().__init__(self.NAME, session, parameters.longest_frame())
        self.parameters = parameters
        self._data = _checked(rows, parameters, parameters.variants(self.NAME))
        self._weights = np.bitwise_count(self._data).sum(axis=2, dtype=np.int64)
        if (self._weights > parameters.heaviest).any():
            raise MisuseError("a row has more bits set than the parameters allow")
        self._seed = seed
        self._spent = spent
        self._hellos: dict[str, tuple[int, bytes, bytes]] = {}
        self._dealt: Seed | None = None
        self._random: UnitRandomness
        self.plan: Plan
        self._blocks: list[Shorts] = []
        self._hits: list[TileHits] = _taken_up(earlier, parameters)
        self._counted = sum(len(hits.tile) for hits in self._hits)
        self._next_tile = self._done = parameters.first_tile
        self.result: Hits | None = None

    @property
    def commitment(self) -> bytes:
        """What binds us to our rows; commitment_salt opens it."""
        persons, variants, words = self._data.shape
        shape = np.array([persons * variants, words], np.uint64)
        return commit(self.commitment_salt, shape.tobytes(), self._data.reshape(-1).view(np.uint8).data)

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, f"blinded_broker {self.NAME} salt", self.session)

    def opening(self) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        nonce = derive(self._seed, f"blinded_broker {self.NAME} nonce", self.session)
        count, commitment = len(self._data), self.commitment
        self._hellos[self.NAME] = (count, commitment, nonce)
        hello = Hello(parameters=self.parameters.digest(), rows=count, commitment=commitment, nonce=nonce)
        return [Send(DEALER, hello), Send(self.PEER, hello)]

    @property
    def persons(self) -> dict[str, int]:
        """What each unit of which there is a hello says that it brings, by role."""
        return {name: hello[0] for name, hello in self._hellos.items()}

    def on_hello(self, message: Hello) -> list[Send]:
        """Step 1, the peer's."""
        if message.parameters != self.parameters.digest():
            self.fail(self.PEER, "1", "C1", "other parameters")
        if not 1 <= message.rows <= self.parameters.most_rows:
            self.fail(self.PEER, "1", "C2", "more rows than agreed, or none")
        if message.nonce == self._hellos[self.NAME][2]:
            self.fail(self.PEER, "1", "C4", "our own nonce came back")
        self._hellos[self.PEER] = (message.rows, message.commitment, message.nonce)
        if self.parameters.layout == PAIRED and message.rows != len(self._data):
            self.fail(self.PEER, "1", "C15", "another number of rows than ours, where blocks are paired")
        self.plan = Plan(parameters=self.parameters, persons=self.persons)
        self.bound = binding(self.parameters.digest(), self.session, self._hellos)
        if self._dealt is None:
            self.state = "greeted"
            return []
        return self._share_records(self._dealt)

    def on_seed(self, message: Seed) -> list[Send]:
        """Step 2."""
        self._dealt = message
        if self.PEER not in self._hellos:
            self.state = "seeded"
            return []
        return self._share_records(message)

    def on_records(self, message: Records) -> list[Send]:
        """Step 3, the peer's."""
        block = len(self._blocks)
        if message.block != block or block >= self.plan.all_blocks(self.PEER):
            self.fail(self.PEER, "3", "C6", "a block of records came twice or out of order")
        width = self.plan.block_width(self.PEER, block)
        depth = self.parameters.rule.product_bits
        if len(message.planes) != depth * self.parameters.bits * width // 64:
            self.fail(self.PEER, "3", "C7", "a block of records has a wrong length")
        self._blocks.append(unpack(message.planes.reshape(depth, -1), width))
        return self._maybe_start()

    def _share_records(self, dealt: Seed) -> list[Send]:
        if dealt.binding != self.bound:
            self.fail(DEALER, "2", "C5", "the dealer's seed is bound to another run")
        self._random = UnitRandomness(self.NAME, dealt.seed, self.bound, self.parameters)
        self.state = "sharing"
        blocks = range(self.plan.all_blocks(self.NAME))
        return [Send(self.PEER, self._masked(block)) for block in blocks] + self._maybe_start()

    def _masked(self, block: int) -> Records:
        width, rows = self.plan.block_width(self.NAME, block), self.part(block)
        masks = self._random.record_masks(block, width)
        self.keep(block, masks)
        return Records(
            block=block, planes=pack(add_bits(masks, rows), self.parameters.rule.product_bits).reshape(-1)
        )

    def keep(self, block: int, masks: Shorts) -> None:
        """Take note of a block's masks, if they are needed again."""

    def _maybe_start(self) -> list[Send]:
        if self.state != "sharing" or len(self._blocks) < self.plan.all_blocks(self.PEER):
            return []
        self.state = "tiles"
        return self.start() if self._next_tile < self.plan.tiles else self.close()

    def start(self) -> list[Send]:
        """What is sent when all records are here and there is a tile to do."""
        raise NotImplementedError

    def _of(self, table: Ints | Rows, block: int) -> Any:
        variant, number = divmod(block, self.plan.blocks(self.NAME))
        start = number * self.parameters.side
        return np.ascontiguousarray(table[start : start + self.parameters.side, variant])

    def part(self, block: int) -> Rows:
        """Our own rows of a block."""
        rows: Rows = self._of(self._data, block)
        return rows

    def part_weights(self, block: int) -> Ints:
        """Bits set in them."""
        weights: Ints = self._of(self._weights, block)
        return weights

    def checked_planes(self, planes: Planes, tile: int, count: int, step: str, extra: int = 0) -> Planes:
        """A message's planes, of which there must be so many for that tile: check C11.

        extra: how many planes of one bit a pair of persons must follow them.
        """
        size = self.plan.words(tile)
        if len(planes) != count * size + extra * size // self.parameters.pairings:
            sender = DEALER if step == "5" else self.PEER
            self.fail(sender, step, "C11", "planes of a wrong length")
        return planes[: count * size].reshape(count, size)

    def for_tables(self, tile: int, of: Callable[[int, int], Planes]) -> Planes:
        """A tile's planes from those of each of its tables, by Alice's block and Bob's."""
        found = [of(a, b) for a, b in self.plan.tables(tile)]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    def no_miss(self, opened: Plane, kept: Mapping[str, Planes], dealt: Planes, one: np.uint64) -> Plane:
        """The share of the product of a pair of persons' misses, which were opened behind masks."""
        stack = (self.parameters.pairings, -1)
        return multiply_all(opened.reshape(stack), kept["any"][0].reshape(stack), dealt, one)

    def count(self, tile: int, result: Planes, total: Planes, own: Planes, step: str) -> None:
        """Take up a tile's hits. Raises PeerError for one that cannot be, RefusedError beyond the quota."""
        found = tile_hits(self.plan, tile, result, total, own)
        if (found.bob >= self.plan.persons[BOB]).any():
            self.fail(self.PEER, step, "C12", "a hit on a row that does not exist")
        own_rows = found.alice if self.NAME == ALICE else found.bob
        if (self._weights[own_rows].max(axis=1, initial=0) == 0).any():
            self.fail(self.PEER, step, "C13", "a hit on an empty row")
        self._counted += len(found.alice)
        if self._counted > self.parameters.quota:
            raise RefusedError(
                "more hits than the agreed quota", "nothing more was sent; ask the other unit why"
            )
        self._hits.append(found)

    @property
    def progress(self) -> Progress:
        """What a new run needs, if this one is broken off, so that no tile before is done again."""
        return Progress(tiles=self._done, hits=joined(self._hits))

    def finish(self, tile: int) -> list[Send]:
        """This tile is done and counted."""
        self._done = tile + 1
        return self.close() if self._done == self.plan.tiles else []

    def close(self) -> list[Send]:
        """After the last tile: give the result, or open the scores first."""
        hits = joined(self._hits)
        if self.parameters.scores:
            self.state = "scores"
            own = hits.alice if self.NAME == ALICE else hits.bob
            return [
                Send(self.PEER, Scores(words=score_words(hits, self._weights[own, 0], self.parameters.quota)))
            ]
        self.state = DONE
        if self.parameters.reveal in ("both", self.NAME):
            self.result = Hits(alice=hits.alice, bob=hits.bob)
        return []

    def on_scores(self, message: Scores) -> list[Send]:
        """Step 10, the peer's."""
        if len(message.words) != self.parameters.quota:
            self.fail(self.PEER, "10", "C11", "scores of a wrong length")
        hits = joined(self._hits)
        theirs = (message.words[: len(hits.own)] >> np.uint64(32)).astype(np.int64)
        ours = self._weights[hits.alice if self.NAME == ALICE else hits.bob, 0]
        weights = (ours, theirs) if self.NAME == ALICE else (theirs, ours)
        self.result = opened(
            self.parameters, hits, message.words, weights, lambda *why: self.fail(self.PEER, "10", *why)
        )
        self.state = DONE
        return []


def _taken_up(earlier: Progress | None, parameters: Parameters) -> list[TileHits]:
    """The hits to begin with."""
    if earlier is None:
        return []
    if earlier.tiles != parameters.first_tile:
        raise MisuseError(
            "the earlier run ended at another tile than this one begins with", "cut its progress"
        )
    if len(earlier.hits.tile) > parameters.quota:
        raise MisuseError("the earlier run had more hits than the quota")
    return [earlier.hits]


def _checked(rows: Rows, parameters: Parameters, variants: int) -> Rows:
    """(persons, variants, words)."""
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint64 or rows.ndim != 2:
        raise MisuseError("rows are not a table of uint64")
    if rows.shape[1] * 64 != parameters.bits:
        raise MisuseError(f"rows have {rows.shape[1] * 64} bits, not {parameters.bits}")
    if not 1 <= len(rows) <= parameters.most_rows * variants or len(rows) % variants:
        raise MisuseError("more rows than agreed, none, or persons with fewer variants than agreed")
    if parameters.layout == PAIRED and len(rows) % parameters.side:
        raise MisuseError("paired blocks must be full", "fill them up with empty rows")
    return np.ascontiguousarray(rows).reshape(-1, variants, rows.shape[1])
