"""Lists: the units' lists on their way: who has masked which block, and what must come next."""

from __future__ import annotations

from protocols.ecdh_psi_many.parameters import Parameters
from protocols.masked_lists import Hello
from protocols.primitives.hashing import digest


class Lists:
    """Sizes of all units' lists, and the blocks that each unit has handed on."""

    def __init__(self, parameters: Parameters, hellos: dict[str, Hello]) -> None:
        self._parameters = parameters
        self.sizes = [hellos[name].elements for name in parameters.names]
        self._done: dict[tuple[int, int], int] = {}

    def blocks(self, owner: int) -> int:
        """Into how many blocks a list goes."""
        return -(-self.sizes[owner] // self._parameters.block)

    def rows(self, owner: int, block: int) -> int:
        """Elements in a block; only the last may have fewer than block."""
        return min(self._parameters.block, self.sizes[owner] - block * self._parameters.block)

    def take(self, unit: int, owner: int, block: int) -> bool:
        """Note that a unit hands on a block; False if that is not the next of that list."""
        if (
            owner >= len(self.sizes)
            or block != self._done.get((unit, owner), 0)
            or block >= self.blocks(owner)
        ):
            return False
        self._done[unit, owner] = block + 1
        return True

    def all_of(self, unit: int) -> bool:
        """Whether a unit has handed on every list."""
        return all(self._done.get((unit, owner), 0) == self.blocks(owner) for owner in range(len(self.sizes)))

    def after(self, unit: int) -> int:
        """Who masks after a unit."""
        return (unit + 1) % len(self.sizes)


def binding(parameters: Parameters, session: bytes, hellos: dict[str, Hello]) -> bytes:
    """What the run is bound to: 32 bytes."""
    parts = [parameters.digest(), session]
    for name in parameters.names:
        hello = hellos[name]
        parts += [hello.elements.to_bytes(8, "little"), hello.commitment, hello.nonce]
    return digest("ecdh_psi_many binding", *parts)
