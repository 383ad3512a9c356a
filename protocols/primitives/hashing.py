"""SHA-256 with a label for every purpose, commitments by it, and HKDF-SHA256 (RFC 5869)."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = b"pplink protocols v1: "
"""Before every label, so that no digest here is one of another program's."""


def digest(label: str, *parts: bytes | memoryview) -> bytes:
    """SHA-256 of the label and then the parts, each after its length as 8 bytes: 32 bytes.

    The lengths make it impossible to move a byte from one part to the next and keep the digest.
    """
    told = hashlib.sha256()
    for part in (PREFIX + label.encode(), *parts):
        view = memoryview(part)
        told.update(view.nbytes.to_bytes(8, "little"))
        told.update(view)
    return told.digest()


def commit(salt: bytes, *parts: bytes | memoryview) -> bytes:
    """A commitment to parts: binding as SHA-256 has no collisions, hiding as salt is 32 secret random bytes."""
    return digest("commitment", salt, *parts)


def derive(secret: bytes, label: str, context: bytes = b"", length: int = 32) -> bytes:
    """Key material of `length` bytes for one purpose, by HKDF-SHA256."""
    info = PREFIX + label.encode() + b"\0" + context
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(secret)
