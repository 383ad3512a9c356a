"""Signatures: units sign, copies become one, and from a complete agreement units derive their secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime

from pplink.agreement.contribution import Body, body_from, make_body, open_share
from pplink.agreement.model import SIGNATURE, Agreement
from pplink.canonical import MalformedError
from pplink.errors import AgreementError, IntegrityError, UsageError
from pplink.keys.derive import Label, derive
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed, verify


def agree(
    agreement: Agreement, ring: KeyRing, at: datetime, random: Callable[[int], bytes] = os.urandom
) -> Agreement:
    """The agreement with this unit's signature and its share of the linkage secret.

    Idempotent: the ring remembers what it signed, so that one unit never signs one agreement in two ways, and
    copies signed side by side can be merged. at: with a time zone.
    Raises AgreementError if the ring is of no unit here or the agreement has expired, IntegrityError if a
    signature that is already there is false.
    """
    _check_unit(agreement, ring)
    _check_signed(agreement)
    if at.tzinfo is None:
        raise UsageError("the time of signing needs a time zone")
    if at.astimezone(UTC).date() > agreement.terms.valid_until:
        raise _expired(agreement)
    own = agreement.signature_of(ring.name) or ring.remembered(agreement.id)
    if own is None:
        own = ring.sign(SIGNATURE, make_body(agreement, ring.name, at, random).to_json())
    own = ring.remember(agreement.id, own)
    return merge(agreement, Agreement(terms=agreement.terms, signatures=(own,)))


def merge(first: Agreement, *others: Agreement) -> Agreement:
    """Copies that were signed side by side, as one with all their signatures, in order of unit names.

    In any order and grouping the result is the same. Nothing signed is dropped: raises AgreementError if the
    copies have different terms or a unit signed two ways, IntegrityError if a signature is false.
    """
    found: dict[str, Signed] = {}
    for copy in (first, *others):
        if copy.id != first.id:
            raise AgreementError(
                f"the copies have different terms: {first.id[:16]}... and {copy.id[:16]}...",
                "only copies of one proposal can be merged: ask each unit which one it signed",
            )
        _check_signed(copy)
        for signed in copy.signatures:
            if found.setdefault(signed.signer, signed) != signed:
                raise AgreementError(
                    f"unit {signed.signer} signed this agreement in two ways, with two shares of the secret",
                    f"ask {signed.signer} which copy holds, and merge without the other",
                )
    return Agreement(terms=first.terms, signatures=tuple(found[name] for name in sorted(found)))


def check(agreement: Agreement, on: date | None) -> None:
    """Raise unless every unit signed these terms and they are in force on the day `on` (UTC; None: any day).

    AgreementError: signed by a stranger, lacks a signature, not yet or no longer valid.
    IntegrityError: a signature is false, or the terms were changed after signing.
    """
    _check_signed(agreement)
    for unit in agreement.missing():
        raise AgreementError(
            f"agreement {agreement.id[:16]}... lacks the signature of unit {unit}",
            f"ask {unit} to run `pplink unit agree agreement.json`",
        )
    if on is None:
        return
    if on < agreement.terms.valid_from:
        raise AgreementError(
            f"agreement {agreement.id[:16]}... is not in force before {agreement.terms.valid_from}",
            "wait until then, or have the units sign another",
        )
    if on > agreement.terms.valid_until:
        raise _expired(agreement)


def check_party(agreement: Agreement, ring: KeyRing) -> None:
    """Raise AgreementError unless this key ring is that of a party to the agreement."""
    if ring.card not in agreement.terms.parties:
        raise AgreementError(
            f"the key ring of {ring.role} {ring.name} is of no party to agreement {agreement.id[:16]}...",
            "check --home, or ask for an agreement with this ring's card in it",
        )


def linkage_secret(agreement: Agreement, ring: KeyRing) -> bytes:
    """32 bytes that the units share and nobody else: HKDF over all contributions, in order of unit names.

    The agreement's id is bound in, so two agreements never share a secret. Raises AgreementError if the ring
    is of no unit here or a signature lacks, IntegrityError if a signature is false or a contribution will
    not open.
    """
    _check_unit(agreement, ring)
    check(agreement, None)
    bodies = {signed.signer: _body(signed) for signed in agreement.signatures}
    shares = [open_share(agreement, bodies[unit].contribution, unit, ring) for unit in agreement.units]
    return derive(b"".join(shares), Label.LINKAGE_SECRET, context=agreement.id)


def _check_unit(agreement: Agreement, ring: KeyRing) -> None:
    check_party(agreement, ring)
    if ring.role != "unit":
        raise AgreementError(
            f"{ring.role} {ring.name} holds no part of agreement {agreement.id[:16]}...: only units do",
            "use a unit's key ring: see --home",
        )


def _check_signed(agreement: Agreement) -> None:
    """Every signature that is there is by a unit of the agreement, and good."""
    for signed in agreement.signatures:
        if signed.signer not in agreement.units:
            raise AgreementError(
                f"agreement {agreement.id[:16]}... is signed by {signed.signer}, who is no unit of it",
                "ask whoever added that signature; only the agreement's units sign",
            )
        if _body(signed).agreement != agreement.id:
            raise IntegrityError(
                f"the signature of {signed.signer} is under other terms than those of this agreement",
                "the terms were changed after signing: get the agreement again from the units",
            )
        verify(signed, agreement.party(signed.signer).signing_key, SIGNATURE)
        if set(_body(signed).contribution) != set(agreement.units):
            raise IntegrityError(
                f"unit {signed.signer} sealed its contribution to others than the agreement's units",
                "propose the agreement anew, and have every unit sign it",
            )


def _body(signed: Signed) -> Body:
    try:
        return body_from(signed)
    except MalformedError as error:
        raise IntegrityError(f"the signature of {signed.signer} has no proper body: {error}") from None


def _expired(agreement: Agreement) -> AgreementError:
    return AgreementError(
        f"agreement {agreement.id[:16]}... expired: its last day was {agreement.terms.valid_until}",
        "have the units sign a new one",
    )
