"""Party: a unit's or the broker's whole side of a session, from its join to the record."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from msgspec import UNSET

from pplink import canonical
from pplink.agreement import signatures, text
from pplink.agreement.model import Agreement
from pplink.audit.events import read_time, write_time
from pplink.errors import (
    AgreementError,
    IntegrityError,
    PeerError,
    PplinkError,
    RefusedError,
    UsageError,
)
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed
from pplink.memory import Budget
from pplink.session import catalogue, closing
from pplink.session.driver import run_role, translated
from pplink.session.envelope import ROOM, Letter
from pplink.session.inputs import commitment_of
from pplink.session.joining import joined_of, make_join, meet
from pplink.session.legs import BROKEN, ENDED, JOIN, Leg, begins, history, through
from pplink.session.plan import Brought, Cells, Couple, Found, Plan, Resuming
from pplink.session.post import SECONDS, STOP, Post
from pplink.session.signed import DAMAGED, signed_of
from pplink.session.sizes import check_own, check_peers
from pplink.session.transcript import Transcript
from pplink.session.transports.interface import Transport
from protocols.role import Role

AGREEMENT, SECRET, INPUTS, SALT, RECORD = "agreement.json", "secret", "inputs", "salt", "record"
"""What a transcript's folder holds besides messages and what `legs` names. RECORD is a folder that may be shown to
anyone."""


@dataclass(kw_only=True)
class Party:
    """One party's means: who it is, with whom, by which way."""

    agreement: Agreement
    ring: KeyRing
    units: tuple[str, ...]
    """The session's, in order of names."""
    among: tuple[str, ...] = ()
    """Of a couple: all units that meet two by two, in order of names."""
    commitment: str = ""
    """Of a unit: to its list, the same in each of its couples and in each leg."""
    met: Callable[[Mapping[str, Signed]], None] = lambda _: None
    """Called with all joins, once they fit; raises what ends the session."""
    transcript: Transcript
    transport: Transport
    seconds: float = SECONDS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[int], bytes] = os.urandom
    budget: Budget = field(default_factory=Budget)
    """See `Post`."""
    progress: Callable[[int, int], None] | None = None
    note: Callable[[str], None] = lambda _: None
    """Told, before roles begin, what of the agreement left open how the session is done."""

    @property
    def resuming(self) -> Resuming | None:
        """How its protocol goes on where it stood, if it can."""
        return catalogue.offer_of(self.agreement.terms.protocol).resuming

    def check(self) -> None:
        """Raises AgreementError, UsageError if it may not take part."""
        parties = (*self.units, self.agreement.broker.name, *self.agreement.keepers)
        signatures.check(self.agreement, self.begun().date())
        signatures.check_party(self.agreement, self.ring)
        if self.ring.name not in parties:
            raise UsageError(f"{self.ring.name} is not in the session of {' and '.join(self.units)}")
        catalogue.check(self.agreement.terms)
        own = text.write(self.agreement)
        if self.transcript.remember(AGREEMENT, lambda: own) != own:
            raise UsageError(
                "this session was begun with another agreement", "give that one, or another --session"
            )

    def post(self, leg: Leg) -> Post:
        """Its letters in a leg."""
        parties = (*self.units, self.agreement.broker.name, *self.agreement.keepers)
        return Post(
            ring=self.ring,
            agreement=self.agreement,
            others=[name for name in parties if name != self.ring.name],
            transcript=leg.transcript,
            transport=self.transport,
            seconds=self.seconds,
            secret=leg.transcript.remember(SECRET, lambda: self.random(32)),
            leg=leg.number,
            over=leg.transcript.known(BROKEN) is not None,
            budget=self.budget,
        )

    def begun(self) -> datetime:
        """When this side of the session began: now, or as it was kept."""
        join = self.transcript.known(JOIN)
        return self.now() if join is None else read_time(joined_of(signed_of(join)).at)

    def join(self, leg: Leg, rows: int = 0, confirmation: bytes = b"") -> Signed:
        """Its join: a new one, of the first leg claimed in the exchange, or the one that was kept."""
        if self.transcript.known(JOIN) is None:
            self.transport.claim(self.ring.name)
        tiles = self.resuming.tiles(leg.earlier) if self.resuming and leg.number and rows else None

        def made() -> bytes:
            join = make_join(
                self.agreement, self.ring, self.units, self.now(), self.random,
                rows=rows, confirmation=confirmation, among=self.among, commitment=self.commitment,
                follows=leg.follows, tiles=tiles,
            )  # fmt: skip
            return canonical.to_bytes(join.to_json())

        return signed_of(leg.transcript.remember(JOIN, made))

    def keep_record(self, data: bytes, post: Post) -> Path:
        """Check the record and write it where it may be taken from."""
        documents = closing.read_record(post, data)
        return self.transcript.keep_folder(RECORD, documents)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linked:
    """What a unit has of a session."""

    session: str
    couples: tuple[Couple, ...]
    """Hits, by other unit; none where only a size is learned."""
    found: int
    """Hits before one-to-one was chosen, common keys, or released cells."""
    cells: Cells | None
    """Of a table, each cell's count and sums; None where it is withheld."""
    names: Couple | None
    """Of a unit that learns no hits: see `plan.Found`."""
    end: Signed
    """What this unit signed of all that it sent and received."""
    record: Path


