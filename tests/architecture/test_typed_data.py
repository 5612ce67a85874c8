"""What the contracts hash is what a signer is shown, act by act."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts
from tests.contracts.table import TABLE, UNSIGNED
from tests.house.house import House

TYPES = Path(__file__).parents[2] / "contracts/types"
SOURCE = "".join(path.read_text() for path in sorted(TYPES.glob("*ActHash.sol")))
ROUNDS = 5


def type_strings() -> dict[str, str]:
    """Every type string that the contracts hash, by the struct it begins with."""
    found = {}
    for text in re.findall(r"constant \w+ =\s*keccak256\(([^;]+)\);", SOURCE):
        joined = "".join(re.findall(r'"([^"]*)"', text))
        found[joined[: joined.index("(")]] = joined
    return found


def encode_type(act: str, types: Mapping[str, list[dict[str, str]]]) -> str:
    """The type string of EIP-712: the act first, then its structs by name."""
    others = sorted(name for name in types if name != act)
    return "".join(
        f"{name}({','.join(field['type'] + ' ' + field['name'] for field in types[name])})"
        for name in (act, *others)
    )


def test_type_strings_are_those_of_the_interfaces() -> None:
    derived = {act: encode_type(act, types) for act, types in acts.act_types().items()}
    for types in acts.act_types().values():
        for name in types:
            derived.setdefault(name, encode_type(name, {name: types[name]}))
    assert type_strings() == derived


@pytest.mark.parametrize("act", sorted(acts.act_types()))
def test_the_domain_is_the_deployments(act: str) -> None:
    """`digestOf` a struct hash is the digest that signers sign."""
    house = House(furnished=False)
    types = acts.act_types()[act]
    source = random.Random(act)
    for _ in range(ROUNDS):
        message = {field["name"]: anything(field["type"], types, source) for field in types[act]}
        struct_hash = hash_struct(act, message, types)
        assert house.machine.view("Ledger", "digestOf", struct_hash) == acts.digest(
            house.domain, act, message
        )


@pytest.mark.parametrize("name", [name for name in TABLE if name not in UNSIGNED])
def test_the_contract_hashes_what_the_signer_is_shown(name: str) -> None:
    """Signatures over the typed data are accepted: the contract hashed the same words from its calldata."""
    house = House()
    assert TABLE[name](house).carry(house) == "None"


def anything(kind: str, types: Mapping[str, Any], source: random.Random) -> Any:
    """A value that fits the type."""
    if kind.endswith("[]"):
        return [anything(kind.removesuffix("[]"), types, source) for _ in range(source.randrange(4))]
    if kind in types:
        return {field["name"]: anything(field["type"], types, source) for field in types[kind]}
    if kind == "bytes32":
        return source.randbytes(32)
    if kind == "bool":
        return source.random() < 0.5
    if kind == "address":
        return "0x" + source.randbytes(20).hex()
    return source.getrandbits(int(kind.removeprefix("uint")))


def hash_struct(name: str, message: Mapping[str, Any], types: Mapping[str, list[dict[str, str]]]) -> bytes:
    """hashStruct of EIP-712, written out."""
    reached = {name} | {field["type"].removesuffix("[]") for field in types[name]} & set(types)
    head = keccak(text=encode_type(name, {each: types[each] for each in reached}))
    return keccak(
        head + b"".join(word(field["type"], message[field["name"]], types) for field in types[name])
    )


def word(kind: str, value: Any, types: Mapping[str, list[dict[str, str]]]) -> bytes:
    """encodeData of one field."""
    if kind.endswith("[]"):
        return keccak(b"".join(word(kind.removesuffix("[]"), each, types) for each in value))
    if kind in types:
        return hash_struct(kind, value, types)
    if kind == "bytes32":
        return bytes(value)
    number = int(value, 16) if kind == "address" else int(value)
    return number.to_bytes(32, "big")
