"""Unit: Alice's and Bob's roles, which do the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from protocols.ecdh_psi.messages import MESSAGES, Hello, Masked, Returned
from protocols.ecdh_psi.parameters import ALICE, BOB, PARTIES, PROTOCOL, Parameters
from protocols.ecdh_psi.result import Intersection
from protocols.errors import MisuseError, RefusedError
from protocols.primitives import ristretto
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.masking import (
    SIZE,
    Order,
    Secrets,
    Tags,
    cut,
    distinct,
    elements,
    masked,
    packed,
    read,
    words,
)
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import DONE, Role, Send, Table, spend


class Unit(Role):
    """A unit's role; `result` at the end, for a unit that may know."""

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
        items: Sequence[bytes],
        seed: bytes,
        spent: set[bytes],
        spread: Spread = map,
    ) -> None:
        """items: normalised keys of persons, in any order; equal ones are one.

        seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good. spread:
        the map of a pool of threads, which then share the work. Raises MisuseError for more items than agreed.
        """
        super().__init__(self.NAME, session, parameters.longest_frame())
        self.parameters = parameters
        self._items = tuple(items)
        self._different = tuple(dict.fromkeys(items))
        self._size = parameters.filled(len(self._different))
        if self._size > parameters.capacity:
            raise MisuseError("more items than agreed", "agree on a larger capacity")
        self._seed = seed
        self._spent = spent
        self._spread = spread
        self._nonce = derive(seed, f"ecdh_psi {self.NAME} nonce", session)
        self._scalar = b""
        self._expected = 0
        self._order: Order
        self._theirs: list[Tags] = []
        self._ours: list[Tags] = []
        self.result: Intersection | None = None

    @property
    def told(self) -> dict[str, int]:
        """Elements that each unit brings, as far as they have said so."""
        return {self.NAME: self._size} | ({self.PEER: self._expected} if self._expected else {})

    @property
    def commitment(self) -> bytes:
        """What binds us to our items; commitment_salt opens it."""
        return commit(self.commitment_salt, packed(self._different))

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, f"ecdh_psi {self.NAME} salt", self.session)

    @property
    def listed(self) -> tuple[bytes | None, ...]:
        """The list that we sent, place by place, before it was masked; None for a dummy."""
        items = (*self._different, *[None] * (self._size - len(self._different)))
        return tuple(items[place] for place in self._order.tolist())

    def opening(self) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        self._hello = Hello(
            parameters=self.parameters.digest(),
            elements=self._size,
            commitment=self.commitment,
            nonce=self._nonce,
        )
        return [Send(self.PEER, self._hello)]

    def on_hello(self, message: Hello) -> list[Send]:
        """Steps 1 and 2."""
        p = self.parameters
        if message.parameters != p.digest():
            self.fail(self.PEER, "1", "C1", "other parameters")
        if message.elements % p.step or not p.step <= message.elements <= p.capacity:
            self.fail(self.PEER, "1", "C2", "another number of elements than agreed")
        if message.nonce == self._nonce:
            self.fail(self.PEER, "1", "C3", "our own nonce came back")
        self._expected = message.elements
        self.bound = binding(self.session, {self.NAME: self._hello, self.PEER: message})
        self._scalar = ristretto.reduced(self._secret("scalar", 64))
        self.state = "exchanging"
        mine = self._masked()
        starts = enumerate(range(0, self._size, p.block))
        return [
            Send(self.PEER, Masked(block=n, elements=mine[at : at + p.block].reshape(-1).view(np.uint64)))
            for n, at in starts
        ]

    def _secret(self, label: str, length: int = 32) -> bytes:
        return derive(self._seed, f"ecdh_psi {self.NAME} {label}", self.bound, length)

    def _masked(self) -> Rows:
        """Step 2: (size, 32)."""
        points = elements(self._different, "ecdh_psi item", self.bound, self._spread)
        secrets = Secrets(scalar=self._scalar, dummies=self._secret("dummies"), order=self._secret("order"))
        found, self._order = masked(points, self._size, secrets, self._spread)
        return found

    def on_masked(self, message: Masked) -> list[Send]:
        """Step 3, as far as this block goes."""
        size = self._checked_block(message.block, len(self._theirs), self._expected, "2", "C4")
        points = message.elements.view(np.uint8)
        if len(points) != size * ristretto.SIZE:
            self.fail(self.PEER, "2", "C5", "another number of elements than the block has")
        try:
            both = ristretto.multiply(points.reshape(-1, ristretto.SIZE), self._scalar, self._spread)
        except ristretto.OutsideError:
            self.fail(self.PEER, "2", "C6", "an element outside the group, or the identity")
        self._theirs.append(cut(both))
        if self._all_theirs() and not distinct(np.concatenate(self._theirs)):
            self.fail(self.PEER, "2", "C9", "an element twice")
        sends = self._returned(message.block) if self.parameters.learns(self.PEER) else []
        self._finish()
        return sends

    def _returned(self, block: int) -> list[Send]:
        """A block's tags in their order, or with the last block all tags in an order that tells nothing."""
        p = self.parameters
        if not p.size_only:
            return [Send(self.PEER, Returned(block=block, tags=words(self._theirs[-1])))]
        if not self._all_theirs():
            return []
        tags = np.sort(np.concatenate(self._theirs))
        starts = enumerate(range(0, self._expected, p.block))
        return [Send(self.PEER, Returned(block=n, tags=words(tags[at : at + p.block]))) for n, at in starts]

    def on_returned(self, message: Returned) -> list[Send]:
        """Step 4, as far as this block goes."""
        if not self.parameters.learns(self.NAME):
            self.fail(self.PEER, "3", "C7", "tags for a unit that may not know")
        size = self._checked_block(message.block, len(self._ours), self._size, "3", "C7")
        if len(message.tags) != size * SIZE // 8:
            self.fail(self.PEER, "3", "C8", "another number of tags than the block has")
        self._ours.append(read(message.tags))
        self._finish()
        return []

    def _checked_block(self, block: int, due: int, total: int, step: str, check: str) -> int:
        """How many elements a block has."""
        if block != due or block * self.parameters.block >= total:
            self.fail(self.PEER, step, check, "a block came twice, out of order, or after the last")
        return min(self.parameters.block, total - block * self.parameters.block)

    def _finish(self) -> None:
        """Step 4, once all is there."""
        learns = self.parameters.learns(self.NAME)
        if not self._all_theirs() or (learns and sum(map(len, self._ours)) < self._size):
            return
        if learns:
            self.result = self._intersection(np.concatenate(self._theirs), np.concatenate(self._ours))
        self.state = DONE

    def _all_theirs(self) -> bool:
        return sum(map(len, self._theirs)) == self._expected

    def _intersection(self, theirs: Tags, ours: Tags) -> Intersection:
        if self.parameters.size_only and (ours[1:] < ours[:-1]).any():
            self.fail(self.PEER, "3", "C10", "tags in an order that tells something")
        if not distinct(ours):
            self.fail(self.PEER, "3", "C10", "a tag twice")
        common = np.isin(ours, theirs)
        size = int(common.sum())
        if size > self.parameters.quota:
            raise RefusedError("more common items than agreed")
        if self.parameters.size_only:
            return Intersection(size=size, items=None)
        places = set(self._order[common].tolist())
        if places and max(places) >= len(self._different):
            self.fail(self.PEER, "3", "C11", "a dummy of ours is said to be common")
        order = np.argsort(theirs)
        found = order[np.searchsorted(theirs, ours[common], sorter=order)].tolist()
        hit = {
            self._different[place]: there
            for place, there in zip(self._order[common].tolist(), found, strict=True)
        }
        items = tuple(place for place, item in enumerate(self._items) if item in hit)
        return Intersection(size=size, items=items, theirs=tuple(hit[self._items[place]] for place in items))

    TABLE: ClassVar[Table]


def binding(session: bytes, hellos: dict[str, Hello]) -> bytes:
    """What the run is bound to: the session, and all that both units said first; 32 bytes."""
    parts = [session]
    for name in sorted(hellos):
        hello = hellos[name]
        parts += [hello.parameters, hello.elements.to_bytes(8, "little"), hello.commitment, hello.nonce]
    return digest("ecdh_psi binding", *parts)


class Alice(Unit):
    """Alice's role."""

    NAME, PEER = ALICE, BOB
    TABLE: ClassVar[Table] = {
        ("greeting", BOB, Hello): Unit.on_hello,
        ("exchanging", BOB, Masked): Unit.on_masked,
        ("exchanging", BOB, Returned): Unit.on_returned,
    }


class Bob(Unit):
    """Bob's role."""

    NAME, PEER = BOB, ALICE
    TABLE: ClassVar[Table] = {
        ("greeting", ALICE, Hello): Unit.on_hello,
        ("exchanging", ALICE, Masked): Unit.on_masked,
        ("exchanging", ALICE, Returned): Unit.on_returned,
    }
