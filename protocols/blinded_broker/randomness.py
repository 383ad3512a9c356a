"""Randomness: what grows from the dealer's two seeds, the same at the dealer's and at the unit's."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.parameters import ALICE, Parameters
from protocols.primitives.compiled import given
from protocols.primitives.hashing import derive, digest
from protocols.primitives.planes import Planes, Shorts
from protocols.primitives.stream import OneTimeStream, Stream


def binding(parameters: bytes, session: bytes, hellos: dict[str, tuple[int, bytes, bytes]]) -> bytes:
    """What the seeds are bound to: the session, and each unit's rows, commitment and nonce; 32 bytes."""
    parts = [parameters, session]
    for name in sorted(hellos):
        rows, commitment, nonce = hellos[name]
        parts += [name.encode(), rows.to_bytes(8, "little"), commitment, nonce]
    return digest("blinded_broker binding", *parts)


class UnitRandomness:
    """One unit's masks. Records' masks may be made again, a tile's are given out once."""

    def __init__(self, owner: str, seed: bytes, bound: bytes, parameters: Parameters) -> None:
        self._owner = owner
        self._parameters = parameters
        self._records = Stream(derive(seed, f"blinded_broker {owner} records", bound))
        self._tiles = OneTimeStream(derive(seed, f"blinded_broker {owner} tiles", bound))

    def __repr__(self) -> str:
        return f"UnitRandomness({self._owner})"

    def record_masks(self, block: int, width: int) -> Shorts:
        """(bits, width) uint16: masks of a block of records, of product_bits bits each."""
        bits = self._parameters.bits
        words = self._records.words(block, bits * width // 4)
        masks = words.view(np.uint16).reshape(bits, width) & np.uint16(
            (1 << self._parameters.rule.product_bits) - 1
        )
        return given(masks)

    def tile_masks(self, tile: int, words: int) -> dict[str, Planes]:
        """Planes of `words` words: Alice's u, r, m, digits and merge; Bob's r and m. Once a tile.

        With variants also any, for both, and all, for Alice: planes of one bit a pair of persons.
        """
        circuit, z_bits = self._parameters.circuit, self._parameters.rule.z_bits
        counts = {"r": z_bits, "m": circuit.opened}
        few = {"any": self._parameters.any}
        if self._owner == ALICE:
            dealt = {"digits": len(circuit.digits), "merge": len(circuit.merge)}
            counts = {"u": z_bits, **counts, **dealt}
            few["all"] = self._parameters.alike
        size, persons = sum(counts.values()) * words, words // self._parameters.pairings
        stream = self._tiles.words(tile, size + sum(few.values()) * persons)
        parts = [(counts, stream[:size].reshape(-1, words)), (few, stream[size:].reshape(-1, persons))]
        return {
            name: planes
            for names, stack in parts
            for name, planes in zip(names, split(stack, *names.values()), strict=True)
        }


def split(planes: npt.NDArray[np.uint64], *counts: int) -> list[Planes]:
    """Stacks of so many planes each, one after the other. planes: (sum of counts, words)."""
    return np.split(planes, np.cumsum(counts)[:-1])


def stacked(tables: Iterable[Shorts]) -> Shorts:
    """A tile's table from those of its pairs of variants; not copied if there is one."""
    found = list(tables)
    return found[0] if len(found) == 1 else np.concatenate(found)