def link(party: Party, inputs: Brought) -> Linked:
    """A unit's side. Raises PeerError, IntegrityError, RefusedError (then the session is over for good),
    UnavailableError (the same call goes on), UsageError, AgreementError.
    """
    party.check()
    check_own(party.agreement.terms, inputs.told)
    same_inputs(party.transcript, inputs)
    party.commitment = party.commitment or _committed(party, inputs)
    return through(party, lambda leg: _link(party, leg, inputs))


def _committed(party: Party, inputs: Brought) -> str:
    """A unit's commitment to its list, in a session that stands by itself and may go on in other legs: the same in all.
    Empty for other sessions, and for one that was begun without."""
    begun = party.transcript.known(JOIN)
    joined = None if begun is None else joined_of(signed_of(begun))
    if joined is not None and (joined.commitment is UNSET or joined.among is not UNSET):
        return ""
    if party.resuming is None or party.among:
        return ""
    return commitment_of(party.transcript.remember(SALT, lambda: party.random(32)), inputs.digest)


def _link(party: Party, leg: Leg, inputs: Brought) -> Linked:
    post = leg.post = party.post(leg)
    joins = meet(post, party.join(leg, inputs.told, inputs.confirmation))
    with _final(party, post):
        plan = _planned(party, leg, post, joins, inputs)
        secret = derive(post.secret, Label.ROLE_SEED, context=post.session)
        with translated():
            role = plan.make(post.name, bytes.fromhex(post.session), secret, inputs)
        if role is None:
            raise AgreementError(f"{post.name} has no part in this protocol", "use a unit's key ring")
        run_role(post, role, plan, _keeping(party, leg))
        found = plan.settle(post, role, inputs)
        end = closing.sign_end(
            post, inputs.told, plan.commitment(role), _moment(party, leg), _counted(party, found)
        )
        ends = [*(end for _, end in history(party, leg)), end]
        told = canonical.to_bytes([each.to_json() for each in ends])
        post.send(party.agreement.broker.name, closing.END, told)
        record = closing.expect(post, party.agreement.broker.name, closing.RECORD)
        place = party.keep_record(bytes(record.content), post)
    return Linked(
        session=post.session,
        couples=tuple(replace(each, size=joined_of(joins[each.peer]).rows) for each in found.couples),
        found=found.size,
        cells=found.cells,
        names=found.names,
        end=end,
        record=place,
    )


def deal(party: Party) -> Path:
    """The broker's side: where the session's record is. Errors as `link`."""
    party.check()
    if party.ring.role != "broker":
        raise AgreementError(
            f"{party.ring.name} is not the broker of this agreement", "use the broker's key ring"
        )
    return through(party, lambda leg: _deal(party, leg))


def _deal(party: Party, leg: Leg) -> Path:
    post = leg.post = party.post(leg)
    joins = meet(post, party.join(leg))
    with _final(party, post):
        plan = _planned(party, leg, post, joins, None)
        seed = derive(post.secret, Label.ROLE_SEED, context=post.session)
        with translated():
            role = plan.make(post.name, bytes.fromhex(post.session), seed, None)
        if role is not None:
            run_role(post, role, plan, _keeping(party, leg))
        before = history(party, leg)
        own = [*(end for _, end in before), closing.sign_end(post, 0, "", _moment(party, leg))]
        ends = [own, *(closing.read_end(post, each) for each in _ends(post))]
        record = closing.make_record(post, [*(met for met, _ in before), joins], ends)
        for other in post.others:
            post.send(other, closing.RECORD, record)
        return party.keep_record(record, post)


