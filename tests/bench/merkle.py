"""A Merkle tree with sorted pairs, as OpenZeppelin's MerkleProof verifies it."""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak


def tree(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """Root and a proof for every leaf, in the order of `leaves`."""
    proofs: list[list[bytes]] = [[] for _ in leaves]
    level = [(leaf, [number]) for number, leaf in enumerate(leaves)]
    while len(level) > 1:
        above = []
        for at in range(0, len(level) - 1, 2):
            (left, lefts), (right, rights) = level[at], level[at + 1]
            for number in lefts:
                proofs[number].append(right)
            for number in rights:
                proofs[number].append(left)
            above.append((keccak(min(left, right) + max(left, right)), lefts + rights))
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0][0], proofs
