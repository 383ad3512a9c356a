"""Encodings: what protocols cost that compare encodings: by pairs, and by records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Blocking
from pplink.agreement.presets import EPSILON
from pplink.agreement.quota import usual_quota
from pplink.join.api import threshold_join
from pplink.session.blinded_broker import MORE, MOST_OPENINGS
from pplink.session.blinded_terms import SIDE
from pplink.session.blocking.shape import likely, shape_of
from pplink.session.costs.trial import SESSION, Cost, Sizes, seed, spent
from protocols import broker_clk
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.blinded_broker.messages import Records
from protocols.loopback import run
from protocols.role import Role

BITS = 1024
WORD = 8
"""Bytes."""
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


BLOCKED = Blocking(recall=0.99, epsilon=EPSILON)
"""As README.md tells to agree on for long lists."""
HIGHER = Fraction(85, 100)
"""The threshold for which costs are told of blocked lists of records of one encoding: at the preset's own, blocks pay
for very long lists alone."""


def blinded(sizes: Sizes) -> tuple[Cost, ...]:
    """Records of one encoding, and of several; all pairs, and blocked."""
    costs = []
    for kind, threshold in ((ONE, HIGHER), (ALIASES, ALIASES.threshold)):
        whole = _all_pairs(sizes, kind)
        costs += [whole, _blocked(sizes, replace(kind, threshold=threshold), whole)]
    return tuple(costs)


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


def _blocked(sizes: Sizes, kind: Kind, whole: Cost) -> Cost:
    """Tiles of paired blocks, as many as are expected with noise and padding, of the shape that sessions would choose;
    what all pairs cost, `whole`, if that is less. Two tiles are tried, and one. Choosing blocks is not in it."""
    records = sizes.rows, sizes.other
    shape = shape_of(BLOCKED, float(kind.threshold), records, kind.variants)
    what = f"the same, blocked (recall {BLOCKED.recall:g}, threshold {float(kind.threshold):g})"
    if (
        shape is None
        or shape.cost(likely(records, kind.variants)) >= records[0] * records[1] * kind.variants**2
    ):
        return replace(whole, what=f"{what}: no less")
    one, two = (spent(partial(_paired, tiles, kind, shape.side), repeats=1) for tiles in (1, 2))
    tiles = shape.comparisons(likely(records, kind.variants)) / SIDE**2
    openings = usual_quota(min(records)) * (shape.bands + MORE) * kind.variants
    return Cost(
        what=what,
        seconds=tiles * two.seconds / 2,
        bytes=round(tiles * (two.bytes - one.bytes)) + 2 * WORD * min(openings, MOST_OPENINGS),
    )


@dataclass(frozen=True)
class _Filled:
    """Any rows in any places: what they are costs nothing."""

    places: npt.NDArray[np.int64]

    def tell(self) -> Rows:
        return np.zeros(0, np.uint64)

    def fill(self, _: Rows) -> npt.NDArray[np.int64]:
        return self.places


def _paired(tiles: int, kind: Kind, side: int) -> list[Role]:
    batch = SIDE**2 // side**2
    records = max(side // kind.variants, 1)
    filled = _Filled(
        np.tile(np.arange(records * kind.variants), tiles * batch * side)[: tiles * batch * side]
    )
    parameters = replace(_parameters(kind), side=side, layout="paired", batch=batch, pairs=tiles * batch, quota=1,
                         openings=64)  # fmt: skip
    units = [
        unit(
            rows=people(records * kind.variants, number, kind.bits),
            filling=filled,
            **_common(name, parameters),
        )
        for number, (name, unit) in enumerate((("alice", Alice), ("bob", Bob)))
    ]
    return [*units, Dealer(**_common("dealer", parameters))]


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


def _parameters(kind: Kind) -> Parameters:
    return Parameters(
        bits=kind.bits,
        threshold=kind.threshold,
        side=kind.side,
        most_rows=2 * kind.side,
        scores=kind.variants == 1,
        alice_variants=kind.variants,
        bob_variants=kind.variants,
    )


def _common(name: str, parameters: Any) -> dict[str, Any]:
    return {"session": SESSION, "parameters": parameters, "seed": seed(name), "spent": set()}


def _blinded(rows: int, other: int, kind: Kind = ONE) -> list[Role]:
    parameters = _parameters(kind)
    return [
        Alice(rows=people(rows * kind.variants, 1, kind.bits), **_common("alice", parameters)),
        Bob(rows=people(other * kind.variants, 2, kind.bits), **_common("bob", parameters)),
        Dealer(**_common("dealer", parameters)),
    ]


def _shown(rows: int) -> list[Role]:
    parameters = broker_clk.Parameters(bits=BITS, threshold=ONE.threshold, scores=True)
    units = [
        broker_clk.Unit(name, rows=people(rows, number), **_common(name, parameters))
        for number, name in enumerate(parameters.names)
    ]
    return [*units, broker_clk.Broker(join=_join, **_common("broker", parameters))]


def _join(left: Rows, right: Rows, threshold: Fraction) -> Any:
    return threshold_join(left, right, float(threshold))


def people(count: int, number: int, bits: int = BITS) -> Rows:
    """(count, bits / 64): encodings of nobody, a third of the bits set."""
    drawn = np.random.default_rng(number).random((count, bits), np.float32) < 1 / 3
    return np.packbits(drawn, axis=1).view(np.uint64)
