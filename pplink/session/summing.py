"""Summing: `ecdh_psi` as an agreement reveals it; where that is sums, as roles of `protocols.ecdh_psi_sum`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pplink.agreement.exact import Exact
from pplink.agreement.model import Agreement, Terms
from pplink.errors import AgreementError
from pplink.keys.ring import KeyRing
from pplink.session import ecdh_psi, exact, keeper, sum_inputs
from pplink.session.cast import Cast, inputs_as, pool
from pplink.session.ecdh_psi import TWO
from pplink.session.exact import exact_of
from pplink.session.plan import Brought, Found
from pplink.session.plan import Plan as AnyPlan
from pplink.session.post import Post
from pplink.session.sum_inputs import SumInputs, sums_of
from protocols.ecdh_psi_sum import Alice, Bob, Parameters
from protocols.errors import MisuseError
from protocols.role import Role

BITS, BLOCK = 48, 256


@dataclass(frozen=True, kw_only=True)
class Plan(Cast):
    """One session; see `plan.Plan`. The holder is bob; the broker only keeps the record."""

    parameters: Parameters
    told: Mapping[str, int]
    """Elements that the units joined with, by role."""

    @classmethod
    def of(cls, agreement: Agreement, units: tuple[str, ...], told: Mapping[str, int]) -> Plan:
        """Raises AgreementError where the protocol cannot be run so."""
        holder = sums_of(agreement.terms).holder
        parties = dict(zip(TWO, sorted(units, key=lambda unit: unit == holder), strict=True))
        return cls(
            parties=parties,
            parameters=parameters_of(agreement.terms),
            told={role: told[unit] for role, unit in parties.items()},
        )

    def make(self, party: str, session: bytes, seed: bytes, brought: Brought | None) -> Role | None:
        """See `plan.Plan`."""
        if brought is None:
            return None
        brought = inputs_as(SumInputs, brought)
        common = self.given(session, seed) | {"spread": pool().map}
        if self.role_of(party) == TWO[0]:
            return Alice(items=[item for item, _ in brought.items], **common)
        if brought.key is None or brought.key.modulus != self.parameters.modulus:
            raise AgreementError(
                "the keeper's key is not the one of this agreement", "check --home, or agree on this key"
            )
        return Bob(items=brought.items, key=brought.key, **common)

    def check(self, role: Role) -> None:
        """See `plan.Plan`."""
        if not isinstance(role, (Alice, Bob)):
            raise TypeError("a role of another protocol")
        self.check_sizes(role.told, self.told, "elements")

    def settle(self, post: Post, role: Role, brought: Brought) -> Found:
        """See `plan.Plan`. There are no hits, but a table of one row: the size, and sums if they are told."""
        del post, brought
        result = getattr(role, "result", None)
        if result is None:
            raise RuntimeError("a role without a result")
        row = None if result.size is None else (result.size, *(result.sums or ()))
        return Found(couples=(), size=result.size or 0, cells=(row,))

    def commitment(self, role: Role) -> str:
        """See `plan.Plan`."""
        return role.commitment.hex() if isinstance(role, (Alice, Bob)) else ""

    def ticks(self, party: str) -> tuple[str, int]:
        """See `plan.Plan`."""
        other = next(role for role, name in self.parties.items() if name != party)
        return "2", -(-self.told[other] // BLOCK)


def _reveals_sums(terms: Terms) -> bool:
    return isinstance(terms.exact, Exact) and terms.exact.reveal == "sums"


def parameters_of(terms: Terms) -> Parameters:
    """Raises AgreementError where the protocol cannot be run so."""
    agreed, sums = exact_of(terms), sums_of(terms)
    try:
        return Parameters(
            modulus=int(sums.modulus, 16),
            reveal="both" if len(terms.learns.hits_to) == 2 else "bob",
            sums=len(sums.fields),
            bits=BITS,
            least=sums.least,
            capacity=agreed.capacity,
            step=agreed.step,
            quota=agreed.quota,
            block=BLOCK,
        )
    except MisuseError as error:
        raise AgreementError(f"ecdh_psi cannot be run under these terms: {error.message}") from None


def check(terms: Terms) -> None:
    """Raise AgreementError if these terms cannot be run, UnavailableError if a library that they need is not here."""
    if not _reveals_sums(terms):
        ecdh_psi.check(terms)
        return
    parameters_of(terms)
    keeper.library()


def plan(agreement: Agreement, units: tuple[str, ...], told: Mapping[str, int]) -> AnyPlan:
    """How these units run it."""
    kind = Plan if _reveals_sums(agreement.terms) else ecdh_psi.Plan
    made: AnyPlan = kind.of(agreement, units, told)
    return made


def prepare(people: Any, agreement: Agreement, ring: KeyRing, **choices: Any) -> Brought:
    """A list's keys for a session. Arguments and errors as `exact.prepare`."""
    if not _reveals_sums(agreement.terms):
        return exact.prepare(people, agreement, ring, **choices)
    return sum_inputs.prepare(people, agreement, ring, **choices)
