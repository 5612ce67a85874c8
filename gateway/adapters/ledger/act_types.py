"""EIP-712 type hashes of acts, by which the Registry's orders name what was ordered."""

from __future__ import annotations

from functools import cache

from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts


@cache
def type_hash(act: str) -> bytes:
    """keccak256 of the act's encodeType: its own struct first, the structs it is made of by name after it."""
    types = acts.act_types()[act]
    parts = [act, *sorted(name for name in types if name != act)]
    return keccak(text="".join(f"{name}({_members(types[name])})" for name in parts))


def _members(fields: list[dict[str, str]]) -> str:
    return ",".join(f"{field['type']} {field['name']}" for field in fields)
