"""Joining: all parties say that they are ready, and so name their session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import UNSET

from pplink import canonical
from pplink.agreement.model import Agreement
from pplink.audit.events import software, write_time
from pplink.audit.evidence import Wrong
from pplink.audit.session_checks import check_joins
from pplink.audit.session_events import (
    KIND,
    Joined,
    read_session_event,
    session_id,
    sign_session_event,
    version_of,
)
from pplink.canonical import MalformedError
from pplink.errors import AgreementError, IntegrityError
from pplink.keys.ring import KeyRing
from pplink.keys.signing import Signed
from pplink.session.post import Post
from pplink.session.signed import HINT, read_signed

LIMIT = 1 << 16
"""Bytes of a join, at most."""


def make_join(
    agreement: Agreement,
    ring: KeyRing,
    units: tuple[str, ...],
    at: datetime,
    random: Callable[[int], bytes],
    *,
    rows: int = 0,
    confirmation: bytes = b"",
    among: tuple[str, ...] = (),
    commitment: str = "",
    follows: str = "",
    tiles: int | None = None,
) -> Signed:
    """What a party says once; rows, confirmation, commitment: of a unit; among: of a couple; follows, tiles: of a leg
    but the first; see `Joined`.

    Raises AgreementError if so many units cannot.
    """
    version = version_of(agreement.terms, len(units))
    if version is None:
        raise AgreementError(
            f"{agreement.terms.protocol} is not run by {len(units)} units at once",
            "name two with `--with UNIT`",
        )
    joined = Joined(
        at=write_time(at),
        agreement=agreement.id,
        protocol=version,
        units=units,
        nonce=random(32).hex(),
        rows=rows,
        confirmation=confirmation.hex(),
        software=software(),
        among=among or UNSET,
        commitment=commitment or UNSET,
        follows=follows or UNSET,
        tiles=UNSET if tiles is None else tiles,
    )
    return sign_session_event(joined, ring)


def meet(post: Post, own: Signed) -> dict[str, Signed]:
    """Tell all others, hear all, and name the session: all joins, by name.

    Raises IntegrityError for a join that its party did not sign, AgreementError if they do not fit.
    """
    post.put_open(canonical.to_bytes(own.to_json()))
    return joins_of(post, own)


def joins_of(post: Post, own: Signed) -> dict[str, Signed]:
    """The second half of `meet`: all joins, ours given, and the session's name."""
    post.limit = LIMIT
    joins = {post.name: own}
    for _ in post.others:
        sender, data = post.take_open()
        joins[sender] = _read(data, sender, post.agreement)
    joined: dict[str, Any] = {name: read_session_event(joins[name]) for name in sorted(joins)}
    try:
        check_joins(post.agreement, joined)
    except Wrong as error:
        raise AgreementError(
            f"no session comes about: {error}",
            "run it anew, in a new exchange, all with the same agreement and --with",
        ) from None
    post.session = session_id(joins.values())
    return {name: joins[name] for name in sorted(joins)}


def joined_of(signed: Signed) -> Joined:
    """A join's event; whether it is signed was verified elsewhere. Raises IntegrityError."""
    try:
        event = read_session_event(signed)
    except MalformedError as error:
        raise IntegrityError(f"the join of {signed.signer} {error}", HINT) from None
    if not isinstance(event, Joined):
        raise IntegrityError(f"{signed.signer} signed something else than a join")
    return event


def _read(data: bytes, sender: str, agreement: Agreement) -> Signed:
    signed = read_signed(data, agreement.party(sender), KIND, f"the join of {sender}")
    joined_of(signed)
    return signed
