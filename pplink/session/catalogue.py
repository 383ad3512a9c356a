"""Catalogue: the protocols that sessions run, by the agreement's word for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pplink.agreement.model import Agreement, Terms
from pplink.audit.session_events import PROTOCOLS
from pplink.errors import AgreementError, UsageError
from pplink.join.pairs import Pairs
from pplink.session import blinded_broker
from protocols.role import Role

Rows = npt.NDArray[np.uint64]


class Plan(Protocol):
    """One session of a protocol: what follows from the agreement and from how many records there are."""

    @property
    def longest(self) -> int:
        """Bytes of the longest frame; nobody can make us take in a longer one."""
        ...

    @property
    def most_hits(self) -> int:
        """The quota: a run with more stops."""
        ...

    def party_of(self, role: str) -> str:
        """The name of the party that has this role."""
        ...

    def role_of(self, party: str) -> str:
        """The role that this party has."""
        ...

    def make(self, party: str, session: bytes, seed: bytes, rows: Rows | None) -> Role:
        """The party's role. rows: (n, words) for a unit, None for the broker."""
        ...

    def check(self, role: Role) -> None:
        """Raises PeerError if a unit tells the role of another number of rows than it joined with."""
        ...

    def pairs(self, role: Role) -> Pairs:
        """A unit's result: hits, left the first unit's rows. Scores are 1 where none are opened."""
        ...

    def commitment(self, role: Role) -> str:
        """What binds a unit to its rows, in hex."""
        ...

    def ticks(self, party: str) -> tuple[str, int]:
        """Of which step a party takes in how many messages: how far it is."""
        ...


def plan(agreement: Agreement, units: tuple[str, str], rows: Mapping[str, int]) -> Plan:
    """How two units (in order of names) run the agreement's protocol. Raises AgreementError, UsageError."""
    check(agreement.terms)
    return blinded_broker.Plan.of(agreement, units, rows)


def check(terms: Terms) -> None:
    """Raise AgreementError if no session can be run under these terms."""
    if terms.protocol not in PROTOCOLS:
        raise AgreementError(
            f"protocol {terms.protocol} is not run by units with each other",
            "encode and let the broker match, or propose with `--protocol blinded_broker`",
        )
    blinded_broker.check(terms)


def couple(agreement: Agreement, own: str | None, given: tuple[str, ...]) -> tuple[str, str]:
    """The two units of a session, in order of names.

    own: the unit whose session it is, None for the broker. given: units named by the user; needed where there are
    more than two. Raises UsageError.
    """
    units = agreement.units
    chosen = {*given, own} - {None} if given else set(units)
    if len(chosen) == 2 and chosen <= set(units) and (own is None or own in chosen):
        first, second = sorted(str(each) for each in chosen)
        return first, second
    raise UsageError(
        f"a session is between two of the units {', '.join(units)}, and it is not clear which",
        "name the other unit with `--with UNIT`; the broker names both",
    )
