"""Dealer: deals correlated randomness and sees no record, no score and no hit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.blinded_broker.compare import deal, deal_level
from protocols.blinded_broker.messages import MESSAGES, Ask, Corrections, Hello, Seed
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER, PARTIES, PROTOCOL, Parameters
from protocols.blinded_broker.plan import Plan
from protocols.blinded_broker.randomness import UnitRandomness, binding, split, stacked
from protocols.primitives.hashing import derive
from protocols.primitives.planes import Planes, Shorts, add, spread, subtract
from protocols.primitives.product import COLUMNS, ROWS, multiply, panels
from protocols.role import DONE, Role, Send, Table, spend

Masks = dict[str, Planes]
KEPT = 64
"""Blocks of masks kept ready for the next tile, at most: 128 MiB at 1,024 bits and 1,024 rows."""


class Dealer(Role):
    """The broker's role."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES

    def __init__(self, *, session: bytes, parameters: Parameters, seed: bytes, spent: set[bytes]) -> None:
        """seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller."""
        super().__init__(DEALER, session, parameters.longest_frame())
        self._parameters = parameters
        self._seed = seed
        self._spent = spent
        self._hellos: dict[str, tuple[int, bytes, bytes]] = {}
        self._random: dict[str, UnitRandomness] = {}
        self._panels: dict[tuple[str, int], Shorts] = {}
        self._plan: Plan
        self._next = parameters.first_tile

    def opening(self) -> list[Send]:
        """Nothing to send yet."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        return []

    @property
    def persons(self) -> dict[str, int]:
        """What each unit of which there is a hello says that it brings, by role."""
        return {name: hello[0] for name, hello in self._hellos.items()}

    def _on_hello(self, sender: str, message: Hello) -> list[Send]:
        if message.parameters != self._parameters.digest():
            self.fail(sender, "1", "C1", "other parameters")
        if not 1 <= message.rows <= self._parameters.most_rows:
            self.fail(sender, "1", "C2", "more rows than agreed, or none")
        if sender in self._hellos:
            self.fail(sender, "1", "C3", "a second hello")
        self._hellos[sender] = (message.rows, message.commitment, message.nonce)
        if len(self._hellos) < 2:
            return []
        if len({nonce for _, _, nonce in self._hellos.values()}) < 2:
            self.fail(sender, "1", "C4", "both units' nonces are equal")
        persons = self.persons
        self._plan = Plan(parameters=self._parameters, persons=persons)
        return self._seeds()

    def on_alice(self, message: Hello) -> list[Send]:
        """Step 1, from Alice."""
        return self._on_hello(ALICE, message)

    def on_bob(self, message: Hello) -> list[Send]:
        """Step 1, from Bob."""
        return self._on_hello(BOB, message)

    def _seeds(self) -> list[Send]:
        bound = self.bound = binding(self._parameters.digest(), self.session, self._hellos)
        sends = []
        for name in (ALICE, BOB):
            seed = derive(self._seed, f"blinded_broker seed for {name}", bound)
            self._random[name] = UnitRandomness(name, seed, bound, self._parameters)
            sends.append(Send(name, Seed(binding=bound, seed=seed)))
        self.state = "dealing" if self._next < self._plan.tiles else DONE
        return sends

    def on_ask(self, message: Ask) -> list[Send]:
        """Steps 4 and 5."""
        if message.tile != self._next:
            self.fail(BOB, "4", "C8", "a tile is asked for a second time or out of order")
        self._next += 1
        if self._next == self._plan.tiles:
            self.state = DONE
        return [Send(BOB, Corrections(tile=message.tile, planes=self._corrections(message.tile)))]

    def _corrections(self, tile: int) -> Planes:
        p = self._parameters
        products = self._products(tile)
        words = products.size // 64
        alice, bob = (self._random[name].tile_masks(tile, words) for name in (ALICE, BOB))
        r, m = alice["r"] ^ bob["r"], alice["m"] ^ bob["m"]
        nothing = np.zeros(max(products.shape), np.uint32)
        rows, columns = (nothing[:size] for size in products.shape)
        masked = spread(products, p.rule.scale, rows, columns, p.rule.z_bits)
        circuit = p.circuit
        count = p.rule.z_bits + len(circuit.digits) + len(circuit.merge)
        found = np.empty(count * words + p.alike * (words // p.pairings), np.uint64)
        planes = found[: count * words].reshape(count, words)
        v, digits, merge = split(planes, p.rule.z_bits, len(circuit.digits), len(circuit.merge))
        add(subtract(masked, alice["u"]), r, v)
        deal(r[: circuit.digits.singles], alice["digits"], circuit.digits, digits)
        deal(m, alice["merge"], circuit.merge, merge)
        self._deal_levels(alice, bob, found[count * words :])
        return found

    def _deal_levels(self, alice: Masks, bob: Masks, out: Planes) -> None:
        """What the products of misses need, level after level."""
        levels = self._parameters.levels
        masks = split(alice["any"] ^ bob["any"], *(level.values for level in levels))
        shares = split(alice["all"], *(level.dealt for level in levels))
        outs = split(out.reshape(alice["all"].shape), *(level.dealt for level in levels))
        for number, level in enumerate(levels):
            deal_level(masks[number], shares[number], level, outs[number])

    def _products(self, tile: int) -> Shorts:
        """<R_A, R_B> of the tile's table."""
        height, width = self._plan.shape(tile)
        shape = (height, self._parameters.bits, width)
        return stacked(
            multiply(self._block(ALICE, a, ROWS), self._block(BOB, b, COLUMNS), shape)
            for a, b in self._plan.tables(tile)
        )

    def _block(self, name: str, block: int, width: int) -> Shorts:
        """A block's masks as panels; kept, as the next tiles need them too."""
        key = (name, block)
        if key in self._panels:
            return self._panels[key]
        masks = self._random[name].record_masks(block, self._plan.block_width(name, block))
        made = panels(masks, width)
        if not self._plan.paired:
            if len(self._panels) >= KEPT:
                self._panels.pop(next(iter(self._panels)))
            self._panels[key] = made
        return made

    TABLE: ClassVar[Table] = {
        ("greeting", ALICE, Hello): on_alice,
        ("greeting", BOB, Hello): on_bob,
        ("dealing", BOB, Ask): on_ask,
    }
