"""Paillier stats: how an agreement's terms become roles of `protocols.paillier_stats`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from pplink.agreement.model import Agreement, Terms
from pplink.agreement.stats import Stats, exactly
from pplink.errors import AgreementError
from pplink.session import account, keeper, noise, tabulating
from pplink.session.cast import Cast, inputs_as, pool
from pplink.session.keeper import KeeperInputs
from pplink.session.plan import Brought, Found
from pplink.session.post import Post
from pplink.session.tabulating import TableInputs, stats_of
from protocols.errors import MisuseError
from protocols.paillier_stats import UNITS, Account, Broker, Keeper, Parameters, Unit
from protocols.role import Role

BROKER, KEEPER = "broker", "keeper"
COUNT_BITS, SUM_BITS = 32, 48
"""Of a unit's numbers at most, without sums and with them."""


@dataclass(frozen=True, kw_only=True)
class Plan(Cast):
    """One session; see `plan.Plan`."""

    stats: Stats
    parameters: Parameters

    @classmethod
    def of(cls, agreement: Agreement, units: tuple[str, ...], told: Mapping[str, int]) -> Plan:
        """Units are unit1 and so on, in order of names."""
        del told
        stats = stats_of(agreement.terms)
        parties = dict(zip(UNITS, units, strict=False))
        return cls(
            parties={BROKER: agreement.broker.name, KEEPER: stats.keeper, **parties},
            stats=stats,
            parameters=parameters_of(agreement.terms, len(units)),
        )

    def hears(self, party: str) -> tuple[str, ...]:
        """See `plan.Plan`."""
        role = self.role_of(party)
        if role == BROKER:
            return super().hears(party)
        others = (BROKER,) if role == KEEPER else (BROKER, KEEPER)
        return tuple(self.parties[each] for each in others)

    def make(self, party: str, session: bytes, seed: bytes, brought: Brought | None) -> Role:
        """See `plan.Plan`. Raises RefusedError if the budget for noise is spent."""
        common = self.given(session, seed)
        if brought is None:
            return Broker(**common, spread=pool().map)
        if isinstance(brought, KeeperInputs):
            keeper.check(brought, self.parameters.modulus)
            return Keeper(**common, key=brought.key, spread=pool().map)
        brought = inputs_as(TableInputs, brought)
        common |= {"noise": brought.noise, "account": self._account(brought, session.hex())}
        return Unit(self.role_of(party), table=brought.table, **common)

    def _account(self, brought: TableInputs, session: str) -> Account | None:
        """What is left, once this session is charged for."""
        agreed = self.stats.noise
        if agreed is UNSET:
            return None
        epsilon, budget = exactly(agreed.epsilon), exactly(agreed.budget)
        spent = account.charge(brought.account, session, epsilon, budget)
        return Account(budget=budget, spent=spent)

    def check(self, role: Role) -> None:
        """See `plan.Plan`. Nobody tells a size again."""
        if not isinstance(role, (Unit, Keeper, Broker)):
            raise TypeError("a role of another protocol")

    def settle(self, post: Post, role: Role, brought: Brought) -> Found:
        """See `plan.Plan`. There are no hits: a unit has a table, a keeper nothing."""
        del post, brought
        if not isinstance(role, Unit):
            return Found(couples=(), size=0)
        if role.result is None:
            raise RuntimeError("a role without a result")
        return Found(couples=(), size=role.result.released, cells=role.result.cells)

    def commitment(self, role: Role) -> str:
        """See `plan.Plan`."""
        return role.commitment.hex() if isinstance(role, Unit) else ""

    def ticks(self, party: str) -> tuple[str, int]:
        """See `plan.Plan`."""
        return {BROKER: ("3", self.parameters.units), KEEPER: ("6", 1)}.get(self.role_of(party), ("8", 1))


def parameters_of(terms: Terms, units: int) -> Parameters:
    """Raises AgreementError where the protocol cannot be run so."""
    stats = stats_of(terms)
    agreed = stats.noise
    noisy: dict[str, Any] = {}
    if agreed is not UNSET:
        noisy = {"epsilon": exactly(agreed.epsilon), "touches": agreed.touches, "most_noise": agreed.most}
    try:
        return Parameters(
            modulus=int(stats.modulus, 16),
            units=units,
            cells=stats.cells,
            sums=len(stats.sums),
            bits=SUM_BITS if stats.sums else COUNT_BITS,
            threshold=stats.threshold,
            each=stats.counted == "others",
            largest=stats.largest,
            **noisy,
        )
    except MisuseError as error:
        raise AgreementError(f"paillier_stats cannot be run under these terms: {error.message}") from None


def check(terms: Terms) -> None:
    """Raise AgreementError if these terms cannot be run, UnavailableError if a library that they need is not here."""
    parameters_of(terms, min(len(terms.units), len(UNITS)))
    keeper.library()
    if stats_of(terms).noise is not UNSET:
        noise.library()


def prepare(people: Any, agreement: Agreement, ring: Any, **choices: Any) -> TableInputs:
    """As `tabulating.prepare`."""
    parameters = parameters_of(agreement.terms, 2)  # how many units there are does not show in a unit's noise
    return tabulating.prepare(people, agreement, ring, parameters=parameters, **choices)
