"""Sealing: bytes that one party alone can open. HPKE (RFC 9180), base mode, one message a seal.

DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, and ChaCha20-Poly1305, or AES-256-GCM for what is long. Base mode says nothing
about who sealed: what is sealed is authentic only inside a signed envelope, or when what it leads to can be checked.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pplink import canonical
from pplink.canonical import Json
from pplink.errors import IntegrityError, UsageError

PREFIX = b"pplink-sealed/1\n"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
"""Of documents."""
LONG = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
"""Of the messages of sessions, which are gigabytes: in less than half the time, on processors that do AES. A seal does
not open by another suite: keys are derived from its name."""
OVERHEAD = 32 + 16
"""Bytes that a seal adds: the encapsulated key and the tag."""


def seal(public: bytes, context: Json, plaintext: bytes, suite: Suite = SUITE) -> bytes:
    """`plaintext` for the holder of the X25519 key `public` (32 bytes), OVERHEAD bytes longer.

    context: JSON that must be given again to open, so that a seal cannot be moved to another place.
    Fresh randomness each time: two seals of one text differ. Raises UsageError for a key that is none.
    """
    try:
        key = X25519PublicKey.from_public_bytes(public)
        return suite.encrypt(plaintext, key, info=_info(context))
    except ValueError:
        raise UsageError("the sealing key on the recipient's card is not a usable X25519 key") from None


def open_sealed(
    private: X25519PrivateKey, context: Json, sealed: bytes | memoryview, suite: Suite = SUITE
) -> bytes:
    """What was sealed to this key under this context. Raises IntegrityError for anything else."""
    try:
        return suite.decrypt(sealed, private, info=_info(context))
    except (InvalidTag, ValueError):
        raise IntegrityError(
            "what was sealed does not open with this key ring",
            "it was changed on the way, moved from another document, or sealed to another key ring",
        ) from None


def _info(context: Json) -> bytes:
    return PREFIX + canonical.to_bytes(context)
