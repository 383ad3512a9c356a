"""Masked lists: what two units do alike in ecdh_psi and ecdh_psi_sum. They greet, send a list of elements under
a scalar and in an order of their own, and take the other's, block by block, under both scalars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from protocols.errors import MisuseError
from protocols.primitives import ristretto
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.masking import Order, Secrets, Tags, cut, distinct, elements, masked
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
    """What both units' parameters say."""

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


class Lister(Role):
    """One of two units, each with a list. Labels have the protocol's name, so that two protocols share no secret."""

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
        """different: items, no two equal. Raises MisuseError for more than agreed."""
        super().__init__(self.NAME, session, parameters.longest_frame())
        self.parameters = parameters
        self._different = tuple(different)
        self._size = parameters.filled(len(self._different))
        if self._size > parameters.capacity:
            raise MisuseError("more items than agreed", "agree on a larger capacity")
        self._seed, self._spent, self._spread = seed, spent, spread
        self._nonce = derive(seed, f"{self._protocol()} {self.NAME} nonce", session)
        self._scalar = b""
        self._expected = 0
        self._order: Order
        self._theirs: list[Tags] = []

    @classmethod
    def _protocol(cls) -> str:
        """Its name, without the version."""
        return cls.PROTOCOL.partition("/")[0]

    @property
    def told(self) -> dict[str, int]:
        """Elements that each unit brings, as far as they have said so."""
        return {self.NAME: self._size} | ({self.PEER: self._expected} if self._expected else {})

    @property
    def commitment(self) -> bytes:
        """What binds us to what we bring; commitment_salt opens it."""
        return commit(self.commitment_salt, self._bound_to())

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, f"{self._protocol()} {self.NAME} salt", self.session)

    def _bound_to(self) -> bytes:
        raise NotImplementedError

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
        self.bound = binding(self._protocol(), self.session, {self.NAME: self._hello, self.PEER: message})
        self._scalar = ristretto.reduced(self._secret("scalar", 64))
        self.state = "exchanging"
        return self._list(self._masked())

    def _list(self, rows: Rows) -> list[Send]:
        """Step 2: the blocks of our list."""
        raise NotImplementedError

    def _secret(self, label: str, length: int = 32) -> bytes:
        return derive(self._seed, f"{self._protocol()} {self.NAME} {label}", self.bound, length)

    def _masked(self) -> Rows:
        """Step 2: (size, 32)."""
        points = elements(self._different, f"{self._protocol()} item", self.bound, self._spread)
        secrets = Secrets(scalar=self._scalar, dummies=self._secret("dummies"), order=self._secret("order"))
        found, self._order = masked(points, self._size, secrets, self._spread)
        return found

    def _starts(self, total: int) -> list[tuple[int, int]]:
        """(block, first element) of a list."""
        return list(enumerate(range(0, total, self.parameters.block)))

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
