"""Envelope: a message sealed to its recipient and signed by its sender, for one place in one session.

HPKE in base mode says nothing about who sealed, so the signature does; the signature is over a salted digest of what
is inside and over the place, so nobody in between can read, change, move, repeat or re-sign a message.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

import msgspec

from pplink import canonical
from pplink.audit.events import Count, Digest, Name
from pplink.canonical import Json, MalformedError
from pplink.errors import IntegrityError
from pplink.keys.card import Card
from pplink.keys.ring import KeyRing
from pplink.keys.sealing import LONG, OVERHEAD, seal
from pplink.keys.strict import read_strict
from pplink.session.signed import HINT, read_signed

KIND = "pplink/session-message/2"
"""2: sealed with AES-256-GCM."""
PREFIX = b"pplink-message/1\n"
SALT = 32
HEADER = 2048
"""Bytes of the first line, at most."""
ROOM = HEADER + OVERHEAD + SALT
"""Bytes that an envelope adds to what is in it, at most."""

Step = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]{1,32}\Z")]


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line's body: what the sender signs, and all that others see. Bound into the seal."""

    session: Digest
    to: Name
    sequence: Count
    """The message's number on this way, from 1: 0 is the join."""
    step: Step
    """Of the protocol's SPEC.md, or of a session's end."""
    digest: Digest
    """See `digest_of`."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a message must stand."""

    session: str
    sender: str
    recipient: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class Letter:
    """An opened message."""

    sender: str
    step: str
    content: memoryview
    digest: str


def digest_of(salt: bytes | memoryview, content: bytes | memoryview) -> str:
    """SHA-256 of PREFIX, 32 salt bytes and the content, in hex.

    A commitment: without the salt, a content of few possible values could be guessed and checked by its digest.
    """
    told = hashlib.sha256(PREFIX)
    told.update(salt)
    told.update(content)
    return told.hexdigest()


def wrap(
    content: bytes,
    place: Place,
    step: str,
    salt: bytes,
    ring: KeyRing,
    recipient: Card,
    digest: str | None = None,
) -> bytes:
    """The message as it travels. ring: the sender's; digest: `digest_of`, where it is known already.

    Two of one message differ: seals are random.
    """
    digest = digest_of(salt, content) if digest is None else digest
    header = Header(
        session=place.session, to=place.recipient, sequence=place.sequence, step=step, digest=digest
    )
    body: dict[str, Json] = msgspec.to_builtins(header)
    line = canonical.to_bytes(ring.sign(KIND, body).to_json())
    sealed = seal(recipient.sealing_key, _context(place.sender, body), salt + content, LONG)
    return b"".join((line, b"\n", sealed))


def unwrap(data: bytes, place: Place, ring: KeyRing, sender: Card) -> Letter:
    """What is in a message that must stand in this place. ring: the recipient's.

    Raises IntegrityError naming the place: whatever is wrong, someone on the way or the sender did it, and nothing of
    it is believed.
    """
    where = f"message {place.sequence} from {place.sender} to {place.recipient}"
    header, sealed = _signed_header(data, where, sender)
    due = (place.session, place.recipient, place.sequence)
    if (header.session, header.to, header.sequence) != due:
        raise IntegrityError(
            f"{where} is another one: of another session, or out of order",
            HINT,
        )
    try:
        opened = memoryview(ring.open(_context(place.sender, msgspec.to_builtins(header)), sealed, LONG))
    except IntegrityError:
        raise IntegrityError(f"{where} does not open: it was changed on the way", HINT) from None
    salt, content = opened[:SALT], opened[SALT:]
    if len(salt) != SALT or digest_of(salt, content) != header.digest:
        raise IntegrityError(f"{where} does not have the digest that was signed", HINT)
    return Letter(sender=place.sender, step=header.step, content=content, digest=header.digest)


def header_of(head: bytes, place: Place, sender: Card) -> Header:
    """What the sender signed of a message, from its first HEADER bytes or more. Raises IntegrityError."""
    header, _ = _signed_header(
        head, f"message {place.sequence} from {place.sender} to {place.recipient}", sender
    )
    if (header.session, header.to, header.sequence) != (place.session, place.recipient, place.sequence):
        raise IntegrityError("a kept message is of another session, or out of order", HINT)
    return header


def _signed_header(data: bytes, where: str, sender: Card) -> tuple[Header, memoryview]:
    end = data.find(b"\n", 0, HEADER)
    if end < 0:
        raise IntegrityError(f"{where} has no header")
    signed = read_signed(data[:end], sender, KIND, where)
    try:
        return read_strict(signed.body, Header, "$.body"), memoryview(data)[end + 1 :]
    except MalformedError as error:
        raise IntegrityError(f"{where} {error}") from None


def _context(sender: str, body: dict[str, Json]) -> dict[str, Json]:
    return {"use": "session-message", "from": sender, **body}
