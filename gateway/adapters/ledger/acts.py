"""Acts as typed data: what a party signs, read from the contracts' own interfaces.

Every relayed verb of the contracts takes a list of items; an item is an act with the signatures it needs. The
act's Solidity struct and its EIP-712 type are the same words in the same order, so nothing is declared twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Any

from coincurve import PrivateKey, PublicKey
from eth_utils.crypto import keccak

from chainsvc.artifacts import load
from chainsvc.signing import address_of
from gateway.adapters.ledger.hashing import Hash, domain_separator, signed_digest, struct_hasher
from gateway.adapters.ledger.words import ASKED

CONTRACTS = ("Evidence", "Ledger", "Registry", "Credit", "Protection", "Settlement", "Terms")

# Lists that Solidity reads as full words and signers read as what they are.
_SIGNED_AS = {"titles": "uint64[]"}

LINES = "lines"
"""A list that travels in one word a line, and is signed as one list for each of the line's fields."""

_COLUMNS = {"titles": "uint64[]", "amounts": "uint48[]"}


@dataclass(frozen=True, slots=True)
class Domain:
    """The one EIP-712 domain of a deployment: its chain and its Ledger."""

    chain_id: int
    ledger: str

    def as_dict(self) -> dict[str, Any]:
        """The domain as typed data states it."""
        return {
            "name": "Tallystick",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": self.ledger,
        }


@dataclass(frozen=True, slots=True)
class Verb:
    """One relayed entry of a contract: `act` is its EIP-712 type, or empty where nothing is signed."""

    contract: str
    function: str
    act: str
    item: Mapping[str, Any]

    def pack(self, values: Mapping[str, Any]) -> Any:
        """One item of the verb as the ABI encoder takes it, from named values; missing signatures are empty. An item
        that is a bare number bears the name of the verb's list.
        """
        return _pack(self.item, values) if "components" in self.item else values[self.item["name"]]


@cache
def verbs() -> Mapping[str, Verb]:
    """Every relayed entry by its function's name; names are unique over all contracts."""
    found: dict[str, Verb] = {}
    for contract in CONTRACTS:
        for entry in load(contract).abi:
            if entry["type"] != "function" or entry["stateMutability"] in ("view", "pure"):
                continue
            inputs = entry["inputs"]
            if len(inputs) != 1 or inputs[0]["type"] not in ("tuple[]", "uint64[]"):
                continue
            item = inputs[0]
            acts = [part for part in item.get("components", ()) if part["name"] == "act"]
            act = _struct_name(acts[0]) if acts else ""
            if entry["name"] in found:
                raise ValueError(f"{entry['name']} is a verb of two contracts")
            found[entry["name"]] = Verb(contract, entry["name"], act, item)
    return found


@cache
def act_types() -> Mapping[str, Mapping[str, list[dict[str, str]]]]:
    """EIP-712 types of every act, by the act's name; each with the structs it is made of."""
    found: dict[str, dict[str, list[dict[str, str]]]] = {}
    for verb in verbs().values():
        for part in verb.item.get("components", ()):
            if part["name"] == "act":
                types: dict[str, list[dict[str, str]]] = {}
                _describe(part, types)
                found[verb.act] = types
    return found


@cache
def verb_of_act(act: str) -> Verb:
    """The verb that carries an act; raises KeyError for an unknown act. Completing a recovery signs nothing new."""
    for verb in verbs().values():
        if verb.act == act and verb.function != "complete":
            return verb
    raise KeyError(act)


def pack_act(function: str, message: Mapping[str, Any]) -> Any:
    """A bare act, without signatures, as the ABI encoder takes it."""
    parts = verbs()[function].item["components"]
    return _pack(next(part for part in parts if part["name"] == "act"), message)


def typed_data(domain: Domain, act: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The full EIP-712 document a signer is shown, for wallets, HSMs and the banks' own signing desks."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            **act_types()[act],
        },
        "primaryType": act,
        "domain": domain.as_dict(),
        "message": dict(message),
    }


def digest(domain: Domain, act: str, message: Mapping[str, Any]) -> bytes:
    """The 32 bytes that all co-signers of the act sign.

    Raises KeyError when a field is missing, and eth_abi's EncodingError when a value does not fit its type.
    """
    stated = domain.as_dict()
    separator = domain_separator(
        stated["name"], stated["version"], stated["chainId"], stated["verifyingContract"]
    )
    return signed_digest(separator, _hasher(act, act)(message))


