"""Vectors: the reference tree of Certificate Transparency (RFC 6962 strategy), eight leaves, as published in
google/certificate-transparency (merkle_tree_test.cc) and transparency-dev/merkle (testonly/constants.go)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.audit import tree

LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HASHES = [tree.leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [
    bytes.fromhex(each)
    for each in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]


def hashes_of(size: int) -> list[bytes]:
    return [tree.leaf_hash(b"%d" % i) for i in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    assert tree.root_hash(HASHES[:size]) == ROOTS[size]


def plain_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else tree.EMPTY_ROOT
    split = max(1 << bit for bit in range(len(hashes).bit_length()) if 1 << bit < len(hashes))
    return tree.node_hash(plain_root(hashes[:split]), plain_root(hashes[split:]))


@given(st.integers(0, 70))
def test_the_root_is_the_recursive_definition(size):
    assert tree.root_hash(hashes_of(size)) == plain_root(hashes_of(size))


def test_a_node_is_not_a_leaf():
    assert tree.leaf_hash(HASHES[0] + HASHES[1]) != tree.node_hash(HASHES[0], HASHES[1])
