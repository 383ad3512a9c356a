"""Party: what both roles share: a nonce, what the run is bound to, and randomness that grows from a seed."""

from __future__ import annotations

from protocols.oprf_hit.messages import MESSAGES
from protocols.oprf_hit.parameters import PARTIES, PROTOCOL, Parameters
from protocols.primitives.hashing import derive, digest
from protocols.role import Role


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
        self._seed = seed
        self._spent = spent
        self._nonce = derive(seed, f"oprf_hit {name} nonce", session)

    def _secret(self, label: str, context: bytes = b"", length: int = 32) -> bytes:
        """Secret bytes of this run for one purpose."""
        return derive(self._seed, f"oprf_hit {label}", self.bound + context, length)


def binding(parameters: bytes, session: bytes, asker: bytes, holder: tuple[bytes, int, bytes]) -> bytes:
    """What the run is bound to: 32 bytes. asker: its nonce; holder: nonce, entries of the filter, commitment."""
    nonce, entries, commitment = holder
    return digest(
        "oprf_hit binding", parameters, session, asker, nonce, entries.to_bytes(8, "little"), commitment
    )
