"""Numbers, digests, streams and frames as protocols/FORMAT.md has them, for the second implementations."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = b"pplink protocols v1: "


def le(number: int, size: int = 8) -> bytes:
    return number.to_bytes(size, "little")


def sized(*parts: bytes) -> bytes:
    return b"".join(le(len(part)) + part for part in parts)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def h(label: str, *parts: bytes) -> bytes:
    return hashlib.sha256(sized(PREFIX + label.encode(), *parts)).digest()


def derive(secret: bytes, label: str, context: bytes, blocks: int = 1) -> bytes:
    key, found, block = hmac.digest(bytes(32), secret, "sha256"), b"", b""
    for number in range(1, blocks + 1):
        info = PREFIX + label.encode() + b"\0" + context
        block = hmac.digest(key, block + info + bytes([number]), "sha256")
        found += block
    return found


def keystream(key: bytes, size: int, run: int = 0) -> bytes:
    counter = run.to_bytes(8, "big") + bytes(8)
    return Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(bytes(size))


def frame(
    protocol: str, session: bytes, ends: tuple[int, int], place: tuple[int, int], body: bytes, bound: bytes
):
    """ends: numbers of sender and recipient; place: the message's number, and how many were sent there before."""
    header = b"PPM1" + h("protocol", protocol.encode())[:8] + session
    header += le(ends[0], 1) + le(ends[1], 1) + le(place[0], 2) + le(place[1]) + le(len(body))
    return header + body + AESGCM(h("tag", session, bound)).encrypt(bytes(12), b"", header + body)
