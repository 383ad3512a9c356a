"""Unit: masks its own list and passes on the others', and learns which of its items all have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from protocols.ecdh_psi_many.lists import Lists, binding
from protocols.ecdh_psi_many.messages import MESSAGES, Found, Masked, Passed, Roster
from protocols.ecdh_psi_many.parameters import BROKER, PARTIES, PROTOCOL, Parameters
from protocols.ecdh_psi_many.result import Intersection
from protocols.errors import MisuseError
from protocols.masked_lists import Hello, Masker
from protocols.primitives import ristretto
from protocols.primitives.flags import from_words
from protocols.primitives.ristretto import Spread
from protocols.role import DONE, Send, Table

ENTRY = 9
"""Words of a hello in a roster."""


class Unit(Masker):
    """A unit's role; `result` at the end."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES
    parameters: Parameters

    def __init__(
        self,
        name: str,
        *,
        session: bytes,
        parameters: Parameters,
        items: Sequence[bytes],
        seed: bytes,
        spent: set[bytes],
        spread: Spread = map,
    ) -> None:
        """name: one of Parameters.names. items: normalised keys of persons, in any order; equal ones are one.

        seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good. spread: the
        map of a pool of threads. Raises MisuseError for more items than agreed, or a name that takes no part.
        """
        if name not in parameters.names:
            raise MisuseError("no such unit takes part")
        super().__init__(
            name,
            session=session,
            parameters=parameters,
            different=tuple(dict.fromkeys(items)),
            seed=seed,
            spent=spent,
            spread=spread,
        )
        self._number = parameters.names.index(name)
        self._items = tuple(items)
        self.told: dict[str, int] = {}
        """Elements that each unit brings, once all have said so."""
        self._lists: Lists
        self._found: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = []
        self.result: Intersection | None = None

    def opening(self) -> list[Send]:
        """Step 1."""
        return self._greet(BROKER)

    def on_roster(self, message: Roster) -> list[Send]:
        """Steps 2 and 3."""
        p = self.parameters
        if len(message.hellos) != ENTRY * p.units:
            self.fail(BROKER, "2", "C4", "another number of hellos than units")
        entries = message.hellos.reshape(p.units, ENTRY)
        hellos = {name: _hello(p, entry.tobytes()) for name, entry in zip(p.names, entries, strict=True)}
        if not all(p.fits(hello.elements) for hello in hellos.values()):
            self.fail(BROKER, "2", "C2", "another number of elements than agreed")
        if len({hello.nonce for hello in hellos.values()}) < p.units:
            self.fail(BROKER, "2", "C4", "two units' nonces are equal")
        if hellos[self.name] != self._hello:
            self.fail(BROKER, "2", "C5", "we said something else")
        self._bind(binding(p, self.session, hellos))
        self.told = {name: hello.elements for name, hello in hellos.items()}
        self._lists = Lists(p, hellos)
        self.state = "masking"
        return self._own()

    def _own(self) -> list[Send]:
        """Step 3."""
        sends = []
        for block, words in self._blocks(self._masked()):
            self._lists.take(self._number, self._number, block)
            sends.append(Send(BROKER, Masked(owner=self._number, block=block, elements=words)))
        return sends

    def on_passed(self, message: Passed) -> list[Send]:
        """Step 4."""
        owner, block = message.owner, message.block
        if owner == self._number or not self._lists.take(self._number, owner, block):
            self.fail(BROKER, "4", "C6", "a block of our own list, or not the next of another's")
        points = message.elements.view(np.uint8)
        if len(points) != self._lists.rows(owner, block) * ristretto.SIZE:
            self.fail(BROKER, "4", "C7", "another number of elements than the block has")
        try:
            both = ristretto.multiply(points.reshape(-1, ristretto.SIZE), self._scalar, self._spread)
        except ristretto.OutsideError:
            self.fail(BROKER, "4", "C8", "an element outside the group, or the identity")
        words = both.reshape(-1).view(np.uint64)
        return [Send(BROKER, Masked(owner=owner, block=block, elements=words))]

    def on_found(self, message: Found) -> list[Send]:
        """Step 6."""
        if not self._lists.all_of(self._number):
            self.fail(BROKER, "6", "C10", "a result before all lists were masked")
        if self.parameters.size_only:
            return self._counted(message)
        if message.block != len(self._found):
            self.fail(BROKER, "6", "C10", "a block came twice or out of order")
        common = from_words(message.bits, self._lists.rows(self._number, message.block))
        if common is None:
            self.fail(BROKER, "6", "C10", "another number of bits than the block has")
        self._found.append(common)
        if len(self._found) == self._lists.blocks(self._number):
            self._learn(set(self._order[np.concatenate(self._found)].tolist()))
        return []

    def _counted(self, message: Found) -> list[Send]:
        count = int(message.bits[0]) if len(message.bits) == 1 else -1
        if message.block or not 0 <= count <= len(self._different):
            self.fail(BROKER, "6", "C10", "a count that cannot be")
        self.result, self.state = Intersection(size=count, items=None), DONE
        return []

    def _learn(self, places: set[int]) -> None:
        if places and max(places) >= len(self._different):
            self.fail(BROKER, "6", "C11", "a dummy of ours is said to be common")
        hit = {self._different[place] for place in places}
        items = tuple(place for place, item in enumerate(self._items) if item in hit)
        self.result, self.state = Intersection(size=len(places), items=items), DONE

    TABLE: ClassVar[Table] = {
        ("greeting", BROKER, Roster): on_roster,
        ("masking", BROKER, Passed): on_passed,
        ("masking", BROKER, Found): on_found,
    }


def _hello(parameters: Parameters, entry: bytes) -> Hello:
    return Hello(
        parameters=parameters.digest(),
        elements=int.from_bytes(entry[:8], "little"),
        commitment=entry[8:40],
        nonce=entry[40:],
    )
