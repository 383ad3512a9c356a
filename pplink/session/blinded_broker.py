"""Blinded broker: how an agreement's terms become roles of `protocols.blinded_broker`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pplink.agreement.model import Agreement, Terms
from pplink.errors import AgreementError, PeerError
from pplink.join.pairs import Pairs
from pplink.session.closing import exchange_handles
from pplink.session.inputs import Inputs
from pplink.session.plan import Brought, Couple, Found
from pplink.session.post import Post
from pplink.solvers import assign
from protocols.blinded_broker import Alice, Bob, Dealer, Parameters
from protocols.errors import MisuseError
from protocols.role import Role

SIDE = 1024
"""Rows in a block."""
LEAST_QUOTA = 1000
"""Hits that are allowed whatever the lists' sizes."""
ALICE, BOB, DEALER = "alice", "bob", "dealer"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One session; see `plan.Plan`."""

    parties: Mapping[str, str]
    """By role."""
    parameters: Parameters
    persons: Mapping[str, int]
    """What the units joined with, by role."""
    tiles: int
    terms: Terms

    @classmethod
    def of(cls, agreement: Agreement, units: tuple[str, ...], rows: Mapping[str, int]) -> Plan:
        """The first unit is Alice. Two units have at most one true hit for each record of the smaller list, or some
        more with aliases: the quota is twice that, and LEAST_QUOTA."""
        sizes = [rows[unit] for unit in units]
        parameters = parameters_of(agreement.terms, most_rows=max(sizes), quota=2 * min(sizes) + LEAST_QUOTA)
        blocks = [parameters.blocks(size) for size in sizes]
        parties = {ALICE: units[0], BOB: units[1], DEALER: agreement.broker.name}
        persons = dict(zip((ALICE, BOB), sizes, strict=True))
        return cls(
            parties=parties,
            parameters=parameters,
            persons=persons,
            tiles=blocks[0] * blocks[1],
            terms=agreement.terms,
        )

    @property
    def longest(self) -> int:
        """See `plan.Plan`."""
        return self.parameters.longest_frame()

    @property
    def most_hits(self) -> int:
        """The quota: a run with more stops."""
        return self.parameters.quota

    def party_of(self, role: str) -> str:
        """See `plan.Plan`."""
        return self.parties[role]

    def role_of(self, party: str) -> str:
        """See `plan.Plan`."""
        return next(role for role, name in self.parties.items() if name == party)

    def hears(self, party: str) -> tuple[str, ...]:
        """See `plan.Plan`."""
        return tuple(name for name in self.parties.values() if name != party)

    def make(self, party: str, session: bytes, seed: bytes, brought: Brought | None) -> Role:
        """See `plan.Plan`. No note of used seeds is kept here: a seed grows from the session's name, which is new
        each time, and within a session the transcript lets nothing else be sent twice."""
        common: dict[str, Any] = {
            "session": session, "parameters": self.parameters, "seed": seed, "spent": set()
        }  # fmt: skip
        role = self.role_of(party)
        if brought is None:
            return Dealer(**common)
        if not isinstance(brought, Inputs):
            raise TypeError("inputs of another protocol")
        return (Alice if role == ALICE else Bob)(rows=brought.rows, **common)

    def check(self, role: Role) -> None:
        """See `plan.Plan`. Sizes set the quota."""
        if not isinstance(role, (Alice, Bob, Dealer)):
            raise TypeError("a role of another protocol")
        for name, brought in role.persons.items():
            if name != role.name and brought != self.persons[name]:
                raise PeerError(
                    f"{self.parties[name]} brought {brought:,} records, and had joined with {self.persons[name]:,}",
                    "nothing more was sent; keep the session's folder, and ask them",
                )

    def settle(self, post: Post, role: Role, brought: Brought) -> Found:
        """See `plan.Plan`. Either unit chooses one-to-one for itself, in the same way."""
        found = self.pairs(role)
        kept = assign(found, solver=self.terms.solver) if self.terms.assignment == "one-to-one" else found
        first = post.name == self.parties[ALICE]
        mine, theirs = (kept.left, kept.right) if first else (kept.right, kept.left)
        peer = self.parties[BOB if first else ALICE]
        room = min(self.most_hits, *self.persons.values())
        rows, where = np.unique(theirs, return_inverse=True)
        told = exchange_handles(post, peer, brought.handles, np.unique(mine), rows, room)
        couple = Couple(peer=peer, own=brought.handles[mine], theirs=told[where], score=kept.score, rows=mine)
        return Found(couples=(couple,), size=len(found))

    def pairs(self, role: Role) -> Pairs:
        """A unit's hits, left the first unit's rows. Scores are 1 where none are opened."""
        hits = getattr(role, "result", None)
        if hits is None:
            raise RuntimeError("a role without a result")
        if hits.common is None:
            return Pairs.ordered(hits.alice, hits.bob, np.ones(len(hits)))
        return Pairs.ordered(hits.alice, hits.bob, 2 * hits.common / (hits.alice_weight + hits.bob_weight))

    def commitment(self, role: Role) -> str:
        """See `plan.Plan`."""
        return role.commitment.hex() if isinstance(role, (Alice, Bob)) else ""

    def ticks(self, party: str) -> tuple[str, int]:
        """See `plan.Plan`."""
        return {ALICE: "8", BOB: "7", DEALER: "4"}[self.role_of(party)], self.tiles


def parameters_of(terms: Terms, *, most_rows: int, quota: int) -> Parameters:
    """Raises AgreementError for a threshold that the protocol cannot decide exactly."""
    try:
        return Parameters(
            bits=terms.encoding.width,
            threshold=Fraction(repr(terms.threshold)),
            measure=terms.measure,
            most_rows=most_rows,
            side=SIDE,
            reveal="both",
            scores=terms.learns.score != "none",
            quota=quota,
        )
    except MisuseError as error:
        raise AgreementError(
            f"blinded_broker cannot be run under these terms: {error.message}",
            "a threshold of two decimals and encodings of 1,024 bits can",
        ) from None


def check(terms: Terms) -> None:
    """Raise AgreementError if these terms cannot be run."""
    parameters_of(terms, most_rows=1, quota=LEAST_QUOTA)
