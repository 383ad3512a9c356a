"""Session legs: a session that was broken off and went on has one more leg each time; what must hold between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec import UNSET

from pplink.audit.evidence import Wrong
from pplink.audit.session_events import Broken, Joined, SessionEvent, session_id
from pplink.keys.signing import Signed

Told = tuple[Signed, SessionEvent]
Kind = TypeVar("Kind", bound=SessionEvent)


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A leg that was broken off."""

    joins: tuple[Signed, ...]
    ends: tuple[Signed, ...]
    joined: dict[str, Joined]
    """By party."""
    broken: dict[str, Broken]
    """By party."""

    def check(self) -> str:
        """The leg's name. Raises Wrong unless all ends are of it."""
        name = session_id(self.joins)
        for party, end in self.broken.items():
            if end.session != name:
                raise Wrong(f"what {party} says of a leg that was broken off is of another")
        return name


def legs_of(events: Sequence[Told]) -> tuple[tuple[Leg, ...], list[Told]]:
    """Legs that were broken off, and the lines of the last. Raises Wrong for a line out of place."""
    legs: list[list[Told]] = [[]]
    for each, event in events:
        if isinstance(event, Joined) and legs[-1] and not isinstance(legs[-1][-1][1], Joined):
            legs.append([])
        legs[-1].append((each, event))
    return tuple(map(_leg, legs[:-1])), legs[-1]


def _leg(lines: Sequence[Told]) -> Leg:
    (joins, joined), (ends, broken) = lines_of(lines, Joined), lines_of(lines, Broken)
    if (*joins, *ends) != tuple(each for each, _ in lines):
        raise Wrong("the lines of a leg that was broken off are not joins, then ends")
    return Leg(joins=joins, ends=ends, joined=joined, broken=broken)


def lines_of(lines: Sequence[Told], kind: type[Kind]) -> tuple[tuple[Signed, ...], dict[str, Kind]]:
    """The lines of one kind, in order, and what they say, by party."""
    found = [(each, event) for each, event in lines if isinstance(event, kind)]
    return tuple(each for each, _ in found), {each.signer: event for each, event in found}


def check_following(joined: Mapping[str, Joined], like: Mapping[str, Joined], before: str, tiles: int) -> int:
    """Where a leg begins. Raise Wrong unless all say which leg it follows, and who brings the same.

    joined: its joins. like: another leg's. before: the name of the leg before, "" for the first; tiles: where that one
    began.
    """
    for party, each in joined.items():
        unit, other = party in each.units, like.get(party)
        if (each.follows != (before or UNSET)) or (each.tiles is not UNSET) != (unit and bool(before)):
            raise Wrong(f"{party} does not say which leg it goes on from, and with how many tiles")
        if other is None or _brought(each) != _brought(other):
            raise Wrong(f"{party} goes on with another list than it had joined with")
    begins = first_of(joined)
    if begins < tiles:
        raise Wrong("a leg begins with a tile that was done before the last began")
    return begins


def first_of(joined: Mapping[str, Joined]) -> int:
    """The tile with which a leg of these joins begins."""
    return min((each.tiles for each in joined.values() if each.tiles is not UNSET), default=0)


def _brought(joined: Joined) -> tuple[object, ...]:
    return joined.units, joined.rows, joined.confirmation, joined.among, joined.commitment


def received_of(leg: Leg) -> int:
    """Messages that arrived. Raises Wrong unless, on each way, they are the first of those that were sent."""
    told = {
        party: {(link.sender, link.recipient): link.digests for link in each.links}
        for party, each in leg.broken.items()
    }
    total = 0
    for sender in told:
        for recipient in told:
            way = (sender, recipient)
            if sender == recipient:
                continue
            if way not in told[sender] or way not in told[recipient]:
                raise Wrong("not every link of a leg that was broken off is told of by either end")
            came = told[recipient][way]
            if told[sender][way][: len(came)] != came:
                raise Wrong(f"{sender} and {recipient} tell of different messages from {sender}")
            total += len(came)
    return total
