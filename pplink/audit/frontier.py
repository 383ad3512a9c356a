"""Frontier: the head of a log that grows while it is in use, without hashing all of it again for each line."""

from __future__ import annotations

from collections.abc import Iterable

from pplink.audit.tree import node_hash, root_hash


class Frontier:
    """The root of a tree that grows leaf by leaf, at the cost of a few hashes each."""

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        """hashes: of the leaves so far."""
        self.size = 0
        self._peaks: list[bytes] = []
        for each in hashes:
            self.append(each)

    def append(self, leaf: bytes) -> None:
        """One more leaf hash: peaks of equal size become one."""
        self.size += 1
        self._peaks.append(leaf)
        for _ in range((self.size & -self.size).bit_length() - 1):
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(node_hash(left, right))

    @property
    def root(self) -> bytes:
        """As `root_hash` of all leaf hashes."""
        if not self._peaks:
            return root_hash(())
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found
