"""Party: a unit's or the broker's whole side of a session, from its join to the record."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

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
from pplink.join.pairs import Pairs
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed, signed_from
from pplink.session import catalogue, closing
from pplink.session.closing import Bytes, Rows
from pplink.session.driver import run_role
from pplink.session.envelope import Letter
from pplink.session.inputs import Inputs
from pplink.session.joining import joined_of, make_join, meet
from pplink.session.post import SECONDS, STOP, Post
from pplink.session.transcript import Transcript
from pplink.session.transports.interface import Transport
from pplink.solvers import assign

AGREEMENT, SECRET, JOIN, INPUTS, ENDED, RECORD = (
    "agreement.json", "secret", "join.json", "inputs", "ended", "record"
)  # fmt: skip
"""What a transcript's folder holds besides messages. RECORD is a folder that may be shown to anyone."""


@dataclass(kw_only=True)
class Party:
    """One party's means: who it is, with whom, by which way."""

    agreement: Agreement
    ring: KeyRing
    units: tuple[str, str]
    """The couple, in order of names."""
    transcript: Transcript
    transport: Transport
    seconds: float = SECONDS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[int], bytes] = os.urandom
    progress: Callable[[int, int], None] | None = None

    def post(self) -> Post:
        """Its letters. Raises AgreementError, UsageError if it may not take part."""
        parties = (*self.units, self.agreement.broker.name)
        signatures.check(self.agreement, self.begun().date())
        signatures.check_party(self.agreement, self.ring)
        if self.ring.name not in parties:
            raise UsageError(f"{self.ring.name} is not in the session of {' and '.join(self.units)}")
        own = text.write(self.agreement)
        if self.transcript.remember(AGREEMENT, lambda: own) != own:
            raise UsageError(
                "this session was begun with another agreement", "give that one, or another --session"
            )
        return Post(
            ring=self.ring,
            agreement=self.agreement,
            others=[name for name in parties if name != self.ring.name],
            transcript=self.transcript,
            transport=self.transport,
            seconds=self.seconds,
            secret=self.transcript.remember(SECRET, lambda: self.random(32)),
        )

    def begun(self) -> datetime:
        """When this side of the session began: now, or as it was kept."""
        join = self.transcript.known(JOIN)
        return self.now() if join is None else read_time(joined_of(signed_of(join)).at)

    def join(self, rows: int = 0, confirmation: bytes = b"") -> Signed:
        """Its join: a new one, claimed in the exchange, or the one that was kept."""
        if self.transcript.known(JOIN) is None:
            self.transport.claim(self.ring.name)

        def made() -> bytes:
            join = make_join(
                self.agreement, self.ring, self.units, self.now(), self.random,
                rows=rows, confirmation=confirmation,
            )  # fmt: skip
            return canonical.to_bytes(join.to_json())

        return signed_of(self.transcript.remember(JOIN, made))

    def keep_record(self, data: bytes, post: Post) -> Path:
        """Check the record and write it where it may be taken from."""
        documents = closing.read_record(post, data)
        return self.transcript.keep_folder(RECORD, documents)


@dataclass(frozen=True, kw_only=True, eq=False)
class Linked:
    """What a unit has of a session."""

    session: str
    peer: str
    own: Bytes
    """(n, 16): a hit's handle of our record."""
    theirs: Bytes
    """(n, 16): the peer's."""
    pairs: Pairs
    """Left: this unit's rows of `Inputs`; right: the peer's."""
    found: int
    """Hits before one-to-one was chosen."""
    end: Signed
    """What this unit signed of all that it sent and received."""
    record: Path


