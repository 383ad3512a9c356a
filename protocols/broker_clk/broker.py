"""Broker: sees all encodings, finds the rows that are alike with a join that it is given, and sends hits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from protocols.broker_clk.messages import MESSAGES, Encodings, Hello, Hits, Roster
from protocols.broker_clk.parameters import BROKER, PARTIES, PROTOCOL, UNITS, Parameters
from protocols.broker_clk.unit import binding
from protocols.errors import RefusedError
from protocols.role import DONE, Role, Send, Table, from_each, spend
from protocols.wire import Words


class Found(Protocol):
    """What a join finds: pairs, no pair twice."""

    @property
    def left(self) -> npt.NDArray[Any]:
        """(n,): rows of the left list."""
        ...

    @property
    def right(self) -> npt.NDArray[Any]:
        """(n,): rows of the right list."""
        ...

    @property
    def score(self) -> npt.NDArray[Any]:
        """(n,): from threshold to 1."""
        ...


Join = Callable[[Words, Words, Fraction], Found]
"""(left, right, threshold) to all pairs that score at least that, such as pplink's `threshold_join`."""


class Broker(Role):
    """The broker's role. It draws nothing; its seed is noted all the same, so that no run is run twice."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES

    def __init__(
        self, *, session: bytes, parameters: Parameters, join: Join, seed: bytes, spent: set[bytes]
    ) -> None:
        """seed: 32 fresh bytes. spent: marks of seeds that were used, kept by the caller."""
        super().__init__(BROKER, session, parameters.longest_frame())
        self.parameters = parameters
        self._join, self._seed, self._spent = join, seed, spent
        self._hellos: dict[str, Hello] = {}
        self._blocks: dict[str, list[Words]] = {name: [] for name in parameters.names}

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
        if not 1 <= message.rows <= p.capacity:
            self.fail(sender, "1", "C2", "another number of rows than agreed")
        if sender not in p.names or sender in self._hellos:
            self.fail(sender, "1", "C3", "a second hello, or one of a unit that takes no part")
        self._hellos[sender] = message
        if len(self._hellos) < p.units:
            return []
        if len({hello.nonce for hello in self._hellos.values()}) < p.units:
            self.fail(sender, "1", "C4", "two units' nonces are equal")
        told = b"".join(
            hello.rows.to_bytes(8, "little") + hello.commitment + hello.nonce
            for hello in (self._hellos[name] for name in p.names)
        )
        hellos = np.frombuffer(told, np.uint64)
        self.bound = binding(p, self.session, hellos)
        self.state = "collecting"
        return [Send(name, Roster(hellos=hellos)) for name in p.names]

    def _on_encodings(self, sender: str, message: Encodings) -> list[Send]:
        """Steps 3 and 4."""
        p = self.parameters
        if sender not in p.names:
            self.fail(sender, "3", "C3", "rows of a unit that takes no part")
        blocks, total = self._blocks[sender], self._hellos[sender].rows
        if message.block != len(blocks) or message.block * p.block >= total:
            self.fail(sender, "3", "C6", "a block came twice, out of order, or after the last")
        if len(message.rows) != p.words * p.rows_of(total, message.block):
            self.fail(sender, "3", "C7", "another number of rows than the block has")
        blocks.append(message.rows.reshape(-1, p.words))
        if any(sum(map(len, self._blocks[name])) < self._hellos[name].rows for name in p.names):
            return []
        return self._results()

    def _results(self) -> list[Send]:
        """Step 4. Raises RefusedError if two units have more hits than agreed."""
        p = self.parameters
        lists = [np.concatenate(self._blocks[name]) for name in p.names]
        sends = []
        for one, other in combinations(range(p.units), 2):
            found = self._join(lists[one], lists[other], p.threshold)
            if len(found.left) > p.quota:
                raise RefusedError("more hits than agreed")
            scores = np.asarray(found.score, np.float64) if p.scores else np.zeros(len(found.left))
            columns = [
                np.asarray(found.left, np.uint64),
                np.asarray(found.right, np.uint64),
                scores.view(np.uint64),
            ]
            for here, there, turned in (
                (one, other, columns),
                (other, one, [columns[1], columns[0], columns[2]]),
            ):
                hits = np.stack(turned, axis=1).reshape(-1)
                sends.append(Send(p.names[here], Hits(other=there, hits=hits)))
        self._blocks.clear()
        self.state = DONE
        return sends

    TABLE: ClassVar[Table] = {
        **from_each(UNITS, "greeting", Hello, _on_hello),
        **from_each(UNITS, "collecting", Encodings, _on_encodings),
    }
