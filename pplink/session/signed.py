"""Signed: bytes from another party as an envelope that this party signed, or an IntegrityError."""

from __future__ import annotations

from pplink import canonical
from pplink.canonical import MalformedError
from pplink.errors import IntegrityError
from pplink.keys.card import Card
from pplink.keys.signing import Signed, signed_from, verify

HINT = "it was damaged or put there by somebody else: ask who can write to the exchange"
DAMAGED = "restore the session's folder from a copy, or begin another with a new exchange and a new --session"
VERSION = "another version of pplink made it: all parties need the same, and a session is audited by its own"


def read_signed(data: bytes, card: Card, kind: str, what: str) -> Signed:
    """`what` names it in the error, as in `message 3 from north`. Raises IntegrityError."""
    try:
        signed = signed_from(canonical.exactly(data))
    except MalformedError as error:
        raise IntegrityError(f"{what} {error}", HINT) from None
    if signed.signer != card.name:
        raise IntegrityError(f"{what} is not signed by {card.name}", HINT)
    try:
        verify(signed, card.signing_key, kind)
    except IntegrityError as error:
        raise IntegrityError(f"{what}: {error.message}", _hint(signed.kind, kind)) from None
    return signed


def signed_of(data: bytes | None) -> Signed:
    """An envelope from this party's own disk, which it signed itself. Raises IntegrityError."""
    try:
        return signed_from(canonical.exactly(data or b""))
    except MalformedError as error:
        raise IntegrityError(
            f"what was kept of the session is damaged: its envelope {error}", DAMAGED
        ) from None


def _hint(found: str, due: str) -> str:
    """What to do about one kind in place of another, or of itself, whose signature is wrong."""
    return VERSION if found != due and found.rpartition("/")[0] == due.rpartition("/")[0] else HINT
