"""Broker: adds tables that it cannot read, hides each sum under a mask, and keeps the masks of small cells for ever."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.paillier_stats.comparison import small_counts
from protocols.paillier_stats.messages import (
    Answered,
    Asked,
    Hello,
    Limits,
    Masked,
    Masks,
    Roster,
    Table,
    Verdict,
)
from protocols.paillier_stats.parameters import BROKER, KEEPER, UNITS, Parameters
from protocols.paillier_stats.party import Party, binding
from protocols.paillier_stats.released import pack
from protocols.primitives import paillier, ristretto
from protocols.primitives.flags import from_words
from protocols.primitives.ristretto import Spread
from protocols.primitives.stream import OneTimeStream
from protocols.role import DONE, Send, from_each, spend
from protocols.role import Table as Transitions


class Broker(Party):
    """The broker's role."""

    def __init__(
        self, *, session: bytes, parameters: Parameters, seed: bytes, spent: set[bytes], spread: Spread = map
    ) -> None:
        """seed: 32 fresh bytes. spent: marks of seeds that were used, kept by the caller. spread: see `ristretto`."""
        super().__init__(BROKER, session, parameters, seed, spent)
        self._spread = spread
        self._hellos: dict[str, Hello] = {}
        self._tables: dict[str, list[int]] = {}
        self._masks: list[list[int]] = []
        self._scalar = b""

    def opening(self) -> list[Send]:
        """Nothing to send yet."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        return []

    def _on_hello(self, sender: str, message: Hello) -> list[Send]:
        """Steps 1 and 2."""
        p = self.parameters
        if message.parameters != p.digest():
            self.fail(sender, "1", "C1", "other parameters")
        if sender not in p.members or sender in self._hellos:
            self.fail(sender, "1", "C2", "a second hello, or one of a unit that takes no part")
        self._hellos[sender] = message
        if len(self._hellos) < len(p.members):
            return []
        if len({hello.nonce for hello in self._hellos.values()}) < len(p.members):
            self.fail(sender, "1", "C3", "two parties' nonces are equal")
        told = b"".join(self._hellos[name].commitment + self._hellos[name].nonce for name in p.members)
        hellos = np.frombuffer(told, np.uint64)
        self.bound = binding(p, self.session, hellos)
        self._scalar = ristretto.reduced(self._secret("scalar", self.bound, 64))
        self.state = "adding"
        return [Send(name, Roster(hellos=hellos)) for name in p.members]

    def _on_table(self, sender: str, message: Table) -> list[Send]:
        """Steps 3 and 4."""
        p = self.parameters
        if sender not in p.names or sender in self._tables:
            self.fail(sender, "3", "C6", "a second table, or one of a unit that takes no part")
        ciphers = paillier.from_words(p.modulus, message.ciphers)
        if ciphers is None or len(ciphers) != p.ciphers:
            self.fail(sender, "3", "C6", "another number of cipher texts than agreed, or what is none")
        self._tables[sender] = ciphers
        if len(self._tables) < p.units:
            return []
        self.state = "comparing"
        masked = Masked(ciphers=paillier.to_words(p.modulus, self._masked()))
        tested = self._masks[1:] if p.each else self._masks
        points = small_counts(p, tested, self.bound, self._scalar, self._spread)
        return [Send(KEEPER, masked), Send(KEEPER, Limits(elements=points.reshape(-1).view(np.uint64)))]

    def _masked(self) -> list[int]:
        """Step 4: totals, then with `each` counts without each unit, all under masks of their own."""
        p = self.parameters
        views = [(p.names, p.ciphers)]
        if p.each:
            views += [(tuple(n for n in p.names if n != name), p.count_ciphers) for name in p.names]
        random = iter(
            paillier.nonces(self._secret("nonces", self.bound), p.modulus, sum(n for _, n in views))
        )
        masks, found = OneTimeStream(self._secret("masks", self.bound)), []
        for run, (names, size) in enumerate(views):
            pairs = masks.words(run, 2 * min(size * p.slots, p.numbers)).reshape(-1, 2).tolist()
            mask = [(low | high << 64) % (1 << p.mask_bits) for low, high in pairs]
            self._masks.append(mask)
            for place, plain in enumerate(paillier.pack(mask, p.mask_bits + 1, p.slots)):
                hiding = paillier.encrypt(p.modulus, plain, next(random))
                tables = (self._tables[name][place] for name in names)
                found.append(paillier.total(p.modulus, (hiding, *tables)))
        return found

    def on_asked(self, message: Asked) -> list[Send]:
        """Steps 5 and 6."""
        p = self.parameters
        points = message.elements.view(np.uint8)
        if len(points) != p.views * p.cells * ristretto.SIZE:
            self.fail(KEEPER, "5", "C9", "another number of elements than counts")
        try:
            both = ristretto.multiply(points.reshape(-1, ristretto.SIZE), self._scalar, self._spread)
        except ristretto.OutsideError:
            self.fail(KEEPER, "5", "C10", "an element outside the group, or the identity")
        self.state = "judging"
        return [Send(KEEPER, Answered(elements=both.reshape(-1).view(np.uint64)))]

    def on_verdict(self, message: Verdict) -> list[Send]:
        """Steps 7 and 8."""
        p = self.parameters
        cells = from_words(message.bits, p.cells)
        if cells is None:
            self.fail(KEEPER, "7", "C13", "another number of cells")
        words = pack(tuple(cells.tolist()), self._masks[0])
        self._masks.clear()  # those of small cells are in nobody's hands any more
        self.state = DONE
        return [Send(name, Masks(bits_and_masks=words)) for name in p.names]

    TABLE: ClassVar[Transitions] = {
        **from_each((KEEPER, *UNITS), "greeting", Hello, _on_hello),
        **from_each(UNITS, "adding", Table, _on_table),
        ("comparing", KEEPER, Asked): on_asked,
        ("judging", KEEPER, Verdict): on_verdict,
    }
