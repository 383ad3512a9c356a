"""Bytes: numbers, digests and streams, as FORMAT.md has them."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PREFIX = b"pplink protocols v1: "
PARTIES = ("alice", "bob", "dealer")


def le(number: int, size: int = 8) -> bytes:
    return number.to_bytes(size, "little")


def h(label: str, *parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(le(len(p)) + p for p in (PREFIX + label.encode(), *parts))).digest()


def commit(salt: bytes, *parts: bytes) -> bytes:
    return h("commitment", salt, *parts)


def derive(secret: bytes, label: str, context: bytes) -> bytes:
    key = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(key, PREFIX + label.encode() + b"\0" + context + b"\1", "sha256")


def keystream(key: bytes, run: int, size: int) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CTR(run.to_bytes(8, "big") + bytes(8)))
    return cipher.encryptor().update(bytes(size))
