"""Catalogue: the protocols that sessions run, by the agreement's word for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pplink.agreement.extensions import extension, registered
from pplink.agreement.model import Agreement, Terms
from pplink.agreement.protocols import PROTOCOLS as BUILT_IN
from pplink.audit.session_events import MOST, TWO_BY_TWO
from pplink.errors import AgreementError, UsageError
from pplink.keys.ring import KeyRing
from pplink.session import blinded_broker, blinded_terms, inputs, paillier_stats, resuming, summing
from pplink.session.plan import Brought, Offer, Plan, Remember

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

OFFERS: Mapping[str, Offer] = {
    "blinded_broker": Offer(
        check=blinded_terms.check,
        plan=blinded_broker.Plan.of,
        prepare=inputs.prepare,
        resuming=resuming.BLINDED_BROKER,
    ),
    "ecdh_psi": Offer(check=summing.check, plan=summing.plan, prepare=summing.prepare),
    "paillier_stats": Offer(
        check=paillier_stats.check, plan=paillier_stats.Plan.of, prepare=paillier_stats.prepare, keeps=True
    ),
}  # fmt: skip
"""By the agreement's word."""


def offer_of(word: str) -> Offer:
    """How sessions run a protocol, ours or a registered one. Raises AgreementError if they do not, RefusedError if a
    package registers one of ours."""
    if word in BUILT_IN and word not in OFFERS:
        raise AgreementError(
            f"protocol {word} is not run by units with each other",
            "encode and let the broker match; or propose a preset that shows encodings to nobody",
        )
    registered()
    offer: Offer = OFFERS[word] if word in OFFERS else extension(word).offer
    return offer


def plan(agreement: Agreement, units: tuple[str, ...], told: Mapping[str, int]) -> Plan:
    """How units (in order of names) run the agreement's protocol. Raises AgreementError, UsageError."""
    check(agreement.terms)
    return offer_of(agreement.terms.protocol).plan(agreement, units, told)


def check(terms: Terms) -> None:
    """Raise AgreementError if no session can be run under these terms; what else `offer_of` raises."""
    offer_of(terms.protocol).check(terms)


def prepare(
    people: pd.DataFrame | pa.Table,
    agreement: Agreement,
    ring: KeyRing,
    *,
    remember: Remember = lambda _, make: make(),
    **choices: Any,
) -> Brought:
    """A list as what its unit brings to a session. choices and errors as `encoders.pipeline.encode_list`, and `now`;
    remember: `Transcript.remember` of the session, which what is drawn for it must outlive."""
    check(agreement.terms)
    offer = offer_of(agreement.terms.protocol)
    more = {"remember": remember} if offer.keeps else {}
    brought: Brought = offer.prepare(people, agreement, ring, **more, **choices)
    return brought


def members(agreement: Agreement, own: str | None, given: tuple[str, ...]) -> tuple[str, ...]:
    """The units that meet, in order of names: all of the agreement, unless some are named.

    own: the unit whose session it is, None for the broker. given: units named by the user. Raises UsageError.
    """
    units = agreement.units
    if own is not None and own not in units:
        raise UsageError(f"{own} is no unit of this agreement", f"its units are {', '.join(units)}")
    chosen = {*given, own} - {None} if given else set(units)
    if 2 <= len(chosen) <= MOST and chosen <= set(units):
        return tuple(sorted(str(each) for each in chosen))
    raise UsageError(
        f"two to {MOST} of the units {', '.join(units)} meet, and it is not clear which",
        "name the other units with `--with UNIT`; the broker names all with `--between UNIT`",
    )


def in_couples(agreement: Agreement, units: tuple[str, ...]) -> bool:
    """Whether these units meet two by two, each couple in a session of its own, rather than all in one."""
    return len(units) > 2 and agreement.terms.protocol in TWO_BY_TWO
