"""The ledger as the gateway's services meet it, bound to one database transaction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from sqlalchemy import Connection, select

from chainsvc.api import Chain
from gateway.adapters.ledger import acts
from gateway.db.own import instructions
from gateway.db.tables import signers
from gateway.ports import Operation, Signer, Types


class Desk:
    """Implements the port `Ledger` on a connection."""

    def __init__(self, chain: Chain, domain: acts.Domain, connection: Connection) -> None:
        self._chain = chain
        self._domain = domain
        self._connection = connection

    def act_of(self, function: str) -> str:
        """The act a verb carries; raises KeyError."""
        return acts.verbs()[function].act

    def types_of(self, act: str) -> Types:
        """EIP-712 types of an act."""
        return acts.act_types()[act]

    def parts_of(self, function: str) -> Mapping[str, tuple[str, str]]:
        """What an item takes beside its act."""
        return _parts(function)

    def typed_data(self, act: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """The document a signer is shown."""
        return acts.typed_data(self._domain, act, message)

    def digest(self, act: str, message: Mapping[str, Any]) -> bytes:
        """What all co-signers sign."""
        return acts.digest(self._domain, act, message)

    def recover(self, digest: bytes, signature: bytes) -> str | None:
        """The address behind a 64-byte signature, or None."""
        r = int.from_bytes(signature[:32], "big")
        vs = int.from_bytes(signature[32:], "big")
        try:
            found = Signature(vrs=(vs >> 255, r, vs & (1 << 255) - 1))
            return str(found.recover_public_key_from_msg_hash(digest).to_address())
        except (BadSignature, ValidationError):
            return None

    def signer(self, address: str) -> Signer | None:
        """A registered key, as far as the chain has been indexed."""
        row = self._connection.execute(
            select(signers.c.party, signers.c.person).where(signers.c.key == address.lower())
        ).one_or_none()
        return None if row is None else Signer(address, row.party, row.person)

    def enqueue(
        self, key: str, function: str, item: Mapping[str, Any], created_at: int, order_key: str | None
    ) -> None:
        """Put an instruction in the outbox."""
        verb = acts.verbs()[function]
        self._chain.enqueue(
            self._connection,
            key=key,
            contract=verb.contract,
            function=function,
            item=verb.pack(item),
            created_at=created_at,
            order_key=order_key,
        )

    def operation(self, key: str) -> Operation | None:
        """Where an instruction is."""
        status = self._chain.status(self._connection, key)
        if status is None:
            return None
        function = self._connection.execute(
            select(instructions.c.function).where(instructions.c.key == key)
        ).scalar_one_or_none()
        return Operation(
            key=key,
            function=function or "",
            state=str(status.state),
            reason=status.reason,
            error=status.error,
            transaction=status.transaction_hash,
            block=status.block_number,
        )


@cache
def _parts(function: str) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for part in acts.verbs()[function].item.get("components", ()):
        if part["name"] == "act":
            continue
        struct = part["internalType"].removeprefix("struct ").removesuffix("[]")
        found[part["name"]] = (part["type"], struct if part["type"].startswith("tuple") else "")
    return found