def _planned(party: Party, leg: Leg, post: Post, joins: dict[str, Signed], brought: Brought | None) -> Plan:
    """What this leg runs, once all have joined it; a leg but the first goes on at the tile where all stood. brought:
    None for the broker. Raises what ends the session."""
    joined = {name: joined_of(join) for name, join in joins.items()}
    check_peers(party.agreement.terms, joined)
    party.met(joins)
    rows = {name: each.rows for name, each in joined.items()}
    first = begins(leg, joined)
    if leg.number and not party.transcript.replaying:
        post.sweep()
    goes_on = party.resuming if leg.number else None
    if goes_on is not None and brought is not None:
        leg.keep(goes_on.cut(leg.earlier, first))
    post.limit = closing.LIMIT
    plan = catalogue.plan(party.agreement, party.units, rows).ready(post, brought)
    if goes_on is not None:
        plan = goes_on.taken_up(plan, first, None if brought is None else leg.earlier)
    _carried(party, plan)
    if plan.way:
        party.note(plan.way)
    post.limit = max(plan.longest, closing.LIMIT)
    post.told = _counting(party, plan, post.name, first)
    return plan


def _carried(party: Party, plan: Plan) -> None:
    """Raises RefusedError if a message that is to come is longer than what our way to the others takes."""
    size, most = plan.longest + ROOM, party.transport.most
    if size > most:
        raise RefusedError(
            f"this session has messages of up to {size / 2**20:,.1f} MiB, and by this way they have at most"
            f" {most / 2**20:,.0f} MiB",
            "begin another by way of a folder that all see, or agree on fewer variants or a smaller quota",
        )


def _keeping(party: Party, leg: Leg) -> Callable[[Role], None]:
    """What keeps a role's progress, where it can be taken up."""
    resuming = party.resuming
    return lambda role: None if resuming is None else leg.keep(resuming.news(role))


def _counting(party: Party, plan: Plan, name: str, first: int) -> Callable[[Letter], None]:
    step, total = plan.ticks(name)
    done = first

    def told(letter: Letter) -> None:
        nonlocal done
        if letter.step == step and party.progress is not None:
            done += 1
            party.progress(done, total)

    return told


def _counted(party: Party, found: Found) -> int | None:
    """How many hits this unit has, if it is to tell the broker."""
    learns = party.agreement.terms.learns
    told = learns.count == "broker" and party.ring.name in learns.hits_to
    return sum(len(each.own) for each in found.couples) if told else None


def _ends(post: Post) -> Iterator[Letter]:
    """One of each unit, in the order in which they come."""
    due = set(post.others)
    while due:
        letter = post.receive()
        if letter.step != closing.END or letter.sender not in due:
            raise PeerError(f"{letter.sender} sent a message of step {letter.step}, where its end was due")
        due.remove(letter.sender)
        yield letter


def _moment(party: Party, leg: Leg) -> str:
    """When this side ended; kept, so that it signs the same again. Raises IntegrityError."""
    at = leg.transcript.remember(ENDED, lambda: write_time(party.now()).encode())
    try:
        return write_time(read_time(at.decode()))
    except ValueError:  # no text, or no time
        raise IntegrityError(
            "what was kept of the session is damaged: its end has no time", DAMAGED
        ) from None


def same_inputs(transcript: Transcript, inputs: Brought) -> None:
    """Two lists behind one mask would show how they differ."""
    if transcript.remember(INPUTS, lambda: inputs.digest.encode()) != inputs.digest.encode():
        raise UsageError(
            "the list is not the one with which this session began",
            "give that list, with the options and the build of pplink that it was begun with; for another, begin"
            " another session with a new exchange and a new --session",
        )


@contextmanager
def _final(party: Party, post: Post) -> Iterator[None]:
    """After a broken check the session does not go on, ever: what was masked once is not masked again. The others are
    told that it is over, not why."""
    try:
        yield
    except (PeerError, IntegrityError, RefusedError) as error:
        party.transcript.fail(error.message)
        for other in post.others:
            with suppress(PplinkError):
                post.send(other, STOP, b"")
        raise
