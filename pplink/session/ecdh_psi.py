"""ECDH PSI: how an agreement's terms become roles of `protocols.ecdh_psi`, or, for more units, of `ecdh_psi_many`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pplink.agreement.exact import Exact
from pplink.agreement.model import Agreement, Terms
from pplink.audit.session_events import MOST
from pplink.errors import AgreementError
from pplink.session.cast import Cast, inputs_as, pool
from pplink.session.common import LEAST_ROOM, common_of, tell_handles
from pplink.session.exact import ExactInputs, exact_of
from pplink.session.one_sided import one_sided
from pplink.session.plan import Brought, Found
from pplink.session.post import Post
from protocols import ecdh_psi, ecdh_psi_many
from protocols.ecdh_psi_many import Broker
from protocols.errors import MisuseError
from protocols.role import Role

TWO = ("alice", "bob")
BROKER = "broker"
BLOCK = 4096
"""Elements in a message."""
Parameters = ecdh_psi.Parameters | ecdh_psi_many.Parameters


@dataclass(frozen=True, kw_only=True)
class Plan(Cast):
    """One session; see `plan.Plan`. Of two units the broker only keeps the record; of more it passes lists on."""

    exact: Exact
    parameters: Parameters
    told: Mapping[str, int]
    """Elements that the units joined with, by role."""

    @classmethod
    def of(cls, agreement: Agreement, units: tuple[str, ...], told: Mapping[str, int]) -> Plan:
        """The first unit is alice, or unit1."""
        exact = exact_of(agreement.terms)
        parameters = parameters_of(agreement.terms, len(units), reveal_of(agreement.terms, units))
        names = TWO if len(units) == 2 else tuple(f"unit{number}" for number in range(1, len(units) + 1))
        parties = dict(zip(names, units, strict=True))
        sizes = {role: told[unit] for role, unit in parties.items()}
        return cls(
            parties=parties if len(units) == 2 else parties | {BROKER: agreement.broker.name},
            exact=exact,
            parameters=parameters,
            told=sizes,
        )

    def hears(self, party: str) -> tuple[str, ...]:
        """See `plan.Plan`."""
        if len(self.told) == 2:
            return super().hears(party)
        broker = self.parties[BROKER]
        return (broker,) if party != broker else tuple(self.parties[role] for role in self.told)

    def make(self, party: str, session: bytes, seed: bytes, brought: Brought | None) -> Role | None:
        """See `plan.Plan`."""
        common = self.given(session, seed)
        if brought is None:
            return Broker(**common) if BROKER in self.parties else None
        common |= {"items": inputs_as(ExactInputs, brought).items, "spread": pool().map}
        role = self.role_of(party)
        if role in TWO:
            return (ecdh_psi.Alice if role == TWO[0] else ecdh_psi.Bob)(**common)
        return ecdh_psi_many.Unit(role, **common)

    def check(self, role: Role) -> None:
        """See `plan.Plan`."""
        if not isinstance(role, (ecdh_psi.Alice, ecdh_psi.Bob, ecdh_psi_many.Unit, Broker)):
            raise TypeError("a role of another protocol")
        self.check_sizes(role.told, self.told, "elements")

    def settle(self, post: Post, role: Role, brought: Brought) -> Found:
        """See `plan.Plan`."""
        brought = inputs_as(ExactInputs, brought)
        if isinstance(role, ecdh_psi.Unit) and role.parameters.reveal != "both":
            return one_sided(post, role, brought, self.exact)
        result = getattr(role, "result", None)
        if result is None:
            raise RuntimeError("a role without a result")
        if result.items is None:
            return Found(couples=(), size=result.size)
        peers = sorted({self.parties[name] for name in self.told} - {post.name})
        room = max(LEAST_ROOM, min(self.exact.quota, *self.told.values()))
        common = common_of(brought, result.items, self.exact)
        return Found(couples=tell_handles(post, peers, brought, common, room), size=result.size)

    def commitment(self, role: Role) -> str:
        """See `plan.Plan`."""
        return "" if isinstance(role, Broker) else bytes(getattr(role, "commitment", b"")).hex()

    def ticks(self, party: str) -> tuple[str, int]:
        """See `plan.Plan`."""
        blocks = {role: -(-size // BLOCK) for role, size in self.told.items()}
        if len(blocks) == 2:
            return "2", sum(size for role, size in blocks.items() if self.parties[role] != party)
        if party == self.parties[BROKER]:
            return "3", sum(blocks.values()) * len(blocks)
        return "4", sum(size for role, size in blocks.items() if self.parties[role] != party)


def reveal_of(terms: Terms, units: Sequence[str]) -> str:
    """Who of the units learns what is common, in the protocol's word."""
    named = [role for role, unit in zip(TWO, units, strict=False) if unit in terms.learns.hits_to]
    return named[0] if len(named) == 1 and len(units) == 2 else "both"


def parameters_of(terms: Terms, units: int, reveal: str = "both") -> Parameters:
    """Raises AgreementError where the protocol cannot be run so."""
    exact = exact_of(terms)
    common: dict[str, Any] = {
        "size_only": exact.reveal == "size",
        "capacity": exact.capacity,
        "step": exact.step,
        "quota": exact.quota,
        "block": BLOCK,
    }
    try:
        if units == 2:
            return ecdh_psi.Parameters(reveal=reveal, **common)
        return ecdh_psi_many.Parameters(units=units, **common)
    except MisuseError as error:
        raise AgreementError(f"ecdh_psi cannot be run under these terms: {error.message}") from None


def check(terms: Terms) -> None:
    """Raise AgreementError if these terms cannot be run."""
    units = len(terms.units)
    parameters_of(terms, 2)
    if 2 < units <= MOST:
        parameters_of(terms, units)