def link(party: Party, inputs: Inputs) -> Linked:
    """A unit's side. Raises PeerError, IntegrityError, RefusedError (then the session is over for good),
    UnavailableError (the same call goes on), UsageError, AgreementError.
    """
    post = party.post()
    _same_inputs(party.transcript, inputs)
    joins = meet(post, party.join(len(inputs), inputs.confirmation))
    with _final(post):
        plan = _planned(party, post, joins)
        secret = derive(post.secret, Label.ROLE_SEED, context=post.session)
        role = plan.make(post.name, bytes.fromhex(post.session), secret, inputs.rows)
        run_role(post, role, plan)
        found = plan.pairs(role)
        kept = assign(found, solver=party.agreement.terms.solver) if _one_to_one(party) else found
        first = post.name == party.units[0]
        mine, theirs = (kept.left, kept.right) if first else (kept.right, kept.left)
        peer = party.units[1] if first else party.units[0]
        sizes = {name: joined_of(join).rows for name, join in joins.items()}
        room = min(plan.most_hits, *(sizes[unit] for unit in party.units))
        other = _handles(post, peer, inputs.handles, mine, theirs, room)
        end = _end(party, post, len(inputs), plan.commitment(role))
        record = closing.expect(post, party.agreement.broker.name, closing.RECORD)
        place = party.keep_record(record.content, post)
    return Linked(
        session=post.session,
        peer=peer,
        own=inputs.handles[mine],
        theirs=other,
        pairs=Pairs.ordered(mine, theirs, kept.score),
        found=len(found),
        end=end,
        record=place,
    )


def deal(party: Party) -> Path:
    """The broker's side: where the session's record is. Errors as `link`."""
    post = party.post()
    if party.ring.role != "broker":
        raise AgreementError(f"{post.name} is not the broker of this agreement", "use the broker's key ring")
    joins = meet(post, party.join())
    with _final(post):
        plan = _planned(party, post, joins)
        seed = derive(post.secret, Label.ROLE_SEED, context=post.session)
        run_role(post, plan.make(post.name, bytes.fromhex(post.session), seed, None), plan)
        own = closing.sign_end(post, 0, "", _moment(party))
        ends = [own, *(closing.read_end(post, _end_from(post)) for _ in post.others)]
        record = closing.make_record(post, joins, ends)
        for unit in party.units:
            post.send(unit, closing.RECORD, record)
        return party.keep_record(record, post)


def _planned(party: Party, post: Post, joins: dict[str, Signed]) -> catalogue.Plan:
    rows = {name: joined_of(join).rows for name, join in joins.items()}
    plan = catalogue.plan(party.agreement, party.units, rows)
    post.limit = max(plan.longest, closing.LIMIT)
    post.told = _counting(party, plan, post.name)
    return plan


def _counting(party: Party, plan: catalogue.Plan, name: str) -> Callable[[Letter], None]:
    step, total = plan.ticks(name)
    done = 0

    def told(letter: Letter) -> None:
        nonlocal done
        if letter.step == step and party.progress is not None:
            done += 1
            party.progress(done, total)

    return told


def _handles(post: Post, peer: str, own: Bytes, mine: Rows, theirs: Rows, room: int) -> Bytes:
    """The peer's handle for each hit, (n, 16)."""
    rows, where = np.unique(theirs, return_inverse=True)
    told = closing.exchange_handles(post, peer, own, np.unique(mine), rows, room)
    return told[where]


def _end(party: Party, post: Post, rows: int, commitment: str) -> Signed:
    end = closing.sign_end(post, rows, commitment, _moment(party))
    post.send(party.agreement.broker.name, closing.END, canonical.to_bytes(end.to_json()))
    return end


def _end_from(post: Post) -> Letter:
    letter = post.receive()
    if letter.step != closing.END:
        raise PeerError(f"{letter.sender} sent a message of step {letter.step}, where its end was due")
    return letter


def _moment(party: Party) -> str:
    """When this side ended; kept, so that it signs the same again."""
    return party.transcript.remember(ENDED, lambda: write_time(party.now()).encode()).decode()


def _one_to_one(party: Party) -> bool:
    return party.agreement.terms.assignment == "one-to-one"


def _same_inputs(transcript: Transcript, inputs: Inputs) -> None:
    """Two lists behind one mask would show how they differ."""
    if transcript.remember(INPUTS, lambda: inputs.digest.encode()) != inputs.digest.encode():
        raise UsageError(
            "the list is not the one with which this session began",
            "give that list; for another, begin another session with a new exchange and a new --session",
        )


def signed_of(data: bytes) -> Signed:
    """A kept envelope."""
    return signed_from(canonical.exactly(data))


@contextmanager
def _final(post: Post) -> Iterator[None]:
    """After a broken check the session does not go on, ever: what was masked once is not masked again. The others are
    told that it is over, not why."""
    try:
        yield
    except (PeerError, IntegrityError, RefusedError) as error:
        post.transcript.fail(error.message)
        for other in post.others:
            with suppress(PplinkError):
                post.send(other, STOP, b"")
        raise
