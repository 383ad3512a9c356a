"""Needs: how much memory a role takes at most, from what is known before it begins: parameters and numbers of persons.

Of masked records and panels that a role keeps, of tiles under way, and of the one that it works on. A unit's own rows
and its hits are not in it.
"""

from __future__ import annotations

from protocols.blinded_broker.dealer import KEPT
from protocols.blinded_broker.greeting import AHEAD
from protocols.blinded_broker.parameters import ALICE, BOB, DEALER, Parameters
from protocols.blinded_broker.plan import Plan

SHORT = 2
"""Bytes of a masked bit of a record, unpacked."""
MADE = 3
"""Masks, the sum with the rows, and what it is packed into, while a block of records is made."""
WORK = 34
"""Planes of one bit a pair of rows while a summand is made: its product, of 16, and what that is spread into; and a
frame of what comes of it."""


def memory(plan: Plan, name: str) -> int:
    """Bytes that this role takes at most, beside its own rows and its hits."""
    p = plan.parameters
    block = SHORT * p.bits * min(p.side, _widest(plan))
    if name == DEALER:
        return _dealer(plan, block)
    return _records(plan, name, block) + _tiles(p, name, _tile(plan)) + MADE * block


def _widest(plan: Plan) -> int:
    """Columns of the widest block."""
    most = max(plan.persons.values())
    return plan.parameters.side if plan.paired else most + -most % 64


def _tile(plan: Plan) -> int:
    """Bytes of a plane of the largest tile."""
    p = plan.parameters
    if plan.paired:
        return min(p.batch, p.pairs) * p.side**2 // 8
    height, width = (min(p.side, count + -count % 64) for count in plan.persons.values())
    return p.pairings * height * width // 8


def _dealt(p: Parameters) -> int:
    """Planes of what the dealer sends for a tile, those of persons counted in full."""
    return p.rule.z_bits + len(p.circuit.digits) + len(p.circuit.merge) + -(-p.alike // p.pairings)


def _records(plan: Plan, name: str, block: int) -> int:
    """Of the peer, masked; of Bob's own masks, as panels; and of ours as they are sent."""
    p, peer = plan.parameters, BOB if name == ALICE else ALICE
    ours, theirs = plan.all_blocks(name), plan.all_blocks(peer)
    if plan.by_tile:
        ours, theirs = (min(p.window + 1, plan.tiles) * p.blocks_a_tile(each) for each in (name, peer))
    panels = (ours + p.blocks_a_tile(peer)) if name == BOB else 0
    sent = max(min(ours, AHEAD), ours - theirs if not plan.by_tile else 0)
    return block * (theirs + panels) + 2 * sent * block * p.rule.product_bits // (8 * SHORT)


def _tiles(p: Parameters, name: str, plane: int) -> int:
    """Of tiles that are under way, and of the one that is worked on."""
    dealt, few = _dealt(p), -(-(p.any + p.alike) // p.pairings)
    kept = 2 * (p.rule.z_bits + p.circuit.opened) + few + (p.rule.z_bits + dealt if name == ALICE else dealt)
    again = 2 * dealt + 2 * (p.rule.z_bits + p.circuit.opened) if p.proven else 0
    return plane * (p.unended * kept + WORK + 2 * dealt + again)


def _dealer(plan: Plan, block: int) -> int:
    p = plan.parameters
    tables = min(p.batch, p.pairs) * 2 if plan.paired else p.alice_variants + p.bob_variants
    blocks = sum(plan.all_blocks(name) for name in (ALICE, BOB))
    panels = tables if plan.by_tile else min(KEPT + tables, blocks)
    dealt, masks = _dealt(p), 2 * (p.rule.z_bits + p.circuit.opened) + _dealt(p)
    kept = p.window * p.sets if p.proven else 1
    return block * (panels + MADE) + _tile(plan) * (kept * dealt + masks + WORK + 2 * dealt)
