"""Terms: how an agreement on a watchlist becomes parameters of `protocols.oprf_hit`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pplink.agreement import signatures
from pplink.agreement.exact import Watchlist
from pplink.agreement.model import Agreement, Terms
from pplink.audit.events import read_time
from pplink.errors import AgreementError, IntegrityError
from pplink.keys.ring import KeyRing
from protocols.errors import MisuseError
from protocols.oprf_hit import Parameters

FRESH = timedelta(minutes=5)
"""How far clocks may differ."""
SESSION_QUOTA = 1 << 20
"""Queries in a session; the quota that counts is the daily one, over all sessions."""


def watchlist_of(terms: Terms) -> Watchlist:
    """The terms of a watchlist. Raises AgreementError if there are none."""
    if not isinstance(terms.watchlist, Watchlist):
        raise AgreementError(
            f"this agreement is on {terms.protocol}, and on no watchlist",
            "propose with `--protocol oprf_hit`",
        )
    return terms.watchlist


def parameters_of(terms: Watchlist, public_key: bytes) -> Parameters:
    """Raises AgreementError for terms that cannot be, IntegrityError for a key that is none."""
    try:
        return Parameters(
            public_key=public_key,
            capacity=terms.capacity,
            false_bits=terms.false_bits,
            step=terms.step,
            keys=terms.asked,
            quota=SESSION_QUOTA,
        )
    except MisuseError as error:
        if "public_key" in error.message:
            raise IntegrityError("the list's public key is none", "ask the holder") from None
        raise AgreementError(f"oprf_hit cannot be run under these terms: {error.message}") from None


def check_part(agreement: Agreement, ring: KeyRing, now: datetime, *, holds: bool) -> Watchlist:
    """The terms, if this key ring is the holder's, or that of a unit that may ask, and the agreement is in force.

    Raises AgreementError, IntegrityError.
    """
    terms = watchlist_of(agreement.terms)
    signatures.check(agreement, now.astimezone(UTC).date())
    signatures.check_party(agreement, ring)
    if (ring.name == terms.holder) != holds or ring.role != "unit":
        part = "has the list" if holds else "may ask"
        raise AgreementError(
            f"{ring.role} {ring.name} is not one that {part}: unit {terms.holder} has the list",
            "check --home",
        )
    return terms


def check_fresh(at: str, now: datetime, who: str) -> None:
    """Raise IntegrityError for something that was signed at another time than now."""
    if abs(now - read_time(at)) > FRESH:
        raise IntegrityError(f"{who} signed it at another time than now", "compare clocks")
