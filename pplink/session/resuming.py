"""Resuming: how `blinded_broker` goes on at the tile where it stood, from what its units kept of tiles before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pplink.errors import IntegrityError, PeerError, RefusedError
from pplink.session.blinded_broker import Plan
from pplink.session.plan import Resuming
from protocols.blinded_broker import Alice, Bob, Parameters, Progress
from protocols.errors import MisuseError
from protocols.role import Role


def done(parts: Sequence[bytes]) -> Progress:
    """All parts together. Raises IntegrityError for bytes that are none."""
    try:
        return Progress.of_parts([Progress.from_bytes(part) for part in parts])
    except MisuseError as error:
        raise IntegrityError(f"what was kept of the session is damaged: {error.message}") from None


def tiles(parts: Sequence[bytes]) -> int:
    """See `plan.Resuming`."""
    return done(parts).tiles


def cut(parts: Sequence[bytes], first: int) -> bytes:
    """See `plan.Resuming`."""
    return done(parts).cut(first).to_bytes()


def news(role: Role) -> bytes | None:
    """See `plan.Resuming`."""
    found = role.news() if isinstance(role, (Alice, Bob)) else None
    return None if found is None else found.to_bytes()


def taken_up(plan: Plan, first: int, parts: Sequence[bytes] | None) -> Plan:
    """See `plan.Resuming`."""
    if first > plan.tiles:
        raise PeerError(f"units go on after tile {first:,}, and there are {plan.tiles:,}")
    parameters = replace(plan.parameters, first_tile=first)
    earlier = None if parts is None else _earlier(parameters, done(parts))
    return replace(plan, parameters=parameters, earlier=earlier)


def _earlier(parameters: Parameters, had: Progress) -> Progress:
    """What stays of what a unit had. Raises PeerError if the other says that it has fewer tiles than it can,
    RefusedError if more hits were opened than may be."""
    if had.tiles - parameters.first_tile > parameters.unended:
        raise PeerError(
            f"the other unit goes on after tile {parameters.first_tile:,}, and ended {had.tiles:,} with us",
            "nothing more was sent; keep the session's folder, and ask them",
        )
    if had.opened > (parameters.openings or parameters.quota):
        raise RefusedError("more hits than the agreed quota", "nothing more was sent; ask the other unit why")
    return had.cut(parameters.first_tile)


BLINDED_BROKER = Resuming(tiles=tiles, cut=cut, news=news, taken_up=taken_up)
