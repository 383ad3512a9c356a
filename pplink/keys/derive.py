"""Derive: secrets made from other secrets, by HKDF-SHA256 (RFC 5869). Every label there is stands here."""

from __future__ import annotations

from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pplink import canonical

PREFIX = b"pplink-derive/1\n"


class Label(StrEnum):
    """What a derived secret is for. Two labels never give related bytes."""

    LINKAGE_SECRET = "pplink/linkage-secret/1"  # noqa: S105 - a label
    """From all units' contributions; context: the agreement's id. Units hold it, nobody else."""
    KEY_CONFIRMATION = "pplink/key-confirmation/1"
    """From the linkage secret; public in each manifest, so that units with different secrets are told."""
    FIELD_KEY = "pplink/field-key/1"
    """From the linkage secret; context: the field's key. The HMAC key of that field's q-grams."""
    HARDENING_KEY = "pplink/hardening-key/1"
    """From the linkage secret; context: the hardening's place among those agreed, from 0. Chooses bits and orders."""
    HANDLE_KEY = "pplink/handle-key/1"
    """From a unit's own handle secret; context: the agreement's id. Makes handles that two runs under
    two agreements cannot link."""
    BLOCKING_KEY = "pplink/blocking-key/1"
    """From the linkage secret; context: `orders` or `bins`. Which records of two long lists are compared at all; the
    broker does not have it."""
    BLOCKING_NOISE = "pplink/blocking-noise/1"
    """From a unit's own handle secret; context: the agreement's id. Nobody else has it."""
    BLOCKING_SEED = "pplink/blocking-seed/1"
    """From that; context: the list's digest, how it is blocked, both sizes. The noise on what a unit tells of its bins,
    and the order in its blocks, grow from it."""
    COUPLE_KEY = "pplink/couple-key/1"
    """From a unit's own handle secret; context: the agreement's id and another unit. Makes of handles other ones, so
    that two units cannot tell by them that they share hits with the same record of a third."""
    ROLE_SEED = "pplink/role-seed/1"
    """From a party's secret of one session; context: the session. All that its role draws grows from it."""
    MESSAGE_SALT = "pplink/message-salt/1"
    """From the same; context: the message's place. Hides the message behind its digest in the log."""


def derive(secret: bytes, label: Label, context: str = "", length: int = 32) -> bytes:
    """`length` bytes (at most 8,160) for one purpose.

    info = PREFIX + RFC 8785 of {"context", "label"}, so no two pairs of label and context run together.
    """
    info = PREFIX + canonical.to_bytes({"label": str(label), "context": context})
    return hkdf(secret, info=info, length=length)


def hkdf(secret: bytes, *, info: bytes, length: int, salt: bytes | None = None) -> bytes:
    """RFC 5869 extract and expand with SHA-256; no salt means 32 zero bytes. For use by `derive` alone."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)
