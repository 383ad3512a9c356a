"""Tree: the Merkle tree of RFC 6962, section 2.1 (restated in RFC 9162): pure functions of bytes.

A root of 32 bytes fixes every leaf and their order. Leaves and inner nodes are hashed with different first
bytes, or an inner node could be passed off as a leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 || leaf), 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, 32 bytes: pairs level by level, an odd last one moves up unchanged."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)] + odd
    return level[0]
