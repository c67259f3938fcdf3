"""The tree is RFC 6962's: known vectors, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit import merkle

# The test leaves of certificate-transparency (merkle_tree_test.cc), and their prefixes' roots.
LEAVES = [
    bytes.fromhex(text)
    for text in (
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
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
hashes = st.lists(st.binary(min_size=1, max_size=4).map(merkle.leaf_hash), max_size=70)


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.root_of(HASHES[:size]).hex() == ROOTS[size]


def test_an_inclusion_proof_is_that_of_certificate_transparency() -> None:
    assert [node.hex() for node in merkle.inclusion_proof(0, HASHES)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_consistency_proofs_are_those_of_certificate_transparency() -> None:
    assert [node.hex() for node in merkle.consistency_proof(6, HASHES)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [node.hex() for node in merkle.consistency_proof(2, HASHES[:5])] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@given(hashes)
def test_appending_one_by_one_gives_the_root_of_the_definition(leaves: list[bytes]) -> None:
    tree = merkle.CompactRange()
    for count, leaf in enumerate(leaves, 1):
        tree = tree.append(leaf)
        assert len(tree.nodes) == count.bit_count()
    assert tree.root() == recursive_root(leaves)
    assert merkle.CompactRange.from_bytes(tree.size, tree.to_bytes()) == tree


@given(hashes.filter(bool), st.data())
def test_every_leaf_is_proved_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    root = merkle.root_of(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(index, leaves)
    assert merkle.verify_inclusion(index, len(leaves), leaves[index], proof, root)
    assert not merkle.verify_inclusion(index, len(leaves), merkle.leaf_hash(b"no"), proof, root)
    assert not merkle.verify_inclusion(index, len(leaves), leaves[index], [*proof, root], root)
    if proof:
        assert not merkle.verify_inclusion(index, len(leaves), leaves[index], proof[:-1], root)
        assert not merkle.verify_inclusion(index, len(leaves), leaves[index], proof, b"\0" * 32)
    assert not merkle.verify_inclusion(len(leaves), len(leaves), leaves[index], proof, root)


@given(hashes, st.data())
def test_a_prefix_is_consistent_and_a_changed_one_is_not(
    leaves: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(0, len(leaves)))
    proof = merkle.consistency_proof(old, leaves)
    old_root, root = merkle.root_of(leaves[:old]), merkle.root_of(leaves)
    assert merkle.verify_consistency(old, len(leaves), proof, old_root, root)
    assert not merkle.verify_consistency(old, len(leaves), [*proof, root], old_root, root)
    assert not merkle.verify_consistency(len(leaves) + 1, len(leaves), proof, old_root, root)
    if old:
        changed = merkle.root_of([merkle.leaf_hash(b"no"), *leaves[1:old]])
        assert not merkle.verify_consistency(old, len(leaves), proof, changed, root)
    if proof:
        assert not merkle.verify_consistency(old, len(leaves), proof[:-1], old_root, root)


def test_what_is_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(8, HASHES)
    with pytest.raises(IndexError):
        merkle.consistency_proof(9, HASHES)
    with pytest.raises(ValueError, match="one node"):
        merkle.CompactRange(3, (b"\0" * 32,))
