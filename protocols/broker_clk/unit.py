"""Unit: shuffles its encodings, shows them to the broker, and gets its hits."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from protocols.broker_clk.messages import MESSAGES, Encodings, Hello, Hits, Roster
from protocols.broker_clk.parameters import BROKER, HIT, PARTIES, PROTOCOL, Parameters
from protocols.broker_clk.result import Hit
from protocols.errors import MisuseError
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.stream import Stream
from protocols.role import DONE, Role, Send, Table, spend
from protocols.wire import Words

ENTRY = 9
"""Words of a hello in a roster."""


class Unit(Role):
    """A unit's role; `result`, all hits, at the end."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES

    def __init__(
        self,
        name: str,
        *,
        session: bytes,
        parameters: Parameters,
        rows: Words,
        seed: bytes,
        spent: set[bytes],
    ) -> None:
        """name: one of Parameters.names. rows: (n, bits / 64) uint64, n from 1 to capacity.

        seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good. Raises
        MisuseError for rows that do not fit, or a name that takes no part.
        """
        super().__init__(name, session, parameters.longest_frame())
        if name not in parameters.names:
            raise MisuseError(f"a unit is one of {', '.join(parameters.names)}")
        if rows.ndim != 2 or rows.dtype != np.uint64 or rows.shape[1] != parameters.words:
            raise MisuseError(f"rows are encodings of {parameters.bits} bits")
        if not 1 <= len(rows) <= parameters.capacity:
            raise MisuseError("no rows, or more than agreed")
        self.parameters = parameters
        self._rows, self._seed, self._spent = rows, seed, spent
        self._nonce = derive(seed, f"broker_clk {name} nonce", session)
        self._hello: Hello
        self._sizes: dict[str, int] = {}
        self._order: Words
        self._heard: set[str] = set()
        self._hits: list[Hit] = []
        self.result: tuple[Hit, ...] | None = None

    @property
    def commitment(self) -> bytes:
        """What binds us to our rows; commitment_salt opens it."""
        return commit(self.commitment_salt, np.ascontiguousarray(self._rows).tobytes())

    @property
    def commitment_salt(self) -> bytes:
        """Secret until an auditor asks."""
        return derive(self._seed, f"broker_clk {self.name} salt", self.session)

    def opening(self) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        self._hello = Hello(
            parameters=self.parameters.digest(),
            rows=len(self._rows),
            commitment=self.commitment,
            nonce=self._nonce,
        )
        return [Send(BROKER, self._hello)]

    def on_roster(self, message: Roster) -> list[Send]:
        """Steps 2 and 3."""
        p = self.parameters
        whole = len(message.hellos) == ENTRY * p.units
        told = dict(zip(p.names, message.hellos.reshape(-1, ENTRY) if whole else (), strict=whole))
        if len({row[5:].tobytes() for row in told.values()}) < p.units:
            self.fail(BROKER, "2", "C4", "another number of hellos than units, or two with one nonce")
        mine = self._hello
        if told[self.name].tobytes() != mine.rows.to_bytes(8, "little") + mine.commitment + mine.nonce:
            self.fail(BROKER, "2", "C5", "we said another hello")
        self._sizes = {name: int(row[0]) for name, row in told.items()}
        if not all(1 <= size <= p.capacity for size in self._sizes.values()):
            self.fail(BROKER, "2", "C2", "a unit with another number of rows than agreed")
        self.bound = binding(p, self.session, message.hellos)
        words = Stream(derive(self._seed, f"broker_clk {self.name} order", self.bound)).words(0, mine.rows)
        self._order = np.argsort(words, kind="stable").astype(np.uint64)
        shown = self._rows[self._order]
        self.state = "waiting"
        return [
            Send(BROKER, Encodings(block=block, rows=shown[at : at + p.block].reshape(-1)))
            for block, at in enumerate(range(0, mine.rows, p.block))
        ]

    def on_hits(self, message: Hits) -> list[Send]:
        """Step 5."""
        p = self.parameters
        other = p.names[message.other] if message.other < p.units else self.name
        if other == self.name or other in self._heard:
            self.fail(BROKER, "4", "C8", "hits with ourselves, with nobody, or a second time")
        if len(message.hits) % HIT or len(message.hits) > HIT * p.quota:
            self.fail(BROKER, "4", "C9", "no whole number of hits, or more than agreed")
        self._hits += self._checked(other, message.hits.reshape(-1, HIT))
        self._heard.add(other)
        if len(self._heard) == p.units - 1:
            self.result, self.state = tuple(sorted(self._hits)), DONE
        return []

    def _checked(self, other: str, hits: Words) -> list[Hit]:
        """Check C10. hits: (n, HIT)."""
        p = self.parameters
        scores = hits[:, 2].copy().view(np.float64)
        places = (hits[:, :2] < np.array([self._sizes[self.name], self._sizes[other]], np.uint64)).all()
        fit = (scores >= float(p.threshold)) & (scores <= 1) if p.scores else hits[:, 2] == 0
        if not places or not fit.all() or len(np.unique(hits[:, :2], axis=0)) < len(hits):
            self.fail(BROKER, "4", "C10", "a place that is not there, a score that cannot be, or a hit twice")
        told = zip(self._order[hits[:, 0]].tolist(), hits[:, 1].tolist(), scores.tolist(), strict=True)
        return [Hit(row=row, unit=other, handle=handle, score=score) for row, handle, score in told]

    def row_of(self, handle: int) -> int:
        """Which row of ours another unit means by a handle. Raises MisuseError if none."""
        if self.state != DONE or not 0 <= handle < len(self._order):
            raise MisuseError("no such handle, or no hits yet")
        return int(self._order[handle])

    TABLE: ClassVar[Table] = {
        ("greeting", BROKER, Roster): on_roster,
        ("waiting", BROKER, Hits): on_hits,
    }


def binding(parameters: Parameters, session: bytes, hellos: Words) -> bytes:
    """What the run is bound to: 32 bytes."""
    told = np.ascontiguousarray(hellos).tobytes()
    return digest("broker_clk binding", parameters.digest(), session, told)
