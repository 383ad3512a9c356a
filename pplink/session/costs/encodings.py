"""Encodings: what protocols cost that compare encodings: by pairs, and by records."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.join.api import threshold_join
from pplink.session.costs.trial import SESSION, Cost, Sizes, seed, spent
from protocols import broker_clk
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.blinded_broker.messages import Records
from protocols.loopback import run
from protocols.role import Role

BITS = 1024
Rows = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Records as a preset has them, and the tiles in which sessions compare them."""

    what: str
    bits: int
    threshold: Fraction
    side: int
    variants: int


ONE = Kind(what="all pairs", bits=BITS, threshold=Fraction(66, 100), side=1024, variants=1)
"""Of the preset `persons`."""
ALIASES = Kind(
    what="all pairs of 16 aliases each", bits=2048, threshold=Fraction(75, 100), side=64, variants=16
)
"""Of the preset `persons-crossborder`."""


def blinded(sizes: Sizes) -> tuple[Cost, ...]:
    """Records of one encoding, and of several."""
    return tuple(_all_pairs(sizes, kind) for kind in (ONE, ALIASES))


def _all_pairs(sizes: Sizes, kind: Kind) -> Cost:
    """Tiles of `side` times `side` pairs of records, all of them; and bytes of each record.

    Two tiles of three blocks are tried, once, after next to nothing, by which all is made ready.
    """
    run(_blinded(1, 1, kind), keep=False)
    took = spent(partial(_blinded, 2 * kind.side, kind.side, kind), repeats=1)
    records = took.by_message[Records.NUMBER]
    blocks = [-(-size // kind.side) for size in (sizes.rows, sizes.other)]
    tiles = blocks[0] * blocks[1]
    return Cost(
        what=kind.what,
        seconds=tiles * took.seconds / 2,
        bytes=tiles * (took.bytes - records) // 2 + sum(blocks) * records // 3,
    )


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


def _blinded(rows: int, other: int, kind: Kind = ONE) -> list[Role]:
    parameters = Parameters(
        bits=kind.bits,
        threshold=kind.threshold,
        side=kind.side,
        most_rows=2 * kind.side,
        scores=kind.variants == 1,
        alice_variants=kind.variants,
        bob_variants=kind.variants,
    )

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    return [
        Alice(rows=people(rows * kind.variants, 1, kind.bits), **common("alice")),
        Bob(rows=people(other * kind.variants, 2, kind.bits), **common("bob")),
        Dealer(**common("dealer")),
    ]


def _shown(rows: int) -> list[Role]:
    parameters = broker_clk.Parameters(bits=BITS, threshold=ONE.threshold, scores=True)

    def common(name: str) -> dict[str, Any]:
        return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}

    units = [
        broker_clk.Unit(name, rows=people(rows, number), **common(name))
        for number, name in enumerate(parameters.names)
    ]
    return [*units, broker_clk.Broker(join=_join, **common("broker"))]


def _join(left: Rows, right: Rows, threshold: Fraction) -> Any:
    return threshold_join(left, right, float(threshold))


def people(count: int, number: int, bits: int = BITS) -> Rows:
    """(count, bits / 64): encodings of nobody, a third of the bits set."""
    drawn = np.random.default_rng(number).random((count, bits), np.float32) < 1 / 3
    return np.packbits(drawn, axis=1).view(np.uint64)
