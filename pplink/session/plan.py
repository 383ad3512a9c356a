"""Plan: what a protocol is to a session: how parties get their roles, and what a unit makes of its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Agreement, Terms
from pplink.session.post import Post
from protocols.role import Role

Bytes = npt.NDArray[np.uint8]
Remember = Callable[[str, Callable[[], bytes]], bytes]
"""(name, make) gives what was kept under that name, or makes and keeps it."""


class Brought(Protocol):
    """What a unit brings to a session."""

    @property
    def handles(self) -> Bytes:
        """(n, 16): of its records."""
        ...

    @property
    def told(self) -> int:
        """How much it brings, as it tells all when it joins."""
        ...

    @property
    def confirmation(self) -> bytes:
        """32 bytes: key confirmation of the linkage secret."""
        ...

    @property
    def digest(self) -> str:
        """Of all that it brings, 64 hex digits. Stays at the unit: unsalted."""
        ...

    def __len__(self) -> int:
        """Records."""
        ...


Cells = tuple[tuple[int, ...] | None, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Couple:
    """A unit's hits with one other unit."""

    peer: str
    own: Bytes
    """(n, 16): a hit's handle of our record."""
    theirs: Bytes
    """(n, 16): the peer's."""
    score: npt.NDArray[np.float64]
    """(n,): 1 where none are opened."""
    rows: npt.NDArray[np.int64]
    """(n,): our row of what we brought."""
    told: Bytes | None = None
    """(n, 16): what our record is called towards the peer, if that is another name than `own`."""
    keys: tuple[str, ...] | None = None
    """(n,): by which keys, where hits come from keys."""
    size: int | None = None
    """With how many records, or keys, the peer joined; None before that is noted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a unit makes of its role's result."""

    couples: tuple[Couple, ...]
    """One for each other unit; none if only a size was learned."""
    size: int
    """How much was found: pairs before one-to-one was chosen, common keys, or released cells."""
    cells: Cells | None = None
    """Of a table, each cell's count and sums; None where it is withheld."""
    names: Couple | None = None
    """Of a unit that learns no hits: `theirs` is by which name the other knows our record, of each of our keys."""


class Plan(Protocol):
    """One session of a protocol: what follows from the agreement and from what units told when they joined."""

    @property
    def longest(self) -> int:
        """Bytes of the longest message; nobody can make us take in a longer one."""
        ...

    @property
    def way(self) -> str:
        """How the session is done, where the agreement left that open; for people."""
        ...

    def party_of(self, role: str) -> str:
        """The name of the party that has this role."""
        ...

    def role_of(self, party: str) -> str:
        """The role that this party has."""
        ...

    def hears(self, party: str) -> tuple[str, ...]:
        """From whom messages of the protocol come to a party; others may be ahead of it, and wait."""
        ...

    def ready(self, post: Post, brought: Brought | None) -> Plan:
        """The same, once parties told each other what they must know before roles begin; brought: None for the broker.

        Raises PeerError, AgreementError.
        """
        ...

    def make(self, party: str, session: bytes, seed: bytes, brought: Brought | None) -> Role | None:
        """The party's role; brought: None for the broker. None for a broker that has no part but to keep the record."""
        ...

    def check(self, role: Role) -> None:
        """Raises PeerError if a unit tells the role of another size than it joined with."""
        ...

    def settle(self, post: Post, role: Role, brought: Brought) -> Found:
        """A unit's result, once units have told each other the handles of their hits."""
        ...

    def commitment(self, role: Role) -> str:
        """What binds a unit to what it brings, in hex."""
        ...

    def ticks(self, party: str) -> tuple[str, int]:
        """Of which step a party takes in how many messages: how far it is."""
        ...


@dataclass(frozen=True, kw_only=True)
class Resuming:
    """How a protocol goes on where it stood, in tiles. What a unit has done is kept as bytes, part after part."""

    tiles: Callable[[Sequence[bytes]], int]
    """How many tiles were done."""
    cut: Callable[[Sequence[bytes], int], bytes]
    """What was done of the tiles before this one, as a single part."""
    news: Callable[[Role], bytes | None]
    """What a role has done since this was asked before, as a part."""
    taken_up: Callable[[Any, int, Sequence[bytes] | None], Any]
    """(plan, tile, parts) gives the plan of what is left from that tile on; parts: a unit's. Raises PeerError for a
    tile that there is not, or from which the other unit cannot honestly go on; RefusedError."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A protocol as sessions run it."""

    check: Callable[[Terms], None]
    """Raises AgreementError if no session can be run under these terms."""
    plan: Callable[[Agreement, tuple[str, ...], Mapping[str, int]], Plan]
    """How these units (in order of names), who told so much when they joined, run it."""
    prepare: Callable[..., Any]
    """(people, agreement, ring, now, and `Choices`) -> Brought, as `inputs.prepare`."""
    keeps: bool = False
    """Whether `prepare` also takes `remember`."""
    resuming: Resuming | None = None
    """None where all is done again, message for message."""
