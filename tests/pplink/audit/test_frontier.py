"""A tree that grows has at each size the root of the tree that is made at once."""

from __future__ import annotations

import hashlib

import pytest

from pplink.audit.frontier import Frontier
from pplink.audit.tree import root_hash

HASHES = [hashlib.sha256(bytes([n])).digest() for n in range(70)]


@pytest.mark.parametrize("size", range(70))
def test_a_grown_tree_has_the_root_of_the_whole(size):
    grown = Frontier()
    for each in HASHES[:size]:
        grown.append(each)
    assert (grown.size, grown.root) == (size, root_hash(HASHES[:size]))
    assert Frontier(HASHES[:size]).root == grown.root
