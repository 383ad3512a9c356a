"""Blinded broker: how an agreement's terms become roles of `protocols.blinded_broker`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from msgspec import UNSET

from pplink.agreement.model import Agreement, Terms
from pplink.agreement.quota import quota_of
from pplink.audit.session_events import MOST, couple_name, couples_of
from pplink.errors import AgreementError
from pplink.files import require_room
from pplink.join.pairs import Pairs
from pplink.session.blinded_terms import (
    ALICE,
    BOB,
    DEALER,
    SIDE,
    chosen_shape,
    cost_of,
    parameters_of,
    reveal_of,
)
from pplink.session.blocking.filling import Blocks
from pplink.session.blocking.meeting import Meeting
from pplink.session.blocking.shape import Shape, share
from pplink.session.cast import Cast, inputs_as
from pplink.session.closing import Bytes, exchange_handles, give_handles, take_handles
from pplink.session.closing import Rows as Ints
from pplink.session.inputs import Inputs
from pplink.session.plan import Brought, Couple, Found
from pplink.session.post import Post
from pplink.solvers import assign
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters, Progress
from protocols.blinded_broker.needs import memory
from protocols.blinded_broker.plan import Plan as Tiles
from protocols.errors import MisuseError
from protocols.role import Role

MORE = 2
"""How often a pair may be found beside once in each band: as a row without room of either unit."""
MOST_QUOTA, MOST_OPENINGS = 1 << 24, 1 << 27
"""As of `protocols.blinded_broker`."""
HANDLE = 16
"""Bytes."""
FRAMES = 4
"""Of the longest, in memory at the same time while one is sealed and another opened."""


@dataclass(frozen=True, kw_only=True)
class Plan(Cast):
    """One session; see `plan.Plan`."""

    parameters: Parameters
    persons: Mapping[str, int]
    """What the units joined with, by role."""
    terms: Terms
    meeting: Meeting | None = None
    """Of a session that is blocked: how it becomes known which blocks meet."""
    filling: Blocks | None = None
    """Of a unit in such a session: its rows in its blocks."""
    earlier: Progress | None = None
    """Of a unit in a session that goes on: what it had done before the first tile of this leg."""

    @classmethod
    def of(cls, agreement: Agreement, units: tuple[str, ...], rows: Mapping[str, int]) -> Plan:
        """The first unit is Alice. Raises AgreementError if neither unit is to learn hits."""
        sizes = [rows[unit] for unit in units]
        terms = agreement.terms
        parameters = parameters_of(
            terms, most_rows=max(sizes), quota=quota_of(terms, min(sizes)), reveal=reveal_of(terms, units)
        )
        parties = {ALICE: units[0], BOB: units[1], DEALER: agreement.broker.name}
        persons = dict(zip((ALICE, BOB), sizes, strict=True))
        return cls(
            parties=parties,
            parameters=parameters,
            persons=persons,
            terms=terms,
            meeting=_meeting(terms, (units[0], units[1]), (sizes[0], sizes[1])),
        )

    def ready(self, post: Post, brought: Brought | None) -> Plan:
        """See `plan.Plan`. Where long lists are blocked, units tell each other of their bins; if blocks would cost more
        than all pairs, all are compared. Raises AgreementError for more blocks than a run can have, UnavailableError
        for more than there is memory for, and for a list so long that there is no disk for what comes of it."""
        plan = self._met(post, brought)
        post.budget.take(plan.name, plan.memory(post.name), plan.what)
        if brought is not None and not post.transcript.replaying:
            require_room(post.transcript.folder, plan.received(post.name), "what comes from the others")
        return plan

    def memory(self, party: str) -> int:
        """Bytes that a party takes at most, beside its list and its hits; of a unit whose lists are blocked also what
        filling its blocks takes."""
        filled = 0 if self.filling is None else self.filling.memory
        return memory(self._layout, self.role_of(party)) + FRAMES * self.parameters.longest_frame() + filled

    @property
    def name(self) -> str:
        """The couple's: one session of it goes on at a time."""
        return couple_name((self.parties[ALICE], self.parties[BOB]))

    @property
    def what(self) -> str:
        """What needs memory, in words."""
        if self.parameters.pairs:
            return f"comparing {self.parameters.pairs:,} pairs of blocks"
        return f"comparing {self.persons[ALICE]:,} records with {self.persons[BOB]:,}"

    def received(self, party: str) -> int:
        """Bytes of tiles and records that a unit takes in, and keeps, at least."""
        p, bob = self.parameters, self.role_of(party) == BOB
        peer = ALICE if bob else BOB
        dealt = p.rule.z_bits + len(p.circuit.digits) + len(p.circuit.merge) if bob else 0
        pairs = p.pairs * p.side**2 or self.persons[ALICE] * self.persons[BOB] * p.pairings
        rows = p.pairs * p.side or self.persons[peer] * p.variants(peer)
        return (
            pairs * (dealt + p.rule.z_bits + p.circuit.opened + 1) + rows * p.bits * p.rule.product_bits
        ) // 8

    def _met(self, post: Post, brought: Brought | None) -> Plan:
        if self.meeting is None:
            return self
        if brought is None:
            return self._blocked(self.meeting.shape, self.meeting.of_broker(post), None)
        if not isinstance(brought, Inputs) or brought.blocking is None:
            raise TypeError("inputs of another protocol, or without keys to block by")
        broker = self.parties[DEALER]
        pairs, filling = self.meeting.of_unit(
            post, broker, brought.rows, brought.years, brought.blocking, brought.digest
        )
        return self._blocked(self.meeting.shape, pairs, filling)

    def _blocked(self, shape: Shape, pairs: int, filling: Blocks | None) -> Plan:
        """With so many pairs of blocks; 0: all pairs."""
        if not pairs:
            return self
        try:
            parameters = replace(
                self.parameters,
                layout="paired",
                side=shape.side,
                batch=max(1, SIDE**2 // shape.side**2),
                pairs=pairs,
                openings=min(
                    self.parameters.quota * (shape.bands + MORE) * self.terms.encoding.rows, MOST_OPENINGS
                ),
            )
        except MisuseError as error:
            raise AgreementError(
                f"{pairs:,} pairs of blocks cannot be compared: {error.message}",
                "split the longer list, or agree on a higher threshold or epsilon, or on a lower recall",
            ) from None
        return replace(self, parameters=parameters, filling=filling)

    @property
    def way(self) -> str:
        """See `plan.Plan`."""
        pairs, side = self.parameters.pairs, self.parameters.side
        if pairs:
            variants = self.terms.encoding.rows
            cost = share(pairs, side, (self.persons[ALICE] * variants, self.persons[BOB] * variants))
            what = "records" if variants == 1 else "encodings"
            return (
                f"lists are blocked: {pairs:,} pairs of blocks of {side} {what} cost {cost:.0%} of all pairs"
            )
        blocked = self.terms.blocking is not UNSET
        return "all pairs are compared: blocks would cost more, with these lists" if blocked else ""

    @property
    def tiles(self) -> int:
        """How many there are."""
        return self._layout.tiles

    @property
    def _layout(self) -> Tiles:
        return Tiles(parameters=self.parameters, persons=dict(self.persons))

    @property
    def longest(self) -> int:
        """See `plan.Plan`. Handles are told after the roles' end: of as many records as there may be hits, or
        of all."""
        records = self.persons.values()
        handles = min(self.most_hits, *records) if self.parameters.reveal == "both" else max(records)
        return max(self.parameters.longest_frame(), handles * HANDLE)

    @property
    def most_hits(self) -> int:
        """The quota: a run with more stops."""
        return self.parameters.quota

    def learns(self, party: str) -> bool:
        """Whether a unit is told hits."""
        return self.parameters.reveal in ("both", self.role_of(party))

    def make(self, party: str, session: bytes, seed: bytes, brought: Brought | None) -> Role:
        """See `plan.Plan`."""
        common = self.given(session, seed)
        if brought is None:
            return Dealer(**common)
        rows = inputs_as(Inputs, brought).rows
        unit = Alice if self.role_of(party) == ALICE else Bob
        return unit(rows=rows, filling=self.filling, earlier=self.earlier, **common)

    def check(self, role: Role) -> None:
        """See `plan.Plan`. Sizes set the quota."""
        if not isinstance(role, (Alice, Bob, Dealer)):
            raise TypeError("a role of another protocol")
        others = {name: brought for name, brought in role.persons.items() if name != role.name}
        self.check_sizes(others, self.persons, "records")

    def settle(self, post: Post, role: Role, brought: Brought) -> Found:
        """See `plan.Plan`. Either unit chooses one-to-one for itself, in the same way."""
        found = self.pairs(role)
        kept = assign(found, solver=self.terms.solver) if self.terms.assignment == "one-to-one" else found
        first = post.name == self.parties[ALICE]
        mine, theirs = (kept.left, kept.right) if first else (kept.right, kept.left)
        peer = self.parties[BOB if first else ALICE]
        told = self._handles(post, peer, brought.handles, (mine, theirs))
        couple = Couple(peer=peer, own=brought.handles[mine], theirs=told, score=kept.score, rows=mine)
        return Found(couples=(couple,), size=len(found))

    def _handles(self, post: Post, peer: str, own: Bytes, hits: tuple[Ints, Ints]) -> Bytes:
        """The peer's handle of each hit, (n, 16). hits: rows of ours and of the peer's."""
        mine, theirs = hits
        if not self.learns(post.name):
            give_handles(post, peer, own)
            return np.zeros((0, 16), np.uint8)
        if not self.learns(peer):
            return take_handles(post, peer, self.persons[self.role_of(peer)])[theirs]
        room = min(self.most_hits, *self.persons.values())
        rows, where = np.unique(theirs, return_inverse=True)
        return exchange_handles(post, peer, own, np.unique(mine), rows, room)[where]

    def pairs(self, role: Role) -> Pairs:
        """A unit's hits, left the first unit's rows, if it is told. Scores are 1 where none are told."""
        if not isinstance(role, (Alice, Bob)) or not role.finished:
            raise RuntimeError("a role without a result")
        hits = role.result
        if hits is None:  # this unit is not to learn any
            nobody = np.zeros(0, np.int64)
            return Pairs.ordered(nobody, nobody, np.zeros(0))
        if hits.common is None or hits.alice_weight is None or hits.bob_weight is None:
            return Pairs.ordered(hits.alice, hits.bob, np.ones(len(hits)))
        return Pairs.ordered(hits.alice, hits.bob, 2 * hits.common / (hits.alice_weight + hits.bob_weight))

    def commitment(self, role: Role) -> str:
        """See `plan.Plan`."""
        return role.commitment.hex() if isinstance(role, (Alice, Bob)) else ""

    def ticks(self, party: str) -> tuple[str, int]:
        """See `plan.Plan`."""
        dealt = "4f" if self.parameters.proven else "4"
        return {ALICE: "8", BOB: "7", DEALER: dealt}[self.role_of(party)], self.tiles


def _meeting(terms: Terms, units: tuple[str, str], sizes: tuple[int, int]) -> Meeting | None:
    """None where all pairs are compared: as agreed, or because blocks are sure to cost more."""
    if terms.blocking is UNSET:
        return None
    if cost_of(terms, terms.blocking, sizes) >= 1:
        return None
    variants = terms.encoding.rows
    rows = sizes[0] * variants, sizes[1] * variants
    return Meeting(shape=chosen_shape(terms, terms.blocking, sizes), units=units, sizes=rows)


def most_memory(agreement: Agreement) -> tuple[int, int] | None:
    """Bytes that a unit's and the broker's sessions take at most, those of all couples together and all pairs compared,
    beside lists and hits; None where no limit is agreed on how many records a unit may bring."""
    most, told = agreement.terms.most_records, agreement.terms.learns.hits_to
    if most is UNSET:
        return None
    units = sorted(agreement.units, key=lambda unit: unit not in told)[:MOST]  # who meets whom is told hits
    couples = couples_of(units, told)
    # two lists of more than 2**23 may have more hits than can be agreed on, but one of them may be shorter
    terms = msgspec.structs.replace(agreement.terms, quota=min(quota_of(agreement.terms, most), MOST_QUOTA))
    plan = Plan.of(
        msgspec.structs.replace(agreement, terms=terms), couples[0], dict.fromkeys(couples[0], most)
    )
    unit = max(plan.memory(each) for each in couples[0]) * max(
        sum(unit in each for each in couples) for unit in units
    )
    return unit, plan.memory(agreement.broker.name) * len(couples)
