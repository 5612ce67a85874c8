"""EIP-712 hashes of acts, many times faster than the general way: what does not change is worked out once.

The encoding is eth_abi's, the hash eth_utils'; here is only the order in which EIP-712 puts them together. It is for
the kinds of field that acts are made of, and a property test holds every act against eth_account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from eth_abi.abi import encode
from eth_abi.registry import registry
from eth_utils.crypto import keccak

Types = Mapping[str, Sequence[Mapping[str, str]]]
Hash = Callable[[Mapping[str, Any]], bytes]

_DYNAMIC = {"bytes", "string"}


class UnsupportedField(TypeError):
    """An act has a field of a kind that is not hashed here."""


def encode_type(types: Types, struct: str) -> str:
    """EIP-712's encodeType: the struct, and after it by name every struct it is made of."""
    found: set[str] = set()
    _collect(types, struct, found)
    names = [struct, *sorted(found - {struct})]
    return "".join(f"{name}({_members(types[name])})" for name in names)


def struct_hasher(types: Types, struct: str) -> Hash:
    """A function from a message to the struct's hash.

    It raises KeyError when a field is missing, and eth_abi's EncodingError when a value does not fit its type.
    """
    type_hash = keccak(text=encode_type(types, struct))
    fields = [(field["name"], _field_encoder(types, field["type"])) for field in types[struct]]

    def hash_of(message: Mapping[str, Any]) -> bytes:
        return keccak(type_hash + b"".join([encoded(message[name]) for name, encoded in fields]))

    return hash_of


@cache
def domain_separator(name: str, version: str, chain_id: int, contract: str) -> bytes:
    """The hash of an EIP-712 domain of these four fields."""
    kind = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    words = (kind, keccak(text=name), keccak(text=version), chain_id, contract)
    return keccak(encode(["bytes32", "bytes32", "bytes32", "uint256", "address"], words))


def signed_digest(separator: bytes, struct_hash: bytes) -> bytes:
    """What is signed: the struct within its domain."""
    return keccak(b"\x19\x01" + separator + struct_hash)


def _collect(types: Types, struct: str, found: set[str]) -> None:
    found.add(struct)
    for field in types[struct]:
        kind = field["type"].removesuffix("[]")
        if kind in types and kind not in found:
            _collect(types, kind, found)


def _members(fields: Sequence[Mapping[str, str]]) -> str:
    return ",".join(f"{field['type']} {field['name']}" for field in fields)


def _field_encoder(types: Types, kind: str) -> Callable[[Any], bytes]:
    """From a field's value to its 32 bytes in the struct's encoding: lists and structs stand there by their hash."""
    if kind in _DYNAMIC or kind.endswith("[][]"):
        raise UnsupportedField(kind)
    if kind in types:
        return struct_hasher(types, kind)
    if kind.endswith("[]"):
        inner = _field_encoder(types, kind.removesuffix("[]"))
        return lambda values: keccak(b"".join([inner(value) for value in values]))
    return cast(Callable[[Any], bytes], registry.get_encoder(kind))
