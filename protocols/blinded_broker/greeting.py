"""Greeting: what Alice's and Bob's roles share up to the first tile: hellos, masks, masked records, filled blocks."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.filling import Filling, checked
from protocols.blinded_broker.hits import Ints
from protocols.blinded_broker.messages import MESSAGES, Hello, Places, Records, Seed
from protocols.blinded_broker.parameters import DEALER, PAIRED, PARTIES, PROTOCOL, Parameters
from protocols.blinded_broker.plan import Plan
from protocols.blinded_broker.randomness import UnitRandomness, binding
from protocols.errors import MisuseError
from protocols.primitives.hashing import commit, derive
from protocols.primitives.planes import Shorts, add_bits, pack, unpack
from protocols.role import Role, Send, spend

AHEAD = 32
"""Blocks of records that a unit sends before it has any of the other's (SPEC.md, step 3)."""
Rows = npt.NDArray[np.uint64]
Hellos = dict[str, tuple[int, bytes, bytes]]


class Greeting(Role):
    """Steps 1 to 4."""

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
        filling: Filling | None,
    ) -> None:
        """As `Unit`."""
        super().__init__(self.NAME, session, parameters.longest_frame())
        self.parameters = parameters
        self._data = _checked(rows, parameters, parameters.variants(self.NAME))
        self._weights = np.bitwise_count(self._data).sum(axis=2, dtype=np.int64)
        if (self._weights > parameters.heaviest).any():
            raise MisuseError("a row has more bits set than the parameters allow")
        if (parameters.layout == PAIRED) != (filling is not None):
            raise MisuseError("paired blocks, and they alone, need a filling")
        self._filling = filling
        self._seed = seed
        self._spent = spent
        self._hellos: Hellos = {}
        self._dealt: Seed | None = None
        self._told: Places | None = None
        self._random: UnitRandomness
        self.plan: Plan
        self.places: Ints
        self._blocks: dict[int, Shorts] = {}
        self._shared = 0
        self._next_tile = parameters.first_tile
        self._next_block = parameters.by_tile * parameters.first_tile * parameters.blocks_a_tile(self.PEER)

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
        self.plan = Plan(parameters=self.parameters, persons=self.persons)
        self.bound = binding(self.parameters.digest(), self.session, self._hellos)
        if self._dealt is None:
            self.state = "greeted"
            return []
        return self._bind(self._dealt)

    def on_seed(self, message: Seed) -> list[Send]:
        """Step 2."""
        self._dealt = message
        if self.PEER not in self._hellos:
            self.state = "seeded"
            return []
        return self._bind(message)

    def _bind(self, dealt: Seed) -> list[Send]:
        if dealt.binding != self.bound:
            self.fail(DEALER, "2", "C5", "the dealer's seed is bound to another run")
        self.given = dealt.seed
        self._random = UnitRandomness(self.NAME, dealt.seed, self.bound, self.parameters)
        if self._filling is not None:
            self.state = "placing"
            return [Send(self.PEER, Places(words=self._filling.tell())), *self._maybe_fill()]
        if self.plan.by_tile:
            return self._begin_tiles()
        self.state = "sharing"
        return self._share(AHEAD + len(self._blocks))

    def on_places(self, message: Places) -> list[Send]:
        """Step 3a, the peer's."""
        if self._told is not None or len(message.words) != self.parameters.told:
            self.fail(self.PEER, "3a", "C15", "it tells of its blocks twice, or of another number of them")
        self._told = message
        return self._maybe_fill()

    def _maybe_fill(self) -> list[Send]:
        if self.state != "placing" or self._told is None or self._filling is None:
            return []
        rows = self._data.shape[0] * self._data.shape[1]
        self.places = checked(self._filling.fill(self._told.words), rows, self.parameters)
        return self._begin_tiles()

    def _begin_tiles(self) -> list[Send]:
        self.state = "tiles"
        return self.start() if self._next_tile < self.plan.tiles else self.close()

    def on_records(self, message: Records) -> list[Send]:
        """Step 3, the peer's."""
        block = self._next_block
        if message.block != block or block >= self.plan.all_blocks(self.PEER) or not self.due(block):
            self.fail(self.PEER, "3", "C6", "a block of records came twice, out of order or too early")
        width = self.plan.block_width(self.PEER, block)
        depth = self.parameters.rule.product_bits
        if len(message.planes) != depth * self.parameters.bits * width // 64:
            self.fail(self.PEER, "3", "C7", "a block of records has a wrong length")
        self._next_block += 1
        self._blocks[block] = unpack(message.planes.reshape(depth, -1), width)
        if self.plan.by_tile:
            return self.took(block)
        return self._share(1) if self.state == "sharing" else []

    def masked(self, blocks: range) -> list[Send]:
        """Step 3: our own records."""
        return [Send(self.PEER, self._masked(block)) for block in blocks]

    def _masked(self, block: int) -> Records:
        width, rows = self.plan.block_width(self.NAME, block), self.part(block)
        masks = self.random_of(self.plan.tile_of(self.NAME, block)).record_masks(block, width)
        self.keep(block, masks)
        return Records(
            block=block, planes=pack(add_bits(masks, rows), self.parameters.rule.product_bits).reshape(-1)
        )

    def _share(self, count: int) -> list[Send]:
        """Step 3: so many more of our blocks; once the peer's are all here, what is left, and tiles begin."""
        begins = len(self._blocks) == self.plan.all_blocks(self.PEER)
        most, first = self.plan.all_blocks(self.NAME), self._shared
        self._shared = most if begins else min(most, first + count)
        sends = self.masked(range(first, self._shared))
        return sends + self._begin_tiles() if begins else sends

    def random_of(self, _: int) -> UnitRandomness:
        """What masks a tile and, where they are sent for each, its records."""
        return self._random

    def keep(self, block: int, masks: Shorts) -> None:
        """Take note of a block's masks, if they are needed again."""

    def due(self, block: int) -> bool:
        """Whether the peer may send a block of records now: where they are sent for each tile, not long before it."""
        raise NotImplementedError

    def took(self, block: int) -> list[Send]:
        """What is sent when a block of the peer's records has come, where they are sent for each tile."""
        raise NotImplementedError

    def start(self) -> list[Send]:
        """What is sent when there is a tile to do, and all records are here or blocks are filled."""
        raise NotImplementedError

    def close(self) -> list[Send]:
        """What is sent after the last tile."""
        raise NotImplementedError

    def _of(self, table: Any, block: int) -> Any:
        if not self.plan.paired:
            variant, number = self.plan.place(self.NAME, block)
            start = number * self.parameters.side
            return np.ascontiguousarray(table[start : start + self.parameters.side, variant])
        rows = self.places[block * self.parameters.side : (block + 1) * self.parameters.side]
        found = table.reshape(-1, *table.shape[2:])[rows]
        found[rows < 0] = 0
        return found

    def forget(self, tile: int) -> None:
        """A tile's summand is made: its records are needed no more, if other tiles have their own."""
        if self.plan.by_tile:
            for block in self.plan.blocks_of(self.PEER, tile):
                self._blocks.pop(block, None)

    def part(self, block: int) -> Rows:
        """(places, words): our own rows of a block, zeros where nobody is."""
        rows: Rows = self._of(self._data, block)
        return rows

    def part_weights(self, block: int) -> Ints:
        """(places,): bits set in them."""
        weights: Ints = self._of(self._weights, block)
        return weights


def _checked(rows: Rows, parameters: Parameters, variants: int) -> Rows:
    """(persons, variants, words)."""
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint64 or rows.ndim != 2:
        raise MisuseError("rows are not a table of uint64")
    if rows.shape[1] * 64 != parameters.bits:
        raise MisuseError(f"rows have {rows.shape[1] * 64} bits, not {parameters.bits}")
    if not 1 <= len(rows) <= parameters.most_rows * variants or len(rows) % variants:
        raise MisuseError("more rows than agreed, none, or persons with fewer variants than agreed")
    return np.ascontiguousarray(rows).reshape(-1, variants, rows.shape[1])
