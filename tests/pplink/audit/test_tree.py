"""Vectors: the reference tree of Certificate Transparency (RFC 6962 strategy), eight leaves, as published in
google/certificate-transparency (merkle_tree_test.cc) and transparency-dev/merkle (testonly/constants.go)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplink.audit import tree
from pplink.errors import IntegrityError, UsageError

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
INCLUSION = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}
CONSISTENCY = {
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def hashes_of(size: int) -> list[bytes]:
    return [tree.leaf_hash(b"%d" % i) for i in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size):
    assert tree.root_hash(HASHES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_the_published_ones(index, size):
    proof = tuple(bytes.fromhex(each) for each in INCLUSION[index, size])
    assert tree.inclusion_proof(HASHES[:size], index) == proof
    tree.check_inclusion(HASHES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old, size):
    proof = tuple(bytes.fromhex(each) for each in CONSISTENCY[old, size])
    assert tree.consistency_proof(HASHES[:size], old) == proof
    tree.check_consistency(old, ROOTS[old], size, ROOTS[size], proof)


def plain_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else tree.EMPTY_ROOT
    split = max(1 << bit for bit in range(len(hashes).bit_length()) if 1 << bit < len(hashes))
    return tree.node_hash(plain_root(hashes[:split]), plain_root(hashes[split:]))


@given(st.integers(0, 70))
def test_the_root_is_the_recursive_definition(size):
    assert tree.root_hash(hashes_of(size)) == plain_root(hashes_of(size))


@given(st.integers(1, 70), st.data())
def test_every_leaf_proves_itself_and_no_other_place(size, data):
    hashes, index = hashes_of(size), data.draw(st.integers(0, size - 1))
    root, proof = tree.root_hash(hashes), tree.inclusion_proof(hashes, index)
    tree.check_inclusion(hashes[index], index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else size
    with pytest.raises(IntegrityError):
        tree.check_inclusion(hashes[index], other, size, proof, root)


@given(st.integers(0, 70), st.data())
def test_every_earlier_size_is_consistent(size, data):
    hashes, old = hashes_of(size), data.draw(st.integers(0, size))
    proof = tree.consistency_proof(hashes, old)
    tree.check_consistency(old, tree.root_hash(hashes[:old]), size, tree.root_hash(hashes), proof)


@given(st.integers(2, 70), st.data())
def test_a_rewritten_past_is_found(size, data):
    hashes = hashes_of(size)
    old = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old - 1))
    before = tree.root_hash(hashes[:old])
    hashes[changed] = tree.leaf_hash(b"rewritten")
    with pytest.raises(IntegrityError):
        tree.check_consistency(old, before, size, tree.root_hash(hashes), tree.consistency_proof(hashes, old))


@given(st.integers(2, 40), st.data())
def test_a_damaged_proof_proves_nothing(size, data):
    hashes, old = hashes_of(size), data.draw(st.integers(1, size - 1))
    root, before = tree.root_hash(hashes), tree.root_hash(hashes[:old])
    proof = list(tree.consistency_proof(hashes, old))
    path = list(tree.inclusion_proof(hashes, old))
    for each in (proof, path):
        damage(each, data)
    with pytest.raises(IntegrityError):
        tree.check_consistency(old, before, size, root, proof)
    with pytest.raises(IntegrityError):
        tree.check_inclusion(hashes[old], old, size, path, root)


def damage(proof: list[bytes], data) -> None:
    kind = data.draw(st.sampled_from(["drop", "repeat", "flip"] if proof else ["grow"]))
    at = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    if kind == "drop":
        del proof[at]
    elif kind == "repeat":
        proof.insert(at, proof[at])
    elif kind == "flip":
        proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    else:
        proof.append(bytes(32))


@pytest.mark.parametrize("proof", [(), (HASHES[0],), (HASHES[0],) * 9])
def test_a_proof_of_another_length_is_refused(proof):
    with pytest.raises(IntegrityError):
        tree.check_inclusion(HASHES[0], 0, 8, proof, ROOTS[8])
    with pytest.raises(IntegrityError):
        tree.check_consistency(3, ROOTS[3], 8, ROOTS[8], proof)


def test_a_tree_cannot_shrink():
    with pytest.raises(IntegrityError, match="shrank from 8 to 5"):
        tree.check_consistency(8, ROOTS[8], 5, ROOTS[5], ())


def test_two_trees_of_one_size_are_a_contradiction():
    with pytest.raises(IntegrityError, match="two different trees"):
        tree.check_consistency(8, ROOTS[7], 8, ROOTS[8], ())


def test_an_empty_tree_has_one_root():
    with pytest.raises(IntegrityError, match="empty tree"):
        tree.check_consistency(0, ROOTS[1], 8, ROOTS[8], ())


def test_a_node_is_not_a_leaf():
    assert tree.leaf_hash(HASHES[0] + HASHES[1]) != tree.node_hash(HASHES[0], HASHES[1])


@pytest.mark.parametrize("index", [-1, 8])
def test_there_is_no_proof_off_the_tree(index):
    with pytest.raises(UsageError):
        tree.inclusion_proof(HASHES, index)
    with pytest.raises(IntegrityError):
        tree.check_inclusion(HASHES[0], index, 8, (), ROOTS[8])


@pytest.mark.parametrize("size", [-1, 9])
def test_there_is_no_proof_of_a_size_never_had(size):
    with pytest.raises(UsageError):
        tree.consistency_proof(HASHES, size)
