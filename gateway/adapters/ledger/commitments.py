"""A list of structs under one commitment, and each one's proof that it is in the list.

Leaves are struct hashes hashed once more, and pairs are hashed in ascending order, as contracts/evidence checks them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts


def order_leaf(order: Mapping[str, Any]) -> bytes:
    """An order's place in a list of orders."""
    return keccak(acts.struct_hash("TakeOrder", "Order", order))


def committed(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """The commitment to at least one leaf, and the proof of each."""
    proofs: list[list[bytes]] = [[] for _ in leaves]
    layer = [(leaf, [place]) for place, leaf in enumerate(leaves)]
    while len(layer) > 1:
        following = []
        for start in range(0, len(layer) - 1, 2):
            (left, under_left), (right, under_right) = layer[start : start + 2]
            for place in under_left:
                proofs[place].append(right)
            for place in under_right:
                proofs[place].append(left)
            following.append((_pair(left, right), under_left + under_right))
        layer = following + layer[len(layer) - len(layer) % 2 :]
    return layer[0][0], proofs


def top(leaf: bytes, proof: Iterable[bytes]) -> bytes:
    """The commitment that a proof leads to."""
    node = leaf
    for sibling in proof:
        node = _pair(node, sibling)
    return node


def _pair(one: bytes, other: bytes) -> bytes:
    return keccak(b"".join(sorted((one, other))))
