"""Asker: learns whether a person is on the holder's list, one query at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from protocols.errors import MisuseError, RefusedError
from protocols.oprf_hit.filter import Values, among, decode, rest_bits, values
from protocols.oprf_hit.messages import Answer, Ask, AskerHello, Close, Filter, HolderHello, Update
from protocols.oprf_hit.oprf import LONGEST, blind, finalize, verify
from protocols.oprf_hit.parameters import ASKER, HOLDER, Parameters
from protocols.oprf_hit.party import Party, binding
from protocols.oprf_hit.purpose import Purpose
from protocols.primitives import ristretto
from protocols.primitives.ristretto import Rows
from protocols.primitives.stream import OneTimeStream
from protocols.role import DONE, Frame, Send, Table, spend

Hits = tuple[bool, ...]
"""Of each key of a query, whether it is on the list."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One person, and why it is asked about."""

    keys: tuple[bytes, ...]
    """Normalised keys of the person, 1 to Parameters.keys: name variants with birth dates, document numbers ..."""
    purpose: Purpose

    def __repr__(self) -> str:
        return f"Query({len(self.keys)} keys)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """A session between two queries."""

    bound: bytes
    numbers: Values
    """(n,): the filter."""
    asked: int
    updates: int
    sent: int
    received: int
    """Frames, either way."""


class Asker(Party):
    """The asker's role. `answers` grows by each answer; `result` is all of them at the end."""

    def __init__(
        self,
        *,
        session: bytes,
        parameters: Parameters,
        queries: Sequence[Query] = (),
        stay: bool = False,
        seed: bytes,
        spent: set[bytes],
    ) -> None:
        """queries: asked one after the other. stay: then wait for `ask` and `close`, else close.

        Raises MisuseError for a query without keys or with too many, RefusedError for more than the quota.
        """
        super().__init__(ASKER, session, parameters, seed, spent)
        self._waiting: deque[Query] = deque()
        self._stay = stay
        self._count = 0
        for query in queries:
            self._take(query)
        self._chunks: list[Values] = []
        self._entries, self._updates = 0, 0
        self._random: OneTimeStream
        self._numbers: Values
        self._under_way: tuple[Query, list[bytes], Rows] | None = None
        self.answers: list[Hits] = []
        self.result: tuple[Hits, ...] | None = None

    def ask(self, query: Query) -> list[Frame]:
        """Ask one more, after those that wait. Raises as the constructor, and MisuseError when closed."""
        if not self._stay or self.state in (DONE, "failed", "new"):
            raise MisuseError("this session takes no more queries")
        self._take(query)
        return self._step(self._next)

    def close(self) -> list[Frame]:
        """Close once all that wait are answered."""
        self._stay = False
        return self._step(self._next)

    def kept(self) -> Kept:
        """What a later process needs to go on with this session. Raises MisuseError but between queries."""
        if self.state != "ready":
            raise MisuseError("a session is kept between queries")
        return Kept(
            bound=self.bound,
            numbers=self._numbers,
            asked=len(self.answers),
            updates=self._updates,
            sent=self._sent[HOLDER],
            received=self._received[HOLDER],
        )

    def go_on(self, kept: Kept) -> None:
        """In place of `begin`: of the role that `kept`, with its session, parameters, seed. Earlier answers are empty.

        What was kept serves once: two that went on from it would hide two persons behind one mask.
        """
        if self.state != "new":
            raise MisuseError("a role begins or goes on once")
        spend(self._seed, self._spent)
        self.bound, self._numbers, self._updates = kept.bound, kept.numbers, kept.updates
        self._entries, self._count = len(kept.numbers), kept.asked + len(self._waiting)
        self._sent[HOLDER], self._received[HOLDER] = kept.sent, kept.received
        self._random = OneTimeStream(self._secret("blinds"))
        self.answers = [()] * kept.asked
        self.state = "ready"

    def _take(self, query: Query) -> None:
        if not 1 <= len(query.keys) <= self.parameters.keys or max(map(len, query.keys)) > LONGEST:
            raise MisuseError(f"a query has 1 to {self.parameters.keys} keys of at most {LONGEST} bytes")
        if self._count >= self.parameters.quota:
            raise RefusedError("more queries than agreed for a session")
        self._count += 1
        self._waiting.append(query)

    def opening(self) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        return [Send(HOLDER, AskerHello(parameters=self.parameters.digest(), nonce=self._nonce))]

    def on_hello(self, message: HolderHello) -> list[Send]:
        """Step 1."""
        p = self.parameters
        if message.parameters != p.digest():
            self.fail(HOLDER, "1", "C1", "other parameters")
        if message.entries % p.step or not p.step <= message.entries <= p.capacity:
            self.fail(HOLDER, "1", "C2", "a filter of another size than agreed")
        self._entries = message.entries
        theirs = (message.nonce, message.entries, message.commitment)
        self.bound = binding(p.digest(), self.session, self._nonce, theirs)
        self._random = OneTimeStream(self._secret("blinds"))
        self.state = "loading"
        return []

    def on_filter(self, message: Filter) -> list[Send]:
        """Step 2."""
        p = self.parameters
        if message.chunk != len(self._chunks):
            self.fail(HOLDER, "2", "C3", "a chunk of the filter came twice or out of order")
        below = int(self._chunks[-1][-1]) if self._chunks else -1
        rest, size = rest_bits(p.bits, self._entries), p.chunk_size(self._entries, message.chunk)
        found = decode(message.code, size, below, rest, p.bits)
        if found is None:
            self.fail(HOLDER, "2", "C4", "a chunk that is no code of so many numbers")
        self._chunks.append(found)
        if sum(map(len, self._chunks)) < self._entries:
            return []
        self._numbers = np.concatenate(self._chunks)
        self._chunks.clear()
        self.state = "ready"
        return self._next()

    def _next(self) -> list[Send]:
        """Step 3 or 7, or nothing."""
        if self.state != "ready":
            return []
        if self._waiting:
            return [Send(HOLDER, self._blinded(self._waiting.popleft()))]
        if self._stay:
            return []
        self.result, self.state = tuple(self.answers), DONE
        return [Send(HOLDER, Close(asked=len(self.answers)))]

    def _blinded(self, query: Query) -> Ask:
        """Step 3."""
        p, number = self.parameters, len(self.answers)
        wide = self._random.words(number, 16 * p.keys).view(np.uint8).reshape(2 * p.keys, 64)
        blinds = [ristretto.reduced(row.tobytes()) for row in wide[: p.keys]]
        asked = blind(query.keys, blinds[: len(query.keys)], p.verifiable)
        dummies = ristretto.from_uniform(wide[p.keys + len(query.keys) :])
        elements = np.concatenate((asked, dummies))
        self._under_way = (query, blinds, elements)
        self.state = "asking"
        case, basis = query.purpose.packed()
        return Ask(number=number, case=case, basis=basis, elements=elements.reshape(-1).view(np.uint64))

    def on_answer(self, message: Answer) -> list[Send]:
        """Step 5, and 3 or 7 again."""
        p = self.parameters
        if self._under_way is None or message.number != len(self.answers):
            self.fail(HOLDER, "4", "C9", "an answer to another query")
        query, blinds, blinded = self._under_way
        evaluated = message.elements.view(np.uint8)
        if len(evaluated) != p.keys * ristretto.SIZE:
            self.fail(HOLDER, "4", "C10", "another number of elements than asked")
        evaluated = evaluated.reshape(-1, ristretto.SIZE)
        try:
            outputs = finalize(query.keys, blinds, evaluated)
        except ristretto.OutsideError:
            self.fail(HOLDER, "4", "C10", "an element outside the group, or the identity")
        fits = (
            verify(p.public_key, blinded, evaluated, message.proof)
            if p.verifiable
            else not any(message.proof)
        )
        if not fits:
            self.fail(HOLDER, "4", "C11", "the proof does not fit")
        self._under_way = None
        self.answers.append(self._hits(values(outputs, self.bound, p.bits)))
        self.state = "ready"
        return self._next()

    def _hits(self, wanted: Values) -> Hits:
        return tuple(among(wanted, self._numbers).tolist())

    def on_update(self, message: Update) -> list[Send]:
        """Step 6."""
        p, numbers = self.parameters, message.numbers
        gone, come = numbers[: message.gone], numbers[message.gone :]
        size = len(self._numbers) - len(gone) + len(come)
        fits = (
            message.number == self._updates
            and message.gone <= len(numbers)
            and _rising(gone)
            and _rising(come)
            and bool(among(gone, self._numbers).all())
            and (not len(come) or come[-1] >> np.uint64(p.bits) == 0)
            and not among(come, self._numbers).any()
            and size % p.step == 0
            and len(self._numbers) <= size <= p.capacity
        )
        if not fits:
            self.fail(HOLDER, "6", "C12", "an update that does not fit the filter")
        kept = np.delete(self._numbers, np.searchsorted(self._numbers, gone))
        self._numbers = np.insert(kept, np.searchsorted(kept, come), come)
        self._updates += 1
        return []

    def on_late(self, _message: Update) -> list[Send]:
        """Step 6, when we have closed: it was on its way."""
        return []

    TABLE: ClassVar[Table] = {
        ("greeting", HOLDER, HolderHello): on_hello,
        ("loading", HOLDER, Filter): on_filter,
        ("ready", HOLDER, Update): on_update,
        ("asking", HOLDER, Update): on_update,
        ("asking", HOLDER, Answer): on_answer,
        (DONE, HOLDER, Update): on_late,
    }


def _rising(numbers: Values) -> bool:
    return bool((numbers[1:] > numbers[:-1]).all())
