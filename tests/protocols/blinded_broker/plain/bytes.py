"""Bytes: numbers, digests and streams, as FORMAT.md has them."""

from __future__ import annotations

from tests.protocols.plain_bytes import derive, frame, h, keystream, le

__all__ = ["PARTIES", "commit", "derive", "frame", "h", "keystream", "le"]

PARTIES = ("alice", "bob", "dealer")


def commit(salt: bytes, *parts: bytes) -> bytes:
    return h("commitment", salt, *parts)