def struct_hash(act: str, struct: str, message: Mapping[str, Any]) -> bytes:
    """The EIP-712 hash of a struct inside an act, such as one Receivable of an Issue."""
    return _hasher(act, struct)(message)


@cache
def _hasher(act: str, struct: str) -> Hash:
    return struct_hasher(act_types()[act], struct)


def sign(key: bytes, digest_: bytes) -> tuple[bytes, bytes]:
    """A signature in the 64-byte form (r, vs) of EIP-2098."""
    signed = PrivateKey(key).sign_recoverable(digest_, hasher=None)
    s = int.from_bytes(signed[32:64], "big")
    return signed[:32], (s | signed[64] << 255).to_bytes(32, "big")


def recover(digest_: bytes, signature: bytes) -> str | None:
    """The address (0x and lower-case digits) behind a 64-byte signature, or None."""
    vs = int.from_bytes(signature[32:], "big")
    s = (vs & (1 << 255) - 1).to_bytes(32, "big")
    try:
        key = PublicKey.from_signature_and_message(
            signature[:32] + s + bytes([vs >> 255]), digest_, hasher=None
        )
    except ValueError:
        return None
    return _address(key.format(compressed=False))


@lru_cache(maxsize=10_000)
def _address(public_key: bytes) -> str:
    return address_of(public_key)


NO_SIGNATURE = (bytes(32), bytes(32))
"""Stands where an act needs no signature."""


def invoices_hash(nullifiers: Sequence[bytes], amounts: Sequence[int]) -> bytes:
    """What an offer commits to besides its root (ActHash.invoices)."""
    first = keccak(b"".join(nullifiers))
    second = keccak(b"".join(amount.to_bytes(32, "big") for amount in amounts))
    return keccak(first + second)


def _struct_name(component: Mapping[str, Any]) -> str:
    return str(component["internalType"]).removeprefix("struct ").removesuffix("[]")


def _describe(component: Mapping[str, Any], types: dict[str, list[dict[str, str]]]) -> None:
    fields = []
    for part in component["components"]:
        kind = part["type"]
        if part["name"] == LINES:
            fields += [{"name": name, "type": column} for name, column in _COLUMNS.items()]
            continue
        if kind.startswith("tuple"):
            _describe(part, types)
            kind = _struct_name(part) + kind.removeprefix("tuple")
        elif kind == "uint256[]":
            kind = _SIGNED_AS[part["name"]]
        fields.append({"name": part["name"], "type": kind})
    types[_struct_name(component)] = fields


def _pack(component: Mapping[str, Any], value: Any) -> Any:
    kind = component["type"]
    if kind == "tuple[]" and isinstance(value, Mapping):  # the item itself
        kind = "tuple"
    if kind == "tuple[]":
        inner = {**component, "type": "tuple"}
        return [_pack(inner, part) for part in value]
    if kind != "tuple":
        return value
    if not isinstance(value, Mapping):  # a signature, or a struct packed already
        return value
    packed: list[Any] = []
    for part in component["components"]:
        name = part["name"]
        if name == LINES:
            packed.append(_lines(value))
        elif name in value:
            packed.append(_pack(part, value[name]))
        elif part.get("internalType") == "struct Signature":
            packed.append(NO_SIGNATURE)
        elif part["type"].endswith("[]"):
            packed.append([])
        else:
            raise KeyError(f"{component.get('internalType')}: {name} is missing")
    return tuple(packed)


def columns(lines: Sequence[int]) -> dict[str, list[int]]:
    """The lists that were signed, of the lines that were carried."""
    rows = [ASKED.unpack(line) for line in lines]
    return {name: [row[name] for row in rows] for name in _COLUMNS}


def _lines(value: Mapping[str, Any]) -> list[int]:
    # Lists of different lengths make no lines. What is missing is carried as 0, which nobody signed: refused there.
    lists = [value[name] for name in _COLUMNS]
    return [ASKED.pack(dict(zip(_COLUMNS, row, strict=True))) for row in zip_longest(*lists, fillvalue=0)]
