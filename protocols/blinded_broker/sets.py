"""Sets: what the dealer deals several of for each tile, where it is to prove that it deals right (SPEC.md, "The
dealer's proof"): a seed for each unit, and the corrections that follow from both."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.dealing import corrections, fresh_panels
from protocols.blinded_broker.parameters import ALICE, BOB
from protocols.blinded_broker.plan import Plan
from protocols.blinded_broker.randomness import UnitRandomness
from protocols.primitives.hashing import commit, derive, digest
from protocols.primitives.planes import Planes

Words = npt.NDArray[np.uint64]
WORDS_OF_MARKS = 12
"""Of a set: marks of Alice's seed, of Bob's seed, and of Bob's seed with the corrections, 32 bytes each."""
WORDS_OF_SEED = 4
PLACES = {ALICE: 0, BOB: 1}
CORRECTIONS = 2
"""Which of a set's marks is whose."""


def number(*values: int) -> bytes:
    """8 bytes each."""
    return b"".join(value.to_bytes(8, "little") for value in values)


def set_seed(seed: bytes, owner: str, bound: bytes, tile: int, which: int) -> bytes:
    """A unit's seed of one set, from the seed that the dealer gave it for the run: 32 bytes."""
    return derive(seed, f"blinded_broker {owner} set", bound + number(tile, which))


def mark(seed: bytes, tile: int, which: int, *planes: Planes) -> bytes:
    """A commitment to a set's seed, or to Bob's with the corrections: 32 bytes. The seed itself is the salt."""
    return commit(seed, number(tile, which), *(words.reshape(-1).view(np.uint8).data for words in planes))


def split_words(words: Words, size: int) -> list[bytes]:
    """`size` words each, as bytes. words: (n * size,)."""
    return [part.tobytes() for part in words.reshape(-1, size)]


def joined_words(parts: list[bytes]) -> Words:
    """The reverse: (n * size,)."""
    return np.frombuffer(b"".join(parts), np.uint64)


def marks_of(words: Words) -> list[list[bytes]]:
    """The three marks of each set, 32 bytes each. words: (WORDS_OF_MARKS * sets,)."""
    return [split_words(part, WORDS_OF_SEED) for part in words.reshape(-1, WORDS_OF_MARKS)]


def sets_digest(tile: int, marks: Words) -> bytes:
    """What the units compare, so that the dealer cannot tell each of other sets: 32 bytes."""
    return digest("blinded_broker sets", number(tile), marks.view(np.uint8).data)


def drawn(bound: bytes, tile: int, nonces: Mapping[str, bytes], count: int) -> int:
    """Which of so many sets is used. nonces: of both units, by name; nothing of the dealer's."""
    coin = digest("blinded_broker coin", bound, number(tile), nonces[ALICE], nonces[BOB])
    return int.from_bytes(coin[:8], "little") % count


def randomness(plan: Plan, owner: str, seed: bytes, bound: bytes) -> UnitRandomness:
    """What grows from a set's seed."""
    return UnitRandomness(owner, seed, bound, plan.parameters)


def dealt(plan: Plan, tile: int, seeds: Mapping[str, bytes], bound: bytes) -> Planes:
    """The corrections that follow from a set's seeds, by unit."""
    random = {name: randomness(plan, name, seed, bound) for name, seed in seeds.items()}
    return corrections(plan, tile, random, fresh_panels(plan, random))
