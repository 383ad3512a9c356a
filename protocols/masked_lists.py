"""Masked lists: what units do alike in ecdh_psi, ecdh_psi_sum and ecdh_psi_many. They greet and send a list of elements
under a scalar and in an order of their own, block by block; where they are two, they take the other's under both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from protocols.errors import MisuseError
from protocols.primitives import ristretto
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.masking import Order, Secrets, Tags, cut, distinct, elements, masked, packed
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import Role, Send, spend
from protocols.wire import UINT64, Layout, Words


@dataclass(frozen=True, kw_only=True)
class Hello:
    """What was agreed, how many elements come, what binds us to what we bring, and a nonce."""

    NUMBER: ClassVar[int] = 1
    STEP: ClassVar[str] = "1"
    BOUND: ClassVar[bool] = False
    LAYOUT: ClassVar[Layout] = (("parameters", 32), ("elements", UINT64), ("commitment", 32), ("nonce", 32))

    parameters: bytes
    elements: int
    commitment: bytes
    nonce: bytes


class Agreed(Protocol):
    """What all units' parameters say."""

    @property
    def step(self) -> int:
        """Lists are filled up to a multiple of it."""

    @property
    def capacity(self) -> int:
        """Elements of a list, at most."""

    @property
    def block(self) -> int:
        """Elements of a block."""

    def filled(self, count: int) -> int:
        """Elements of a list of so many items."""

    def longest_frame(self) -> int:
        """Bytes."""

    def digest(self) -> bytes:
        """32 bytes."""


class Masker(Role):
    """A unit with a list. Labels have the protocol's name, so that two protocols share no secret."""

    def __init__(
        self,
        name: str,
        *,
        session: bytes,
        parameters: Agreed,
        different: Sequence[bytes],
        seed: bytes,
        spent: set[bytes],
        spread: Spread,
    ) -> None:
        """different: items, no two equal. Raises MisuseError for more than agreed."""
        super().__init__(name, session, parameters.longest_frame())
        self.parameters = parameters
        self._different = tuple(different)
        self._size = parameters.filled(len(self._different))
        if self._size > parameters.capacity:
            raise MisuseError("more items than agreed", "agree on a larger capacity")
        self._seed, self._spent, self._spread = seed, spent, spread
        self._nonce = derive(seed, self._label("nonce"), session)
        self._scalar = b""
        self._order: Order

    @classmethod
    def _protocol(cls) -> str:
        """Its name, without the version."""
        return cls.PROTOCOL.partition("/")[0]

    def _label(self, what: str) -> str:
        return f"{self._protocol()} {self.name} {what}"

    @property
    def commitment(self) -> bytes:
        """What binds us to what we bring; commitment_salt opens it."""
        return commit(self.commitment_salt, self._bound_to())

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, self._label("salt"), self.session)

    def _bound_to(self) -> bytes:
        return packed(self._different)

    def _greet(self, recipient: str) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        self._hello = Hello(
            parameters=self.parameters.digest(),
            elements=self._size,
            commitment=self.commitment,
            nonce=self._nonce,
        )
        return [Send(recipient, self._hello)]

    def _bind(self, bound: bytes) -> None:
        """What all said first is known: the scalar follows from it."""
        self.bound = bound
        self._scalar = ristretto.reduced(self._secret("scalar", 64))

    def _secret(self, what: str, length: int = 32) -> bytes:
        return derive(self._seed, self._label(what), self.bound, length)

    def _masked(self) -> Rows:
        """(size, 32): our elements and dummies under our scalar, in our order."""
        points = elements(self._different, f"{self._protocol()} item", self.bound, self._spread)
        secrets = Secrets(scalar=self._scalar, dummies=self._secret("dummies"), order=self._secret("order"))
        found, self._order = masked(points, self._size, secrets, self._spread)
        return found

    def _blocks(self, rows: Rows) -> list[tuple[int, Words]]:
        """The number of each block of a list, and its elements as they travel."""
        block = self.parameters.block
        return [(n, rows[at : at + block].reshape(-1).view(np.uint64)) for n, at in self._starts(len(rows))]

    def _starts(self, total: int) -> list[tuple[int, int]]:
        """(block, first element) of a list."""
        return list(enumerate(range(0, total, self.parameters.block)))


class Lister(Masker):
    """One of two units, each with a list."""

    NAME: ClassVar[str]
    PEER: ClassVar[str]
    TWICE: ClassVar[str]
    """The check that an element twice breaks."""

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Agreed,
        different: Sequence[bytes],
        seed: bytes,
        spent: set[bytes],
        spread: Spread,
    ) -> None:
        """As Masker."""
        super().__init__(
            self.NAME,
            session=session,
            parameters=parameters,
            different=different,
            seed=seed,
            spent=spent,
            spread=spread,
        )
        self._expected = 0
        self._theirs: list[Tags] = []

    @property
    def told(self) -> dict[str, int]:
        """Elements that each unit brings, as far as they have said so."""
        return {self.NAME: self._size} | ({self.PEER: self._expected} if self._expected else {})

    def opening(self) -> list[Send]:
        """Step 1."""
        return self._greet(self.PEER)

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
        hellos = {self.NAME: self._hello, self.PEER: message}
        self._bind(binding(self._protocol(), self.session, hellos))
        self.state = "exchanging"
        return self._list(self._masked())

    def _list(self, rows: Rows) -> list[Send]:
        """Step 2: the blocks of our list."""
        raise NotImplementedError

    def _due(self, block: int, before: int, total: int, step: str, check: str) -> int:
        """How many elements a block has that comes after so many blocks."""
        if block != before or block * self.parameters.block >= total:
            self.fail(self.PEER, step, check, "a block came twice, out of order, or after the last")
        return min(self.parameters.block, total - block * self.parameters.block)

    def _take(self, words: Words) -> None:
        """Step 3: a block of the other's elements, as tags under both scalars."""
        points = np.ascontiguousarray(words).view(np.uint8).reshape(-1, ristretto.SIZE)
        try:
            both = ristretto.multiply(points, self._scalar, self._spread)
        except ristretto.OutsideError:
            self.fail(self.PEER, "2", "C6", "an element outside the group, or the identity")
        self._theirs.append(cut(both))
        if self._all_theirs() and not distinct(np.concatenate(self._theirs)):
            self.fail(self.PEER, "2", self.TWICE, "an element twice")

    def _all_theirs(self) -> bool:
        return sum(map(len, self._theirs)) == self._expected


def binding(protocol: str, session: bytes, hellos: dict[str, Hello]) -> bytes:
    """What the run is bound to: the session, and all that both units said first; 32 bytes."""
    parts = [session]
    for name in sorted(hellos):
        hello = hellos[name]
        parts += [hello.parameters, hello.elements.to_bytes(8, "little"), hello.commitment, hello.nonce]
    return digest(f"{protocol} binding", *parts)
