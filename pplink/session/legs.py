"""Legs: a session that was broken off goes on where it stood, in a new leg: new joins, seeds and masks, the same lists.

What was done and kept is not done again, and what was not is done under masks that hid nothing before. Only some
protocols can (`plan.Resuming`); others do all of it again, message for message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from pplink import canonical
from pplink.audit.events import write_time
from pplink.audit.evidence import Wrong
from pplink.audit.session_events import (
    Broken,
    Joined,
    Link,
    read_session_event,
    session_id,
    sign_session_event,
)
from pplink.audit.session_legs import check_following, first_of
from pplink.errors import IntegrityError, RefusedError
from pplink.keys.signing import Signed
from pplink.session.closing import RECORD
from pplink.session.envelope import Place, header_of
from pplink.session.joining import joined_of, joins_of
from pplink.session.post import AGAIN, STOP, AgainError, Post
from pplink.session.signed import signed_of
from pplink.session.transcript import Transcript

if TYPE_CHECKING:
    from pplink.session.party import Party

JOIN, ENDED, BROKEN = "join.json", "ended", "broken"
"""What a leg's folder holds: its party's join; and once it is over, when it ended, or what its party says of it."""
MOST = 99
"""Legs, so that their messages' numbers fit."""
Outcome = TypeVar("Outcome")


@dataclass(kw_only=True)
class Leg:
    """One party's side of a leg."""

    number: int
    transcript: Transcript
    before: Mapping[str, Signed] = field(default_factory=dict)
    """All joins of the leg before, by name; none for the first."""
    earlier: Sequence[bytes] = ()
    """What was done in legs before, in parts."""
    parts: list[bytes] = field(default_factory=list)
    """What is done: of earlier legs, as far as it counts, and of this one."""
    post: Post | None = None

    def __post_init__(self) -> None:
        self._known = [] if self.transcript.replaying else self.transcript.progress()

    def keep(self, part: bytes | None) -> None:
        """Keep a part, unless it was kept before."""
        if part is None:
            return
        self.parts.append(part)
        if len(self.parts) > len(self._known) and not self.transcript.replaying:
            self.transcript.add_progress(part)

    @property
    def follows(self) -> str:
        """The name of the leg before; empty for the first."""
        return session_id(self.before.values()) if self.before else ""

    @property
    def kept(self) -> Sequence[bytes]:
        """All parts, those of this process and of processes before."""
        return self.parts if len(self.parts) > len(self._known) else self._known

    @property
    def reached(self) -> Sequence[bytes]:
        """What another leg goes on from: nothing was done in this one if it was broken off before it kept a part."""
        return self.kept or self.earlier


def through(party: Party, act: Callable[[Leg], Outcome]) -> Outcome:
    """What `act` gives of the leg that reaches the end; each that is broken off is followed by another."""
    leg = _first(party)
    while True:
        try:
            outcome = act(leg)
        except AgainError:
            if party.transcript.replaying and leg.post is not None and not leg.post.whole:
                raise IntegrityError(
                    "a leg that was broken off sent more than it does when done again"
                ) from None
            leg = _following(party, leg)
            continue
        return outcome


def _first(party: Party) -> Leg:
    """Where to go on: the last leg, or one more if that was broken off in its midst."""
    if party.transcript.replaying:
        return Leg(number=0, transcript=party.transcript)
    legs = [_begun(party, number) for number in range(party.transcript.legs() + 1)]
    leg = legs[-1]
    for before, each in pairwise(legs):
        each.earlier = before.reached
    if leg.number:
        leg.before = _joins(party, legs[-2])
    keeps = leg.transcript
    if keeps.known(BROKEN) is not None:
        return _following(party, leg)
    if party.resuming is None or not keeps.sent or _ended(party, leg):
        return leg
    post = party.post(leg)
    post.session = session_id(_joins(party, leg).values())
    post.again()
    return _following(party, leg)


def _ended(party: Party, leg: Leg) -> bool:
    """Whether this party did all of a leg, so that it goes on where it stood. A broker with which messages were lost
    has done so once it gave out the record."""
    if leg.transcript.known(ENDED) is None:
        return False
    return party.transport.keeps or any(line.step == RECORD for line in leg.transcript.sent)


def _begun(party: Party, number: int) -> Leg:
    return Leg(number=number, transcript=party.transcript.leg(number))


def _following(party: Party, leg: Leg) -> Leg:
    if leg.number == MOST:
        raise RefusedError(f"the session was broken off {MOST} times", "begin another with a new exchange")
    event = read_session_event(broken(party, leg))
    if not isinstance(event, Broken) or event.links != _links(party, leg, event.session):
        raise IntegrityError("what was signed of a leg that was broken off is not what was kept of it")
    number = leg.number + 1
    return Leg(
        number=number,
        transcript=party.transcript.leg(number),
        before=_joins(party, leg),
        earlier=leg.reached,
    )


def begins(leg: Leg, joined: Mapping[str, Joined]) -> int:
    """The tile with which a leg begins, from its joins. Raises IntegrityError if they do not follow the leg before."""
    like = {name: joined_of(join) for name, join in leg.before.items()}
    try:
        return check_following(joined, like or joined, leg.follows, first_of(like))
    except Wrong as error:
        raise IntegrityError(f"the session does not go on: {error}") from None


def broken(party: Party, leg: Leg) -> Signed:
    """What this party signs of a leg that was broken off; kept."""

    def made() -> bytes:
        name = session_id(_joins(party, leg).values())
        event = Broken(at=write_time(party.now()), session=name, links=_links(party, leg, name))
        return canonical.to_bytes(sign_session_event(event, party.ring).to_json())

    return signed_of(leg.transcript.remember(BROKEN, made))


def history(party: Party, leg: Leg) -> list[tuple[dict[str, Signed], Signed]]:
    """Of each leg before this one: all joins, by name, and what this party says of it."""
    before = [_begun(party, number) for number in range(leg.number)]
    return [(_joins(party, each), broken(party, each)) for each in before]


def _joins(party: Party, leg: Leg) -> dict[str, Signed]:
    return joins_of(party.post(leg), signed_of(leg.transcript.known(JOIN)))


def _links(party: Party, leg: Leg, session: str) -> tuple[Link, ...]:
    own, others = party.ring.name, party.post(leg).others
    links: dict[tuple[str, str], list[str]] = {
        way: [] for other in others for way in ((own, other), (other, own))
    }
    for line in leg.transcript.sent:
        links[own, line.to].append(line.digest)
    numbers = dict.fromkeys(others, 0)
    for sender, head in leg.transcript.heads():
        sequence, numbers[sender] = numbers[sender], numbers[sender] + 1
        if sequence:
            place = Place(session=session, sender=sender, recipient=own, sequence=sequence)
            header = header_of(head, place, party.agreement.party(sender))
            if header.step not in (AGAIN, STOP):
                links[sender, own].append(header.digest)
    return tuple(
        Link(sender=sender, recipient=recipient, digests=tuple(digests))
        for (sender, recipient), digests in sorted(links.items())
    )
