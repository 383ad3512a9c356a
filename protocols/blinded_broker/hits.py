"""Hits: what a run gives, and the opening of their scores (SPEC.md, step 10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from protocols.blinded_broker.parameters import PART, Parameters
from protocols.blinded_broker.plan import Plan
from protocols.primitives.planes import Planes, bits_at, members

Ints = npt.NDArray[np.int64]
Fail = Callable[[str, str], NoReturn]
"""Raises PeerError for a check and a message."""


@dataclass(frozen=True, kw_only=True)
class Hits:
    """(n,) each; ordered by tile, then Alice's row, then Bob's."""

    alice: Ints
    bob: Ints
    common: Ints | None = None
    """Bits that both rows have, if scores were opened."""
    alice_weight: Ints | None = None
    """Bits set in Alice's row, if scores were opened."""
    bob_weight: Ints | None = None

    def __len__(self) -> int:
        return len(self.alice)


@dataclass(frozen=True, kw_only=True)
class TileHits:
    """The hits of some tiles, and what opens their scores."""

    tile: Ints
    """(n,) each: where a hit was found; rising."""
    alice: Ints
    bob: Ints
    masked: Ints
    """c of each hit."""
    own: Ints
    """Our share of r, for each hit."""


def tile_hits(plan: Plan, tile: int, result: Planes, total: Planes, own: Planes) -> TileHits:
    """The hits in a tile's opened plane. total: planes of c; own: our share of r."""
    _, width = plan.shape(tile)
    rows, columns = members(result, width)
    shown = (total, own) if plan.parameters.scores else (total[:0], own[:0])
    masked, share = (numbers_at(planes, width, rows, columns) for planes in shown)
    alice, bob = plan.persons_at(tile, rows, columns)
    return TileHits(tile=np.full(len(rows), tile), alice=alice, bob=bob, masked=masked, own=share)


def numbers_at(planes: Planes, width: int, rows: Ints, columns: Ints) -> Ints:
    """(n,) int64: some of the numbers in a stack of planes."""
    found = np.zeros(len(rows), np.int64)
    for number, plane in enumerate(planes):
        found |= bits_at(plane, width, rows, columns).astype(np.int64) << number
    return found


def joined(tiles: list[TileHits]) -> TileHits:
    """All tiles' hits, one after the other."""
    none = np.zeros(0, np.int64)
    columns = {
        field.name: np.concatenate([none, *(getattr(tile, field.name) for tile in tiles)])
        for field in fields(TileHits)
    }
    return TileHits(**columns)


def taken(hits: TileHits, which: Ints | slice) -> TileHits:
    """Some of the hits: places, or a slice."""
    return TileHits(**{field.name: getattr(hits, field.name)[which] for field in fields(TileHits)})


def score_words(hits: TileHits, weights: Ints) -> npt.NDArray[np.uint64]:
    """(n,) uint64: share of r and own row's weight for each hit."""
    return (hits.own | weights << 32).astype(np.uint64)


def parted(words: npt.NDArray[np.uint64], count: int) -> list[npt.NDArray[np.uint64]]:
    """`count` words in parts of PART: these, (n,), then zeros, so that the length tells nothing."""
    full = np.concatenate([words, np.zeros(count - len(words), np.uint64)])
    return [full[at : at + PART] for at in range(0, count, PART)]


def opened(
    parameters: Parameters,
    hits: TileHits,
    words: npt.NDArray[np.uint64],
    weights: tuple[Ints, Ints],
    fail: Fail,
) -> Hits:
    """Hits with scores, from the peer's words (check C14).

    words: (n or more,), zeros after the n hits. weights: (n,) bits set in Alice's rows and in Bob's, as either said.
    """
    rule, count = parameters.rule, len(hits.own)
    r = hits.own ^ (words[:count] & np.uint64(2**32 - 1)).astype(np.int64)
    z = (hits.masked - r) & ((1 << rule.z_bits) - 1)
    alice, bob = weights
    scaled = z + rule.costs(alice, 0) + rule.costs(bob, 1)
    common = scaled // rule.scale
    fits = (z < 1 << (rule.z_bits - 1)) & (scaled % rule.scale == 0) & (common <= np.minimum(alice, bob))
    limits = (np.maximum(alice, bob) <= parameters.heaviest) & (alice + bob - common <= parameters.bits)
    if not (fits & limits).all() or words[count:].any():
        fail("C14", "a score cannot be")
    return Hits(alice=hits.alice, bob=hits.bob, common=common, alice_weight=alice, bob_weight=bob)
