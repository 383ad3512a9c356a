"""Tree: the Merkle tree of RFC 6962, section 2.1 (restated in RFC 9162): pure functions of bytes.

A root of 32 bytes fixes every leaf and their order. Leaves and inner nodes are hashed with different first
bytes, or an inner node could be passed off as a leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pplink.errors import IntegrityError, UsageError

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


def inclusion_proof(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes from leaf `index` up to the root (RFC 9162, 2.1.3.1). Raises UsageError off the tree."""
    if not 0 <= index < len(hashes):
        raise UsageError(f"leaf {index} is not in a tree of {len(hashes)}")
    if len(hashes) == 1:
        return ()
    split = _split(len(hashes))
    if index < split:
        return (*inclusion_proof(hashes[:split], index), root_hash(hashes[split:]))
    return (*inclusion_proof(hashes[split:], index - split), root_hash(hashes[:split]))


def consistency_proof(hashes: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """The hashes that show the first `size` leaves are still what they were (RFC 9162, 2.1.4.1).

    Empty for size 0 and for the whole tree. Raises UsageError for a size the tree does not have.
    """
    if not 0 <= size <= len(hashes):
        raise UsageError(f"a tree of {len(hashes)} leaves has no earlier size {size}")
    if size == 0:
        return ()
    return _subproof(hashes, size, complete=True)


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise IntegrityError unless the leaf hash `leaf` stands at `index` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise IntegrityError(f"inclusion proof is for leaf {index} of a tree of {size}")
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise IntegrityError("inclusion proof is too long")
        if position % 2 or position == last:
            found = node_hash(sibling, found)
            position, last = _climb(position, last)
        else:
            found = node_hash(found, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise IntegrityError("inclusion proof is too short")
    if found != root:
        raise IntegrityError(f"leaf {index} is not under this root")


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise IntegrityError unless the tree only grew since (old_size, old_root) (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= size:
        raise IntegrityError(f"tree shrank from {old_size} to {size} leaves")
    if old_size in (0, size):
        _check_trivial(old_size, old_root, size, root, proof)
        return
    path = list(proof)
    if old_size & (old_size - 1) == 0:  # a whole subtree: its root is the old root itself
        path.insert(0, old_root)
    if not path:
        raise IntegrityError("consistency proof is too short")
    position, last = old_size - 1, size - 1
    while position % 2:
        position, last = position >> 1, last >> 1
    before, after, last = _replay(path, position, last)
    if last != 0:
        raise IntegrityError("consistency proof is too short")
    if before != old_root or after != root:
        raise IntegrityError(f"the tree of {size} leaves does not extend the tree of {old_size}")


def _replay(path: Sequence[bytes], position: int, last: int) -> tuple[bytes, bytes, int]:
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise IntegrityError("consistency proof is too long")
        if position % 2 or position == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            position, last = _climb(position, last)
        else:
            after = node_hash(after, sibling)
        position, last = position >> 1, last >> 1
    return before, after, last


def _check_trivial(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise IntegrityError("consistency proof is too long")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise IntegrityError("an empty tree has another root")
    if old_size == size and old_root != root:
        raise IntegrityError(f"two different trees of {size} leaves")


def _subproof(hashes: Sequence[bytes], size: int, *, complete: bool) -> tuple[bytes, ...]:
    if size == len(hashes):
        return () if complete else (root_hash(hashes),)
    split = _split(len(hashes))
    if size <= split:
        return (*_subproof(hashes[:split], size, complete=complete), root_hash(hashes[split:]))
    return (*_subproof(hashes[split:], size - split, complete=False), root_hash(hashes[:split]))


def _split(size: int) -> int:
    """The largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def _climb(position: int, last: int) -> tuple[int, int]:
    """Skip the levels where this node has no sibling because it is the last of an odd level."""
    while position and not position % 2:
        position, last = position >> 1, last >> 1
    return position, last
