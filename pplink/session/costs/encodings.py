"""Encodings: what protocols cost that compare encodings: by pairs, and by records."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.join.api import threshold_join
from pplink.session.costs.trial import SESSION, Cost, Sizes, Spent, seed, spent
from protocols import broker_clk
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.role import Role

BITS = 1024
SIDE = 1024
THRESHOLD = Fraction(66, 100)
"""Of the preset `persons`."""
Rows = npt.NDArray[np.uint64]


def blinded(sizes: Sizes) -> tuple[Cost, ...]:
    """Tiles of `SIDE` times `SIDE` pairs, all of them; and bytes of each record."""
    one, two = (spent(partial(_blinded, count * SIDE, SIDE)) for count in (1, 2))
    blocks = [-(-size // SIDE) for size in (sizes.rows, sizes.other)]
    tiles = blocks[0] * blocks[1]
    tile, block = _by_tile_and_block(one, two)
    return (
        Cost(what="all pairs", seconds=tiles * two.seconds / 2, bytes=tiles * tile + sum(blocks) * block),
    )


def _by_tile_and_block(one: Spent, two: Spent) -> tuple[int, int]:
    """Bytes of a tile and of a block, from runs of one tile with two blocks and of two with three."""
    tile = 2 * two.bytes - 3 * one.bytes
    return tile, (one.bytes - tile) // 2


def shown(sizes: Sizes) -> tuple[Cost, ...]:
    """Pairs, which one broker compares in the clear, without the manifest and the log; and bytes of each record."""
    count = 4096
    took = spent(lambda: _shown(count))
    records = sizes.rows + sizes.other
    return (
        Cost(
            what="all pairs",
            seconds=took.seconds * sizes.rows * sizes.other / count**2,
            bytes=took.bytes * records // (2 * count),
        ),
    )


def _blinded(rows: int, other: int) -> list[Role]:
    parameters = Parameters(bits=BITS, threshold=THRESHOLD, side=SIDE, most_rows=2 * SIDE, scores=True)

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    return [
        Alice(rows=people(rows, 1), **common("alice")),
        Bob(rows=people(other, 2), **common("bob")),
        Dealer(**common("dealer")),
    ]


def _shown(rows: int) -> list[Role]:
    parameters = broker_clk.Parameters(bits=BITS, threshold=THRESHOLD, scores=True)

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    units = [
        broker_clk.Unit(name, rows=people(rows, number), **common(name))
        for number, name in enumerate(parameters.names)
    ]
    return [*units, broker_clk.Broker(join=_join, **common("broker"))]


def _join(left: Rows, right: Rows, threshold: Fraction) -> Any:
    return threshold_join(left, right, float(threshold))


def people(count: int, number: int) -> Rows:
    """(count, BITS / 64): encodings of nobody, a third of the bits set."""
    bits = np.random.default_rng(number).random((count, BITS), np.float32) < 1 / 3
    return np.packbits(bits, axis=1).view(np.uint64)
