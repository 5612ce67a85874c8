"""Declarations as typed data: what a person signs that is no act, under a domain that no contract knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from gateway.adapters.ledger.acts import Domain
from gateway.services.declaration_kinds import Kind

NAME = "Tallystick declarations"
"""Not the name that acts are signed under: a declaration's signature is nowhere an act's."""


def typed_data(domain: Domain, kind: Kind, fields: Mapping[str, str]) -> dict[str, Any]:
    """The EIP-712 document of a declaration, for wallets, HSMs and the banks' own signing desks."""
    stated = {**domain.as_dict(), "name": NAME}
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            kind.struct: kind.types,
        },
        "primaryType": kind.struct,
        "domain": stated,
        "message": dict(fields),
    }


def digest(domain: Domain, kind: Kind, fields: Mapping[str, str]) -> bytes:
    """The 32 bytes that every signer of a declaration signs; they are its name as well."""
    encoded = encode_typed_data(full_message=typed_data(domain, kind, fields))
    return keccak(b"\x19" + encoded.version + encoded.header + encoded.body)
