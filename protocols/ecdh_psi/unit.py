"""Unit: Alice's and Bob's roles, which do the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from protocols.ecdh_psi.messages import MESSAGES, Masked, Returned
from protocols.ecdh_psi.parameters import ALICE, BOB, PARTIES, PROTOCOL, Parameters
from protocols.ecdh_psi.result import Intersection
from protocols.errors import RefusedError
from protocols.masked_lists import Hello, Lister
from protocols.primitives import ristretto
from protocols.primitives.masking import SIZE, Order, Tags, distinct, read, words
from protocols.primitives.ristretto import Rows, Spread
from protocols.role import DONE, Send, Table


class Unit(Lister):
    """A unit's role; `result` at the end, for a unit that may know."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES
    TWICE: ClassVar[str] = "C9"
    parameters: Parameters

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
        super().__init__(
            session=session,
            parameters=parameters,
            different=tuple(dict.fromkeys(items)),
            seed=seed,
            spent=spent,
            spread=spread,
        )
        self._items = tuple(items)
        self._ours: list[Tags] = []
        self.result: Intersection | None = None

    @property
    def listed(self) -> tuple[bytes | None, ...]:
        """The list that we sent, place by place, before it was masked; None for a dummy."""
        items = (*self._different, *[None] * (self._size - len(self._different)))
        return tuple(items[place] for place in self._order.tolist())

    def _list(self, rows: Rows) -> list[Send]:
        return [Send(self.PEER, Masked(block=n, elements=block)) for n, block in self._blocks(rows)]

    def on_masked(self, message: Masked) -> list[Send]:
        """Step 3, as far as this block goes."""
        size = self._due(message.block, len(self._theirs), self._expected, "2", "C4")
        if len(message.elements) != size * ristretto.SIZE // 8:
            self.fail(self.PEER, "2", "C5", "another number of elements than the block has")
        self._take(message.elements)
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
        starts = self._starts(self._expected)
        return [Send(self.PEER, Returned(block=n, tags=words(tags[at : at + p.block]))) for n, at in starts]

    def on_returned(self, message: Returned) -> list[Send]:
        """Step 4, as far as this block goes."""
        if not self.parameters.learns(self.NAME):
            self.fail(self.PEER, "3", "C7", "tags for a unit that may not know")
        size = self._due(message.block, len(self._ours), self._size, "3", "C7")
        if len(message.tags) != size * SIZE // 8:
            self.fail(self.PEER, "3", "C8", "another number of tags than the block has")
        self._ours.append(read(message.tags))
        self._finish()
        return []

    def _finish(self) -> None:
        """Step 4, once all is there."""
        learns = self.parameters.learns(self.NAME)
        if not self._all_theirs() or (learns and sum(map(len, self._ours)) < self._size):
            return
        if learns:
            self.result = self._intersection(np.concatenate(self._theirs), np.concatenate(self._ours))
        self.state = DONE

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
        hit = self._common(theirs, ours[common], self._order[common])
        items = tuple(place for place, item in enumerate(self._items) if item in hit)
        return Intersection(size=size, items=items, theirs=tuple(hit[self._items[place]] for place in items))

    def _common(self, theirs: Tags, ours: Tags, places: Order) -> dict[bytes, int]:
        """By item that is common, its place in the peer's list. ours, places: (n,) its tag, and its place in ours."""
        if places.max(initial=-1) >= len(self._different):
            self.fail(self.PEER, "3", "C11", "a dummy of ours is said to be common")
        order = np.argsort(theirs)
        found = order[np.searchsorted(theirs, ours, sorter=order)]
        return dict(zip((self._different[place] for place in places.tolist()), found.tolist(), strict=True))

    TABLE: ClassVar[Table]


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
