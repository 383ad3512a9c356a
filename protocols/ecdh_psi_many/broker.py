"""Broker: passes lists from unit to unit, and compares them when every unit's scalar is on them."""

from __future__ import annotations

from functools import partial, reduce
from typing import ClassVar

import numpy as np

from protocols.ecdh_psi_many.lists import Lists, binding
from protocols.ecdh_psi_many.messages import MESSAGES, Found, Masked, Passed, Roster
from protocols.ecdh_psi_many.parameters import BROKER, PARTIES, PROTOCOL, UNITS, Parameters
from protocols.errors import RefusedError
from protocols.masked_lists import Hello
from protocols.primitives import ristretto
from protocols.primitives.flags import to_words
from protocols.primitives.masking import Tags, cut, distinct
from protocols.role import DONE, Role, Send, Table, from_each, spend


class Broker(Role):
    """The broker's role. It draws nothing; its seed is noted all the same, so that no run is run twice."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES

    def __init__(self, *, session: bytes, parameters: Parameters, seed: bytes, spent: set[bytes]) -> None:
        """seed: 32 fresh bytes. spent: marks of seeds that were used, kept by the caller."""
        super().__init__(BROKER, session, parameters.longest_frame())
        self.parameters = parameters
        self._seed, self._spent = seed, spent
        self._hellos: dict[str, Hello] = {}
        self._lists: Lists
        self._tags: list[list[Tags]] = [[] for _ in range(parameters.units)]

    @property
    def told(self) -> dict[str, int]:
        """Elements that units bring, of those who have said so."""
        return {name: hello.elements for name, hello in self._hellos.items()}

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
        if not p.fits(message.elements):
            self.fail(sender, "1", "C2", "another number of elements than agreed")
        if sender not in p.names or sender in self._hellos:
            self.fail(sender, "1", "C3", "a second hello, or one of a unit that takes no part")
        self._hellos[sender] = message
        if len(self._hellos) < p.units:
            return []
        if len({hello.nonce for hello in self._hellos.values()}) < p.units:
            self.fail(sender, "1", "C4", "two units' nonces are equal")
        self.bound = binding(p, self.session, self._hellos)
        self._lists = Lists(p, self._hellos)
        told = b"".join(
            hello.elements.to_bytes(8, "little") + hello.commitment + hello.nonce
            for hello in (self._hellos[name] for name in p.names)
        )
        self.state = "passing"
        return [Send(name, Roster(hellos=np.frombuffer(told, np.uint64))) for name in p.names]

    def _on_masked(self, sender: str, message: Masked) -> list[Send]:
        """Steps 3 to 5."""
        names, unit = self.parameters.names, UNITS.index(sender)
        owner, block = message.owner, message.block
        if unit >= len(names) or not self._lists.take(unit, owner, block):
            self.fail(sender, "3", "C6", "a block came twice, out of order, or of no list")
        points = message.elements.view(np.uint8)
        if len(points) != self._lists.rows(owner, block) * ristretto.SIZE:
            self.fail(sender, "3", "C7", "another number of elements than the block has")
        following = self._lists.after(unit)
        if following != owner:
            return [Send(names[following], Passed(owner=owner, block=block, elements=message.elements))]
        self._tags[owner].append(cut(points.reshape(-1, ristretto.SIZE)))
        if len(self._tags[owner]) == self._lists.blocks(owner) and not distinct(
            np.concatenate(self._tags[owner])
        ):
            self.fail(sender, "3", "C9", "an element twice")
        return self._results() if all(map(self._lists.all_of, range(len(names)))) else []

    def _results(self) -> list[Send]:
        """Steps 5 and 6. Raises RefusedError if more is common than agreed."""
        p = self.parameters
        lists = [np.concatenate(tags) for tags in self._tags]
        common = reduce(partial(np.intersect1d, assume_unique=True), lists)
        if len(common) > p.quota:
            raise RefusedError("more common items than agreed")
        self.state = DONE
        if p.size_only:
            count = np.array([len(common)], np.uint64)
            return [Send(name, Found(block=0, bits=count)) for name in p.names]
        sends = []
        for name, tags in zip(p.names, self._tags, strict=True):
            for block, part in enumerate(tags):
                sends.append(Send(name, Found(block=block, bits=to_words(np.isin(part, common)))))
        return sends

    TABLE: ClassVar[Table] = {
        **from_each(UNITS, "greeting", Hello, _on_hello),
        **from_each(UNITS, "passing", Masked, _on_masked),
    }
