"""Party: what all roles share: a hello, the roster, what the run is bound to, and randomness that grows from a seed."""

from __future__ import annotations

import numpy as np

from protocols.paillier_stats.messages import MESSAGES, Hello, Roster
from protocols.paillier_stats.parameters import BROKER, PARTIES, PROTOCOL, Parameters
from protocols.primitives.hashing import derive, digest
from protocols.role import Role, Send, spend
from protocols.wire import Words

ENTRY = 8
"""Words of a hello in a roster."""


class Party(Role):
    """A role before its first message."""

    PROTOCOL = PROTOCOL
    PARTIES = PARTIES
    MESSAGES = MESSAGES

    def __init__(
        self, name: str, session: bytes, parameters: Parameters, seed: bytes, spent: set[bytes]
    ) -> None:
        """seed: 32 fresh random bytes. spent: marks of seeds that were used, kept by the caller for good."""
        super().__init__(name, session, parameters.longest_frame())
        self.parameters = parameters
        self._seed, self._spent = seed, spent

    def _secret(self, label: str, context: bytes, length: int = 32) -> bytes:
        """Secret bytes of this run for one purpose."""
        return derive(self._seed, f"paillier_stats {self.name} {label}", context, length)


class Member(Party):
    """A unit or the keeper, before it knows the others."""

    _hello: Hello

    @property
    def commitment(self) -> bytes:
        """What binds us to our table; zeros for the keeper, which has none."""
        return bytes(32)

    @property
    def _nonce(self) -> bytes:
        return self._secret("nonce", self.session)

    def opening(self) -> list[Send]:
        """Step 1."""
        spend(self._seed, self._spent)
        self.state = "greeting"
        self._hello = Hello(
            parameters=self.parameters.digest(), commitment=self.commitment, nonce=self._nonce
        )
        return [Send(BROKER, self._hello)]

    def _read_roster(self, message: Roster) -> None:
        """Step 2: what the run is bound to."""
        p = self.parameters
        rows = message.hellos.reshape(-1, ENTRY) if len(message.hellos) % ENTRY == 0 else message.hellos[:0]
        told = {name: row.tobytes() for name, row in zip(p.members, rows, strict=False)}
        if len(rows) != len(p.members) or len({hello[32:] for hello in told.values()}) < len(told):
            self.fail(BROKER, "2", "C4", "another number of hellos than parties, or two with one nonce")
        if told[self.name] != self._hello.commitment + self._hello.nonce:
            self.fail(BROKER, "2", "C5", "we said another hello")
        self.bound = binding(p, self.session, message.hellos)


def binding(parameters: Parameters, session: bytes, hellos: Words) -> bytes:
    """What the run is bound to: 32 bytes."""
    return digest(
        "paillier_stats binding", parameters.digest(), session, np.ascontiguousarray(hellos).tobytes()
    )
