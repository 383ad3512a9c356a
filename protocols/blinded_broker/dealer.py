"""Dealer: deals correlated randomness and sees no record, no score and no hit."""

from __future__ import annotations

from typing import ClassVar

from protocols.blinded_broker.dealing import corrections, panels_of
from protocols.blinded_broker.messages import MESSAGES, Ask, Choice, Corrections, Hello, Seed, Sets
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER, PARTIES, PROTOCOL, Parameters
from protocols.blinded_broker.plan import Plan
from protocols.blinded_broker.randomness import UnitRandomness, binding
from protocols.blinded_broker.sets import dealt, joined_words, mark, set_seed
from protocols.primitives.hashing import derive
from protocols.primitives.planes import Planes, Shorts
from protocols.role import DONE, Role, Send, Table, spend

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
        self._seeds: dict[str, bytes] = {}
        self._random: dict[str, UnitRandomness] = {}
        self._panels: dict[tuple[str, int], Shorts] = {}
        self._plan: Plan
        self._next = self._next_choice = parameters.first_tile
        self._dealt: dict[int, list[Planes]] = {}

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
        return self._give_seeds()

    def on_alice(self, message: Hello) -> list[Send]:
        """Step 1, from Alice."""
        return self._on_hello(ALICE, message)

    def on_bob(self, message: Hello) -> list[Send]:
        """Step 1, from Bob."""
        return self._on_hello(BOB, message)

    def _give_seeds(self) -> list[Send]:
        bound = self.bound = binding(self._parameters.digest(), self.session, self._hellos)
        sends = []
        for name in (ALICE, BOB):
            seed = derive(self._seed, f"blinded_broker seed for {name}", bound)
            self._seeds[name] = seed
            self._random[name] = UnitRandomness(name, seed, bound, self._parameters)
            sends.append(Send(name, Seed(binding=bound, seed=seed)))
        self.state = "dealing" if self._next < self._plan.tiles else DONE
        return sends

    def on_ask(self, message: Ask) -> list[Send]:
        """Steps 4 and 5, or 4b."""
        tile, waiting = message.tile, self._next - self._next_choice
        if tile != self._next or tile >= self._plan.tiles:
            self.fail(BOB, "4", "C8", "a tile is asked for a second time or out of order")
        self._next += 1
        if self._parameters.proven:
            if waiting >= self._parameters.window:
                self.fail(BOB, "4", "C8", "a tile is asked for before the sets of others were drawn")
            return self._deal_sets(tile)
        self._maybe_done(self._next)
        planes = corrections(self._plan, tile, self._random, self._block)
        return [Send(BOB, Corrections(tile=tile, planes=planes))]

    def _maybe_done(self, tiles: int) -> None:
        if tiles == self._plan.tiles:
            self.state = DONE

    def _deal_sets(self, tile: int) -> list[Send]:
        """Step 4b: sets of which nothing is told but marks."""
        marks, kept = [], []
        for which in range(self._parameters.sets):
            seeds = {
                name: set_seed(seed, name, self.bound, tile, which) for name, seed in self._seeds.items()
            }
            planes = self._deal_set(tile, which, seeds)
            kept.append(planes)
            marks += [mark(seeds[name], tile, which) for name in (ALICE, BOB)]
            marks.append(mark(seeds[BOB], tile, which, planes))
        self._dealt[tile] = kept
        told = Sets(tile=tile, marks=joined_words(marks))
        return [Send(name, told) for name in (ALICE, BOB)]

    def _deal_set(self, tile: int, _: int, seeds: dict[str, bytes]) -> Planes:
        """A set's corrections."""
        return dealt(self._plan, tile, seeds, self.bound)

    def on_choice(self, message: Choice) -> list[Send]:
        """Steps 4f and 5."""
        tile = message.tile
        if tile != self._next_choice or tile not in self._dealt or message.which >= self._parameters.sets:
            self.fail(BOB, "4f", "C23", "a set of a tile out of order, or that there is not")
        self._next_choice += 1
        self._maybe_done(self._next_choice)
        return [Send(BOB, Corrections(tile=tile, planes=self._dealt.pop(tile)[message.which]))]

    def _block(self, name: str, block: int) -> Shorts:
        """A block's masks as panels; kept, as the next tiles need them too."""
        key = (name, block)
        if key in self._panels:
            return self._panels[key]
        made = panels_of(self._plan, self._random[name], name, block)
        if not self._plan.paired:
            if len(self._panels) >= KEPT:
                self._panels.pop(next(iter(self._panels)))
            self._panels[key] = made
        return made

    TABLE: ClassVar[Table] = {
        ("greeting", ALICE, Hello): on_alice,
        ("greeting", BOB, Hello): on_bob,
        ("dealing", BOB, Ask): on_ask,
        ("dealing", BOB, Choice): on_choice,
    }
