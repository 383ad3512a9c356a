"""Dealing: Bob's half of a tile's randomness, computed from what both units' seeds give (SPEC.md, step 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from protocols.blinded_broker.compare import deal, deal_level
from protocols.blinded_broker.parameters import ALICE, BOB, Parameters
from protocols.blinded_broker.plan import Plan
from protocols.blinded_broker.randomness import UnitRandomness, split, stacked
from protocols.primitives.planes import Planes, Shorts, add, spread, subtract
from protocols.primitives.product import COLUMNS, ROWS, multiply, panels

Masks = dict[str, Planes]
Panels = Callable[[str, int], Shorts]
"""(unit, block) gives the block's record masks, ready to be multiplied."""


def corrections(plan: Plan, tile: int, random: Mapping[str, UnitRandomness], of: Panels) -> Planes:
    """A tile's v, digits, merge and all, one after the other. random: by unit; its masks of this tile are used up."""
    p = plan.parameters
    products = _products(plan, tile, of)
    words = products.size // 64
    alice, bob = (random[name].tile_masks(tile, words) for name in (ALICE, BOB))
    r, m = alice["r"] ^ bob["r"], alice["m"] ^ bob["m"]
    nothing = np.zeros(max(products.shape), np.uint32)
    rows, columns = (nothing[:size] for size in products.shape)
    masked = spread(products, p.rule.scale, rows, columns, p.rule.z_bits)
    circuit = p.circuit
    count = p.rule.z_bits + len(circuit.digits) + len(circuit.merge)
    found = np.empty(count * words + p.alike * (words // p.pairings), np.uint64)
    planes = found[: count * words].reshape(count, words)
    v, digits, merge = split(planes, p.rule.z_bits, len(circuit.digits), len(circuit.merge))
    add(subtract(masked, alice["u"]), r, v)
    deal(r[: circuit.digits.singles], alice["digits"], circuit.digits, digits)
    deal(m, alice["merge"], circuit.merge, merge)
    _deal_levels(p, alice, bob, found[count * words :])
    return found


def fresh_panels(plan: Plan, random: Mapping[str, UnitRandomness]) -> Panels:
    """Each block's panels, made once and kept as long as this is: for a single tile."""
    made: dict[tuple[str, int], Shorts] = {}

    def of(name: str, block: int) -> Shorts:
        if (name, block) not in made:
            made[name, block] = panels_of(plan, random[name], name, block)
        return made[name, block]

    return of


def panels_of(plan: Plan, random: UnitRandomness, name: str, block: int) -> Shorts:
    """A block's record masks, ready to be multiplied."""
    masks = random.record_masks(block, plan.block_width(name, block))
    return panels(masks, ROWS if name == ALICE else COLUMNS)


def _products(plan: Plan, tile: int, of: Panels) -> Shorts:
    """<R_A, R_B> of the tile's table."""
    height, width = plan.shape(tile)
    shape = (height, plan.parameters.bits, width)
    return stacked(multiply(of(ALICE, a), of(BOB, b), shape) for a, b in plan.tables(tile))


def _deal_levels(parameters: Parameters, alice: Masks, bob: Masks, out: Planes) -> None:
    """What the products of misses need, level after level."""
    levels = parameters.levels
    masks = split(alice["any"] ^ bob["any"], *(level.values for level in levels))
    shares = split(alice["all"], *(level.dealt for level in levels))
    outs = split(out.reshape(alice["all"].shape), *(level.dealt for level in levels))
    for number, level in enumerate(levels):
        deal_level(masks[number], shares[number], level, outs[number])
